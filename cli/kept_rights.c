/* A process of root's that finishes the output file of a command which has become
 * another user. All that it does for the command is to rename the file that is open
 * already, or to remove it. Called by cli/database.c and cli/atomic_file.c. */
#include "cli/atomic_file.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct answer {
	enum rc rc;
	struct error err;
};

/* The command asks by one byte: may a file of that name be replaced? It ends by closing
 * its end, or when it is killed. */
static _Noreturn void keep(int fd, struct atomic_file *file)
{
	struct answer answer = { RC_BUSY, { "" } };
	char replace;

	while (recv(fd, &replace, 1, 0) == 1) {
		memset(&answer, 0, sizeof(answer));
		answer.rc = atomic_file_commit_here(file, replace != 0, &answer.err);
		(void)send(fd, &answer, sizeof(answer), MSG_NOSIGNAL);
		if (answer.rc == RC_OK || answer.rc == RC_UNAVAILABLE)
			_exit(0);
	}
	atomic_file_abort(file);
	_exit(0);
}

/* Signals of the terminal reach both; the command decides what they mean. */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
}

enum rc atomic_file_keep_rights(struct atomic_file *file, struct error *err)
{
	int pair[2];

	assert(file->path && file->rights < 0);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, RC_IO, "cannot make a socket: %s", strerror(errno));
	file->keeper = fork();
	if (file->keeper == 0) {
		ignore_signals();
		(void)close(pair[0]);
		keep(pair[1], file);
	}
	(void)close(pair[1]);
	if (file->keeper < 0) {
		(void)close(pair[0]);
		return error_set(err, RC_IO, "cannot start a process: %s", strerror(errno));
	}
	file->rights = pair[0];
	return RC_OK;
}

enum rc atomic_file_commit_there(struct atomic_file *file, bool replace, struct error *err)
{
	const char question = replace;
	struct answer answer;
	ssize_t got = -1;

	if (send(file->rights, &question, 1, MSG_NOSIGNAL) == 1)
		do
			got = recv(file->rights, &answer, sizeof(answer), 0);
		while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(answer))
		return error_set(err, RC_IO,
				 "cannot make %.200s: the process that has the right to was killed",
				 file->target);
	answer.err.text[sizeof(answer.err.text) - 1] = '\0';
	return answer.rc == RC_OK ? RC_OK : error_set(err, answer.rc, "%s", answer.err.text);
}

/* Waits, so that the file is gone or has its name when the command ends. */
void atomic_file_release_rights(struct atomic_file *file)
{
	if (file->rights < 0)
		return;
	(void)close(file->rights);
	file->rights = -1;
	while (waitpid(file->keeper, NULL, 0) < 0 && errno == EINTR)
		;
}
