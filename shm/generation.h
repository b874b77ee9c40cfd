/* The generation of the database: a number that only the writer changes. It is odd from
 * before each commit until after it, and from the start of a writer until that writer
 * has read the database. So while it is even and unchanged, the database is unchanged,
 * and what was read in one generation may be returned again in the same generation
 * without reading the database.
 *
 *   writer   generation_write_begin ─▶ commit ─▶ generation_write_end ─▶ answers
 *   reader   n = generation_read ─▶ read ─▶ still n: cache ... still n: answer from the cache
 *
 * A writer that is killed in between leaves the number odd until its successor knows
 * whether the commit took place. */
#ifndef SHM_GENERATION_H
#define SHM_GENERATION_H

#include <stdbool.h>
#include <stdint.h>

struct shm;

#define GENERATION_NONE \
	UINT64_C(0) /* unknown: a commit is in progress, or no writer has started yet */

/* The database may change from now on. May be called again before the end. */
void generation_write_begin(struct shm *shm);
/* It does not change until the next generation_write_begin. */
void generation_write_end(struct shm *shm);

/* The current generation, or GENERATION_NONE while the database may be changing. */
uint64_t generation_read(const struct shm *shm);

/* The same for tokens: a generation of their own, as they change rarely, and what
 * workers know about tokens is to outlive other commits. It begins before a commit that
 * can make a token worth less (revoked, rotated) and ends before that is answered. So
 * who compares it with each request accepts no token after its revocation has been
 * answered. */
void generation_tokens_begin(struct shm *shm);
/* Wakes the workers. Without a begin before it, does nothing. */
void generation_tokens_end(struct shm *shm);
uint64_t generation_tokens_read(const struct shm *shm);

/* Are both as the caller, the writer, has left them? See ring_is_sound. */
bool generation_is_sound(const struct shm *shm);
/* Sets both to numbers that no reader has seen. */
void generation_repair(struct shm *shm);

#endif
