/* Memory that the master maps before the first fork and that all processes share: the
 * ring of change hints (shm/ring.h), the wake-ups (shm/wake.h) and the score board
 * (shm/scoreboard.h). It knows bytes and slots, not what they mean.
 *
 * There are no pointers, locks or allocators in it: a process that is killed at any
 * instruction hangs nobody. */
#ifndef SHM_SHM_H
#define SHM_SHM_H

#include "base/rc.h"

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

/* Says that hints may have been lost: counts up and wakes all slots. The master calls
 * it when the producer of the ring has died. */
void shm_resync(struct shm *shm);
/* How often that was said. A worker looks after each wake-up: where the number has
 * changed, it must ask the database about all that it follows, because a producer may
 * die between its commit and its first hint, and then not even the buckets know. */
uint64_t shm_resyncs(const struct shm *shm);

#endif
