/* What the tests of shm/ring.c share: shared memory in which each worker follows every
 * group, and commits of one entry. */
#ifndef T_UNIT_RING_KIT_H
#define T_UNIT_RING_KIT_H

#include "shm/ring.h"
#include "shm/shm.h"

/* The ring begins at number 0. shm_free. */
struct shm *ring_kit_new(unsigned slots);
/* Commits and publishes an entry. */
void ring_kit_publish(struct shm *shm, uint64_t key, uint64_t number);

#endif
