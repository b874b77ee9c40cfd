# Looks for secrets: `perl secrets.pl TOKENS PLACE...`, where TOKENS is a file with a
# token in each line, and a place is a file, or `shared:PID` or `memory:PID`, what that
# process shares with others or may write at all. Prints how many bytes it has looked at
# and then each place that has one, as `FOUND PLACE`. A token is found by a part of the
# text behind its id, or by the bytes that this stands for.
use strict;
use warnings;
no warnings 'portable'; # addresses have 64 bits
use MIME::Base64;

sub bytes_of_file {
	my ($path) = @_;
	open(my $file, '<:raw', $path) or die "$path: $!";
	local $/;
	return <$file> // '';
}

sub bytes_of_process {
	my ($kind, $pid) = @_;
	my $wanted = $kind eq 'shared' ? qr/^rw-s/ : qr/^rw-/;
	my $all = '';
	open(my $maps, '<', "/proc/$pid/maps") or die "maps of $pid: $!";
	open(my $memory, '<:raw', "/proc/$pid/mem") or die "memory of $pid: $!";
	while (my $line = <$maps>) {
		my ($from, $to, $rights) = $line =~ /^([0-9a-f]+)-([0-9a-f]+) (\S+)/ or die $line;
		# A sanitizer's shadow is terabytes of nothing.
		next if $rights !~ $wanted || hex($to) - hex($from) > 1 << 28;
		sysseek($memory, hex($from), 0) or next;
		my $got = sysread($memory, my $part, hex($to) - hex($from));
		$all .= $part if $got;
	}
	return $all;
}

my $tokens = shift;
my @needles;
for my $token (split /\n/, bytes_of_file($tokens)) {
	my ($secret) = $token =~ /^pbk_[0-9a-f]{16}_([A-Za-z0-9_-]{48})$/ or die "no token: $token";
	my $bytes = decode_base64($secret =~ tr{_-}{/+}r);
	push @needles, substr($secret, 8, 16), substr($bytes, 4, 16), unpack('H*', substr($bytes, 4, 16));
}
my $size = 0;
my @found;
for my $place (@ARGV) {
	my $bytes = $place =~ /^(shared|memory):(\d+)$/ ? bytes_of_process($1, $2) : bytes_of_file($place);
	$size += length $bytes;
	push @found, $place if grep { index(lc $bytes, lc $_) >= 0 } @needles;
}
print "$size\n";
print "FOUND $_\n" for @found;
