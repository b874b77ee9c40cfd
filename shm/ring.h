/* A broadcast ring of change hints: one producer (the writer), any number of readers,
 * nobody waits for anybody.
 *
 * The producer raises, for each hint, the bucket that the key falls into; then the
 * number of the newest commit; then the head; and only then writes the hints, each
 * under a stamp that is odd meanwhile. A reader that was lapped, or met a producer that
 * was killed, is told so and finds out by the buckets which of its keys may have
 * changed:
 *
 *   RING_LOST ─▶ C = ring_committed() ─▶ for each key of mine: ring_bucket(key) > what I know of it
 * ─▶ ask the database
 *
 * A hint that is published later than that comes by way of ring_read. So nothing up to
 * C can be missed, as long as C is read before the first bucket, and the database after
 * the bucket. */
#ifndef SHM_RING_H
#define SHM_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_SIZE 4096     /* hints that a reader may lag behind */
#define RING_BUCKETS 16384 /* keys that differ modulo this have buckets of their own */

struct shm;

enum ring_kind {
	RING_GROUP, /* what the key stands for has changed; number: its newest sequence number */
	RING_TOKEN  /* what is remembered of the key must be forgotten; has no number and no bucket:
		       after RING_LOST forget them all */
};

struct ring_entry {
	uint64_t key; /* hash_of (base/hash.h) what it is about */
	uint64_t number;
	enum ring_kind kind;
	bool last; /* of its commit */
};

/* ---- The producer ---- */

/* Makes the caller the one producer, whatever instruction the one before was killed at;
 * there must be no other. `head` is the newest sequence number of the database: as
 * hints up to it may never have been published, all buckets are raised to it. Every
 * reader reads RING_LOST once and all slots are woken. */
void ring_attach(struct shm *shm, uint64_t head);
/* Publishes the hints of one commit in the given order and wakes the slots that are
 * armed. */
void ring_publish(struct shm *shm, const struct ring_entry *entries, size_t count);

/* ---- Readers ---- */

struct ring_reader {
	uint64_t next; /* place of the entry to be read next */
};

/* Begins at the head: what was published before will not be read. Start first, then ask
 * the database, and nothing falls between. */
void ring_reader_start(const struct shm *shm, struct ring_reader *reader);

enum ring_read {
	RING_GOT,
	RING_EMPTY, /* nothing new; wake_arm and look again before sleeping */
	RING_LOST   /* some were missed; the reader goes on at the head */
};

enum ring_read ring_read(const struct shm *shm, struct ring_reader *reader, struct ring_entry *out);

/* The newest number that all buckets know of. */
uint64_t ring_committed(const struct shm *shm);
/* The newest number of this key or of one that shares its bucket: too high at times,
 * never too low.
 */
uint64_t ring_bucket(const struct shm *shm, uint64_t key);

#endif
