/* One child process of the master: started, heard over its channel, reaped, started
 * again after a pause.
 *
 *   away ──start──▶ starting ──CHANNEL_READY──▶ ready
 *     ▲                │                          │
 *     └────reap────────┴──────────────────────────┘   away until start_at: at once the first time,
 * then 100 ms doubling to 5 s
 */
#ifndef MASTER_CHILD_H
#define MASTER_CHILD_H

#include "base/rc.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct user;

#define CHILD_PAUSE_FIRST_MS 100
#define CHILD_PAUSE_MOST_MS 5000
#define CHILD_LIFE_MS 10000 /* who lived so long starts anew without a pause */

struct child {
	char name[16]; /* "writer", "worker.1" */
	pid_t pid;     /* 0: away */
	pid_t master;  /* who started it */
	int channel;   /* the master's end; -1: none */
	bool ready;
	bool linked;        /* of a worker: it and the writer were given their ends of a link */
	uint64_t born;      /* clock_ms() of the last start */
	uint64_t start_at;  /* clock_ms() before which it is not started again */
	unsigned pause;     /* ms before the start after the next */
	unsigned stillborn; /* ends in a row before it was ready */
};

/* What the child does; runs in it, with its end of the channel, as who the master is
 * until child_settle. Answers its exit status. */
typedef int on_child(void *arg, const struct child *child, int channel);

/* Forks. The new process has default signals but for SIGINT, SIGHUP and SIGPIPE
 * (ignored: the master alone hears the terminal), logs by its name, and runs `run`.
 * RC_IO: could not fork; a pause is set as after a death. */
MUST_USE enum rc child_start(struct child *child, on_child *run, void *arg);
/* In the child: becomes the user for good, and gets SIGTERM when the master dies. Ends
 * the process where that cannot be. */
void child_settle(const struct child *child, const struct user *user);
/* Closes the channel, which sends the child home if it is still there. */
void child_hang_up(struct child *child);
/* Has it ended? Then it is away, *status as from waitpid(2), and the pause is set. */
bool child_reap(struct child *child, int *status);

#endif
