/* Which edition of the database there is: a number that only the writer changes. It is
 * odd from before each commit until after it, and from before a writer looks at the
 * database first; so while it is even, and the same, the database is the same. What was
 * read in an edition may be told again, without a look into the database, for as long
 * as the edition lasts: it is what a look would find.
 *
 *   writer   generation_write_begin ─▶ commit ─▶ generation_write_end ─▶ the answers
 *   reader   generation_read = n ─▶ read ─▶ generation_read = n still: keep ... generation_read = n
 * still: tell it again
 *
 * A writer that is killed in between leaves the number odd, until its successor knows
 * what came of it. */
#ifndef SHM_GENERATION_H
#define SHM_GENERATION_H

#include <stdint.h>

struct shm;

#define GENERATION_NONE UINT64_C(0) /* never one; so it begins, until a writer has come */

/* The database may change from now on. Once more is fine. */
void generation_write_begin(struct shm *shm);
/* It will not until the next generation_write_begin. */
void generation_write_end(struct shm *shm);

/* The present edition, or GENERATION_NONE while it may be changing. */
uint64_t generation_read(const struct shm *shm);

#endif
