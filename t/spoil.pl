#!/usr/bin/perl
# Writes rubbish into the memory that a server's processes share, as a process that was
# taken over could: spoil.pl PID BYTE FROM LENGTH, in bytes from the beginning of the
# shared map; a negative FROM counts from its end; LENGTH 0 means all of the rest.
use strict;
use warnings;

my ($pid, $byte, $from, $length) = @ARGV;
open my $maps, '<', "/proc/$pid/maps" or die "maps: $!\n";
my ($begin, $end);
while (<$maps>) {
	next unless m{^([0-9a-f]+)-([0-9a-f]+) rw-s .*/dev/zero};
	no warnings 'portable';    # addresses have more than 32 bits
	my ($first, $last) = (hex $1, hex $2);
	($begin, $end) = ($first, $last) if !defined $begin || $last - $first > $end - $begin;
}
die "no shared memory\n" unless defined $begin;
my $at = $from < 0 ? $end + $from : $begin + $from;
$length ||= $end - $at;
open my $memory, '+<:raw', "/proc/$pid/mem" or die "mem: $!\n";
sysseek $memory, $at, 0 or die "seek: $!\n";
defined syswrite $memory, chr($byte) x $length or die "write: $!\n";
