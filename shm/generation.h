/* The generation of tokens: a number that only the writer changes. It is odd before
 * each commit that can make a token worth less (revoked, rotated) until after it, and
 * from the start of a writer until that writer has read the database. It ends before
 * the commit is answered. So who compares it with each request accepts no token after
 * its revocation has been answered.
 *
 *   writer   generation_tokens_begin ─▶ commit ─▶ generation_tokens_end ─▶ answers
 *   reader   n = generation_tokens_read ─▶ read ─▶ still n: what was read holds
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

/* Tokens may change from now on. May be called again before the end. */
void generation_tokens_begin(struct shm *shm);
/* They do not until the next begin. Wakes the workers. Without a begin before it, does
 * nothing. */
void generation_tokens_end(struct shm *shm);
/* Without another call the generation ends by itself at `until` (clock_ms): for a
 * database that others change, too. */
void generation_tokens_lease(struct shm *shm, uint64_t until);
/* The current generation, or GENERATION_NONE while tokens may be changing. */
uint64_t generation_tokens_read(const struct shm *shm);

/* Is it as the caller, the writer, has left it? See ring_is_sound. */
bool generation_is_sound(const struct shm *shm);
/* Sets it to a number that no reader has seen. */
void generation_repair(struct shm *shm);

#endif
