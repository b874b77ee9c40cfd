/* What users do at the moment, for quotas that hold for all workers together: how many
 * pushes in the last minute, how many streams open. Users appear by the hash of their
 * name, and only those to whom such a quota applies. Any worker may change an entry at
 * any time, without locks.
 *
 * Streams are counted by process, so that those of a process that was killed can be
 * taken back. A slot has two processes while one hands over to the next, so it has two
 * columns that its processes use in turn.
 *
 * If all entries near that of a user are in use, the user shares one with another: then
 * their numbers are added up, and no limit is exceeded. */
#ifndef SHM_USAGE_H
#define SHM_USAGE_H

#include "shm/shm.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define USAGE_ENTRIES 8192
#define USAGE_PROBES 64 /* entries that a user may have */

/* The column of the newest process of the slot: the caller's, after
 * scoreboard_born. */
unsigned usage_column(const struct shm *shm, unsigned slot);
/* The process has ended: its streams are no more. For the master, before
 * scoreboard_died. */
void usage_died(struct shm *shm, unsigned slot, pid_t pid);

/* Counts a push at the time `now` (clock_us), if the user has not had `limit` (at least
 * 1) of them within about the minute before: a bucket of so many that refills evenly.
 * Returns 0, or the number of seconds after which to try again. */
unsigned usage_push(struct shm *shm, uint64_t user, int64_t limit, uint64_t now);

/* Counts a stream, unless the user has `limit` of them. `entry` is for
 * usage_close_stream. */
bool usage_open_stream(struct shm *shm, unsigned column, uint64_t user, int64_t limit,
		       unsigned *entry);
/* The same without a limit: one that is open already. */
unsigned usage_add_stream(struct shm *shm, unsigned column, uint64_t user);
void usage_close_stream(struct shm *shm, unsigned column, unsigned entry);
/* Forgets all users, after a process has written rubbish here (ring_is_sound): streams
 * that are open are not counted any more. */
void usage_repair(struct shm *shm);

#endif
