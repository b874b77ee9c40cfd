/* A process gives way to its successor in the same slot, in a reload (master/reload.h)
 * and in an upgrade (master/upgrade.h): two workers are paired, and the settings that
 * only a start can change stay as they are. */
#ifndef MASTER_HANDOVER_H
#define MASTER_HANDOVER_H

#include "master/child.h"

struct master;
struct master_settings;

/* The process that was in a slot before the one that is there now. */
struct predecessor {
	struct child child; /* away: there is none, or it has gone */
	uint64_t leave_by;  /* clock_ms() when it is killed; UINT64_MAX: it may stay so far */
	bool inherited;     /* it is of the run before an upgrade, which has another map */
};

/* Makes the worker of a slot its predecessor; the slot is free for a successor then. */
void handover_begin(struct master *master, unsigned slot);
/* The successor is ready: the predecessor gives it all that it has, and leaves. */
void handover_pair(struct master *master, unsigned slot);
/* Asks the predecessor to end, as at a stop. */
void handover_dismiss(struct master *master, unsigned slot);
/* Kills those that have not left in their time. */
void handover_kill_late(struct master *master);
/* clock_ms() when there is one to kill; UINT64_MAX: never. */
uint64_t handover_next(const struct master *master);
/* Has the slot, or has every worker's slot, no predecessor? */
bool handover_is_done(const struct master *master, unsigned slot);
bool handover_all_workers_done(const struct master *master);

/* Puts into `fresh` what only a start can change, from `kept`; logs each option that
 * would have changed if `log`. */
void handover_keep_settings(struct master_settings *fresh, const struct master_settings *kept,
			    bool log);

#endif
