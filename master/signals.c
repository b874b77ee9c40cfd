/* The master's signals, for master.c (start and end) and supervise.c. */
#include "master/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static bool signal_is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* Does this process have a controlling terminal? */
static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

enum rc signals_open(struct signals *signals, struct error *err)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGCHLD, SIGHUP, SIGUSR2 };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&set, numbers[i]);
	/* nohup(1) ignores SIGHUP: then the end of the terminal is not the server's. */
	signals->terminal = !signal_is_ignored(SIGHUP) && has_terminal();
	(void)signal(SIGHUP, SIG_DFL); /* ignored, it would not arrive */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL); /* ignored, there would be no status to reap */
	(void)sigprocmask(SIG_BLOCK, &set, &signals->old);
	signals->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return signals->fd < 0
		       ? error_set(err, RC_IO, "cannot wait for signals: %s", strerror(errno))
		       : RC_OK;
}

int signals_take(const struct signals *signals, struct channel_sender *sender)
{
	struct signalfd_siginfo info;

	if (read(signals->fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	*sender = (struct channel_sender){ (pid_t)info.ssi_pid, info.ssi_uid };
	return (int)info.ssi_signo;
}

bool signals_is_hangup(const struct signals *signals)
{
	return signals->terminal && !has_terminal();
}

void signals_close(struct signals *signals)
{
	if (signals->fd >= 0)
		(void)close(signals->fd);
	signals->fd = -1;
	(void)sigprocmask(SIG_SETMASK, &signals->old, NULL);
}
