/* Child processes, for spawn.c (start), supervise.c (reap) and handover.c. */
#include "master/child.h"

#include "ipc/channel.h"
#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "master/user.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void child_set_signals(void)
{
	static const int defaults[] = { SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2 };
	static const int ignored[] = { SIGINT, SIGHUP, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		(void)signal(defaults[i], SIG_DFL);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

void child_settle(const struct child *child, const struct user *user)
{
	/* First: a change of user clears the signal that is set below (prctl(2)). */
	if (user_become(user) != RC_OK) {
		log_error("user_refused", LOG_TEXT("user", user->name));
		_exit(EXIT_FATAL);
	}
	/* The master may have ended before the call. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != child->master)
		_exit(EXIT_FAILURE);
}

static _Noreturn void child_run(const struct child *child, on_child *run, void *arg, int channel)
{
	child_set_signals();
	log_process(child->name);
	exit(run(arg, child, channel));
}

static void child_set_pause(struct child *child)
{
	uint64_t now = clock_ms();

	if (child->born && now - child->born >= CHILD_LIFE_MS)
		child->pause = 0;
	child->start_at = now + child->pause;
	child->pause = child->pause ? 2 * child->pause : CHILD_PAUSE_FIRST_MS;
	if (child->pause > CHILD_PAUSE_MOST_MS)
		child->pause = CHILD_PAUSE_MOST_MS;
}

static enum rc child_failed(struct child *child, int error)
{
	child_set_pause(child);
	log_error("fork_failed", LOG_TEXT("child", child->name), LOG_NUMBER("errno", error));
	return RC_IO;
}

enum rc child_start(struct child *child, on_child *run, void *arg)
{
	int ends[2];

	assert(child->pid == 0 && child->channel < 0);
	if (channel_pair(ends) != RC_OK)
		return child_failed(child, errno);
	(void)fflush(NULL); /* or the child would write the contents of the buffers again */
	child->channel = ends[0];
	child->master = getpid();
	child->pid = fork();
	if (child->pid == 0)
		child_run(child, run, arg, ends[1]);
	(void)close(ends[1]);
	child->born = clock_ms();
	if (child->pid > 0)
		return RC_OK;
	child->pid = 0;
	child->channel = -1;
	(void)close(ends[0]);
	return child_failed(child, errno);
}

void child_hang_up(struct child *child)
{
	if (child->channel >= 0)
		(void)close(child->channel);
	child->channel = -1;
}

bool child_hear(struct child *child)
{
	struct channel_message message;
	const enum rc rc = channel_receive(child->channel, &message);

	if (rc == RC_UNAVAILABLE)
		child_hang_up(child);
	if (rc != RC_OK)
		return false;
	if (message.fd >= 0)
		(void)close(message.fd);
	if (message.word == CHANNEL_LINK)
		child->linked = false;
	if (message.word == CHANNEL_READY)
		child->ready = true;
	return message.word == CHANNEL_READY;
}

bool child_reap(struct child *child, int *status)
{
	if (child->pid == 0 || waitpid(child->pid, status, WNOHANG) != child->pid)
		return false;
	child->stillborn = child->ready ? 0 : child->stillborn + 1;
	child->pid = 0;
	child->ready = false;
	child->linked = false;
	child_hang_up(child);
	child_set_pause(child);
	return true;
}
