# Prints what a program tells its service manager (sd_notify(3)), a line for each
# assignment: `perl notify.pl SOCKET`.
use strict;
use warnings;
use IO::Socket::UNIX;

$| = 1;
my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die "$ARGV[0]: $!";
while (defined $socket->recv(my $message, 65536)) {
	print "$_\n" for split /\n/, $message;
}
