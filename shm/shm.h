/* Memory that the master maps before the first fork and that all processes share: the
 * ring of change hints (shm/ring.h), wake-ups (shm/wake.h), the generation
 * (shm/generation.h) and the scoreboard (shm/scoreboard.h). It has keys, numbers and
 * slots, and no knowledge of groups or documents.
 *
 * It contains no pointers, locks or allocators, so a process that is killed at any
 * instruction blocks no other. */
#ifndef SHM_SHM_H
#define SHM_SHM_H

#include "base/rc.h"

#include <stdbool.h>
#include <stdint.h>

#define SHM_SLOTS_MAX 1024

struct shm;

/* Maps memory for worker slots 0 to slots - 1 (1 to SHM_SLOTS_MAX), with one eventfd
 * each (close-on-exec, non-blocking). The map and the eventfds pass to every child of a
 * fork. RC_IO with errno. Free with shm_free; other processes keep what they have. */
MUST_USE enum rc shm_new(unsigned slots, struct shm **out);
/* NULL is fine. */
void shm_free(struct shm *shm);
unsigned shm_slots(const struct shm *shm);

/* Notes which database this server serves: the first identity (not 0) stays. Returns
 * whether it is this one; 0, of a database that is no file, always is. For a process
 * that has opened the database, as its file may have been replaced since others did. */
bool shm_serves(struct shm *shm, uint64_t identity);
/* The same for its log and wal-index (store_logs). */
bool shm_serves_logs(struct shm *shm, uint64_t logs);
/* Those that are noted; 0: none. */
uint64_t shm_database(const struct shm *shm);
uint64_t shm_logs(const struct shm *shm);
/* For the master: no process has them open any more. */
void shm_forget_logs(struct shm *shm);
/* For the master, before it starts a process: from now on the identity lies in its own
 * memory too, where no other process changes it. */
void shm_keep_served(struct shm *shm);

/* Announces that hints may have been lost: increments a counter and wakes all slots.
 * The master calls it when the producer of the ring has died, the writer in a new
 * epoch. */
void shm_resync(struct shm *shm);
/* The same, after the memory was written to by a process that had no right to, and was
 * repaired: readers must also forget the numbers that they have read in it. */
void shm_repaired(struct shm *shm);
/* How often that was. */
uint64_t shm_repairs(const struct shm *shm);
/* The same, and sequence numbers of before stand for other commits: all that readers
 * know is void. */
void shm_restart(struct shm *shm);
/* Do these two counters differ by a shm_restart? */
bool shm_has_restarted(uint64_t before, uint64_t after);
/* The counter. Each worker compares it after each wake-up. If it has changed, the
 * worker must ask the database about everything that it follows: a producer may die
 * between its commit and its first hint, and then not even the buckets know. */
uint64_t shm_resyncs(const struct shm *shm);

/* The epoch of the numbers in the ring, kept for the next writer; 0: none. */
void shm_set_epoch(struct shm *shm, uint64_t epoch);
uint64_t shm_epoch(const struct shm *shm);

#endif
