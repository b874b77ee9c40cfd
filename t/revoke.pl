# Revokes tokens over the control socket and uses each the moment that is answered:
# `perl revoke.pl SOCKET PORT CONNECTIONS <TOKENS`. Prints how many requests were
# accepted before, and how many after.
use strict;
use warnings;
use Socket;

my ($path, $port, $count) = @ARGV;

sub dial {
	my ($family, $address) = @_;
	socket(my $socket, $family, SOCK_STREAM, 0) or die $!;
	connect($socket, $address) or die $!;
	return $socket;
}

sub take {
	my ($socket, $length) = @_;
	my $bytes = '';
	while (length($bytes) < $length) {
		sysread($socket, $bytes, $length - length($bytes), length($bytes)) or die 'it has closed';
	}
	return $bytes;
}

# All are asked before any has answered.
sub accepted {
	my ($token, @connections) = @_;
	my $accepted = 0;
	for my $connection (@connections) {
		syswrite($connection, "GET /sync?group=todos HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer $token\r\n\r\n") or die $!;
	}
	for my $connection (@connections) {
		my $head = '';
		$head .= take($connection, 1) until $head =~ /\r\n\r\n$/;
		take($connection, $1) if $head =~ /^content-length: *(\d+)/mi;
		$accepted += $head =~ /^HTTP\/1.1 200/;
	}
	return $accepted;
}

my $control = dial(PF_UNIX, pack_sockaddr_un($path));
my @connections = map { dial(PF_INET, pack_sockaddr_in($port, INADDR_LOOPBACK)) } 1 .. $count;
my ($before, $after) = (0, 0);
while (my $token = <STDIN>) {
	chomp $token;
	$before += accepted($token, @connections);
	my $request = pack('C L/a', 3, substr($token, 4, 16)); # STORE_TOKEN_REVOKE
	syswrite($control, pack('L Q a*', length($request), 7, $request)) or die $!;
	my ($length) = unpack('L', take($control, 12));
	my ($rc) = unpack('C', take($control, $length));
	die "not revoked: $rc" if $rc;
	$after += accepted($token, @connections);
}
print "$before $after\n";
