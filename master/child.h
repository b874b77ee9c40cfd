/* One child process of the master: started, heard over its channel, reaped, started
 * again after a pause.
 *
 *   away ──start──▶ starting ──CHANNEL_READY──▶ ready
 *     ▲                │                          │
 *     └────reap────────┴──────────────────────────┘
 *
 * It is away until start_at: not at all at first, then for 100 ms, doubling up to 5
 * s. */
#ifndef MASTER_CHILD_H
#define MASTER_CHILD_H

#include "base/rc.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct user;

#define CHILD_PAUSE_FIRST_MS 100
#define CHILD_PAUSE_MOST_MS 5000
#define CHILD_LIFE_MS 10000 /* a child that has lived so long is started again without a pause */

struct child {
	char name[16]; /* "writer", "worker.1" */
	pid_t pid;     /* 0: away */
	pid_t master;  /* its parent */
	int channel;   /* the master's end; -1: none */
	bool ready;
	bool linked;        /* of a worker: it and the writer have their ends of a link */
	bool second;        /* of a worker: which follower of its slot it is (shm/followers.h) */
	uint64_t born;      /* clock_ms() of the last start */
	uint64_t start_at;  /* clock_ms() before which it is not started again */
	unsigned pause;     /* ms before the start after the next */
	unsigned stillborn; /* ends in a row before it was ready */
};

/* The work of a child; runs in it, with its end of the channel, as the master's user
 * until child_settle. Returns the exit status. */
typedef int on_child(void *arg, const struct child *child, int channel);

/* Forks; the child must be away. The new process has default signals except for SIGINT,
 * SIGHUP and SIGPIPE (ignored: the terminal is the master's), logs under its name, and
 * calls `run`. RC_IO: could not fork; a pause is set as after an end. */
MUST_USE enum rc child_start(struct child *child, on_child *run, void *arg);
/* In the child: becomes the user for good, and has SIGTERM sent to it when the master
 * ends. Ends the process if that cannot be done. */
void child_settle(const struct child *child, const struct user *user);
/* Closes the channel, at whose end of file the child ends. */
void child_hang_up(struct child *child);
/* Receives one message of its channel, or hangs up at the end of that (SIGCHLD
 * follows). True: the child says that it is ready now. */
bool child_hear(struct child *child);
/* True: it has ended and is away now, with *status of waitpid(2), and its pause is
 * set. */
bool child_reap(struct child *child, int *status);

#endif
