/* A broadcast ring of change hints: one producer (the writer) and any number of
 * readers, none of which waits for another.
 *
 * For each hint, the producer raises the bucket of its key; then it raises the number
 * of the newest commit (ring_commit). Later (ring_publish) it keeps of the hints those
 * that a reader follows (shm/followers.h); then it raises the head; only then it writes
 * these, each under a stamp that is odd meanwhile, and last the number of what is
 * published. It wakes their followers. A reader that was lapped, or that met a producer
 * that was killed, gets RING_LOST and finds out by the buckets which of its keys may
 * have changed:
 *
 *   RING_LOST ─▶ C = ring_committed() ─▶ for each key: ring_bucket(key) > number known for it
 *   ─▶ ask the database
 *
 * A hint published later arrives by ring_read. So nothing up to C can be missed,
 * provided that C is read before the first bucket, and the database after the
 * bucket. */
#ifndef SHM_RING_H
#define SHM_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_SIZE 4096     /* hints by which a reader may lag behind */
#define RING_BUCKETS 16384 /* keys that differ modulo this have different buckets */

#define RING_LANES 16 /* independent sequences of numbers */

struct shm;

/* A group has changed. */
struct ring_entry {
	uint64_t key;    /* hash_of (base/hash.h) its name */
	uint64_t number; /* its newest sequence number */
	uint64_t before; /* all hints up to here come earlier in the ring; ring_commit sets it */
	unsigned lane;   /* whose numbers these are */
	bool last;       /* of its commit, in this lane */
};

/* The number of lanes (1 to RING_LANES; 1 unless it was set). Each process sets it,
 * before any other call. Keys of different lanes have different buckets. */
void ring_set_lanes(struct shm *shm, unsigned lanes);
unsigned ring_lanes(const struct shm *shm);

/* A number for each lane, for an argument. */
#define RING_HEADS(...) ((const uint64_t[RING_LANES]){ __VA_ARGS__ })

/* ---- The producer ---- */

/* Makes the caller the only producer, even if the previous one was killed at any
 * instruction; the previous one must have ended. `heads` has the newest sequence number
 * of each lane of the database. Since hints up to it may never have been published, all
 * buckets are raised to it. Each reader reads RING_LOST once, and all slots are woken.
 * Returns false if another process has written to the ring (ring_is_sound): it is sound
 * now, but its head may be behind that of readers, which then need not read RING_LOST;
 * shm_repaired is to be called, so that they ask the database in any case. */
bool ring_attach(struct shm *shm, const uint64_t heads[RING_LANES]);
/* The same for heads that may be older than numbers that were published: a database
 * has lost commits in a failover, and its numbers begin again there. Readers must be
 * told before and after it (shm_restart). */
void ring_restart(struct shm *shm, const uint64_t heads[RING_LANES]);
/* Is the ring as the caller, its producer, has left it? Any process can write to the
 * shared memory, and what a process that was taken over has left there would
 * mislead all others for ever. */
bool ring_is_sound(const struct shm *shm);
/* Makes it so again: all numbers are set, also to lower ones. Who has read others
 * before must not go on with them (shm_repairs). */
void ring_repair(struct shm *shm);
/* Raises the buckets of the hints of one commit, before any process is notified of
 * it. */
void ring_commit(struct shm *shm, struct ring_entry *entries, size_t count);
/* Publishes the same hints, those that are followed, in the given order, and
 * wakes the slots that follow them and are armed. Uses the entries up. */
void ring_publish(struct shm *shm, struct ring_entry *entries, size_t count);

/* ---- Readers ---- */

struct ring_reader {
	uint64_t next; /* place of the entry to be read next */
};

/* Starts at the head, after all hints published so far. Start first, then ask the
 * database: then no change is missed. */
void ring_reader_start(const struct shm *shm, struct ring_reader *reader);

enum ring_read {
	RING_GOT,
	RING_EMPTY, /* nothing new; ring_reader_arm and read once more before sleeping */
	RING_LOST   /* some were missed; the reader continues at the head */
};

enum ring_read ring_read(const struct shm *shm, struct ring_reader *reader, struct ring_entry *out);

/* Arms the wake-up of the reader's slot (wake_arm). */
void ring_reader_arm(struct shm *shm, const struct ring_reader *reader, unsigned slot);

/* Read before the ring is read until RING_EMPTY: all hints of the lane up to here have
 * been seen then. */
uint64_t ring_published(const struct shm *shm, unsigned lane);
/* The newest number of the lane that all buckets account for. */
uint64_t ring_committed(const struct shm *shm, unsigned lane);
/* The newest number of this key, which is of this lane, or of another key in the same
 * bucket: sometimes too high, never too low. */
uint64_t ring_bucket(const struct shm *shm, uint64_t key, unsigned lane);

#endif
