/* The process of the admin page (admin/admin.h), and the socket that it listens on,
 * which the master opens at the start and holds. It has no slot and no part in the
 * phases: if it ends, or cannot start, the server goes on without it, and it is started
 * again after a pause.
 *
 * In a reload and in an upgrade a new process comes at once and accepts on the same
 * socket, while the one before answers what it has begun, and leaves. */
#ifndef MASTER_ADMIN_CHILD_H
#define MASTER_ADMIN_CHILD_H

#include "base/error.h"
#include "master/child.h"

#include <stdbool.h>

struct master;

struct admin_child {
	int listener; /* -1: there is no admin page */
	bool is_unix;
	struct child child;
	struct child former;      /* is leaving; away: there is none */
	uint64_t former_leave_by; /* clock_ms() when it is killed; UINT64_MAX: it serves until there
				     is another */
};

/* Opens the socket, if the settings name one. RC_IO, RC_MALFORMED. */
MUST_USE enum rc admin_child_listen(struct master *master, struct error *err);
/* Takes the socket and the process of the run before an upgrade. */
void admin_child_adopt(struct master *master, int listener, const struct child *child);
/* No socket, no process. */
void admin_child_clear(struct admin_child *admin);
/* Closes the socket; a Unix socket is removed. */
void admin_child_close(struct master *master);
/* For a child of the master: closes what is the master's. */
void admin_child_close_in_child(struct admin_child *admin, bool is_admin);

/* In each turn of the master's loop: starts it, links it to the writer, kills it if it
 * should have left. Returns whether a link must be tried again. */
MUST_USE bool admin_child_advance(struct master *master);
/* Its channel is readable. */
void admin_child_hear(struct master *master);
void admin_child_reap(struct master *master);
/* The settings are others now: another process takes its place. */
void admin_child_replace(struct master *master);
/* Asks both processes to end, or kills them. */
void admin_child_signal(const struct master *master, int signal);
/* Is there none, not even one that is leaving? */
bool admin_child_is_gone(const struct master *master);
/* clock_ms() of the next thing to do; UINT64_MAX: none. */
uint64_t admin_child_next(const struct master *master);
/* Prints where the page is. */
void admin_child_announce(const struct master *master);

#endif
