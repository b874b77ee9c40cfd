/* Who follows which groups, so that the producer of the ring publishes only hints that
 * a follower waits for, and wakes only those followers. Each follower (a worker
 * process) has a bit for each bucket of keys (shm/ring.h). Two processes can share a
 * slot, while one hands off to the other, and each has bits of its own, as neither
 * knows what the other follows.
 *
 *   follower   followers_add ─▶ read the database ─▶ ring_read
 *   producer   commit ─▶ ring_commit: raise `committed` ─▶ ring_publish: followers_find ─▶ publish
 *
 * Both sides change one word and then read one that the other changes, in the one order
 * of all sequentially consistent operations. So either the producer finds the bit, and
 * the hint is published, or the follower's read of `committed` comes after the
 * producer's change of it, and the follower finds the commit in the database. */
#ifndef SHM_FOLLOWERS_H
#define SHM_FOLLOWERS_H

#include <stdbool.h>
#include <stdint.h>

struct shm;

/* Slots of a set, a bit each. */
struct followers_slots {
	uint64_t words[16];
};

/* The number of a slot's follower: `second` alternates between a process of the slot
 * and its successor. */
unsigned followers_number(unsigned slot, bool second);

/* Everything committed later has a hint in the ring; the database, read after the call,
 * has everything else. */
void followers_add(struct shm *shm, unsigned follower, uint64_t key);
/* No group of this key's bucket is followed any more. */
void followers_remove(struct shm *shm, unsigned follower, uint64_t key);
/* Is the bit set? It can be missing only if another process has written to the map. */
bool followers_has_bit(const struct shm *shm, unsigned follower, uint64_t key);
/* The process has ended. */
void followers_clear(struct shm *shm, unsigned follower);

/* For ring_publish, after ring_commit: is the key followed? Adds
 * the slots that do. */
bool followers_find(const struct shm *shm, uint64_t key, struct followers_slots *slots);

static inline bool followers_has(const struct followers_slots *slots, unsigned slot)
{
	return slots->words[slot / 64] >> slot % 64 & 1;
}

#endif
