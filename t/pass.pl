# Starts a program with a listening socket whose port may be shared, as systemd does
# with ReusePort=: `perl pass.pl PORT PROGRAM WORD...`.
use strict;
use warnings;
use POSIX;
use Socket;

my $port = shift;
socket(my $socket, PF_INET, SOCK_STREAM, 0) or die $!;
setsockopt($socket, SOL_SOCKET, 15, 1) or die $!; # SO_REUSEPORT
bind($socket, sockaddr_in($port, INADDR_LOOPBACK)) or die $!;
listen($socket, SOMAXCONN) or die $!;
POSIX::dup2(fileno($socket), 3) // die $! if fileno($socket) != 3;
{
	no strict;
	$^F = 3;
	open(my $passed, '>&=', 3) or die $!;
	fcntl($passed, 2, 0); # F_SETFD: it survives the exec
	@ENV{qw(LISTEN_FDS LISTEN_PID)} = (1, $$);
	exec @ARGV or die $!;
}
