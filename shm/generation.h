/* Which edition of the database there is: a number that only the writer changes. It is odd from before each commit until after it, and from
 * before a writer looks at the database first; so while it is even, and the same, the database is the same. What was read in an
 * edition may be told again, without a look into the database, for as long as the edition lasts: it is what a look would find.
 *
 *   writer   edition_begin ─▶ commit ─▶ edition_end ─▶ the answers
 *   reader   edition_now = n ─▶ read ─▶ edition_now = n still: keep ... edition_now = n still: tell it again
 *
 * A writer that is killed in between leaves the number odd, until its successor knows what came of it. */
#ifndef SHM_GENERATION_H
#define SHM_GENERATION_H

#include <stdint.h>

struct shm;

#define EDITION_NONE UINT64_C(0) /* never one; so it begins, until a writer has come */

/* The database may change from now on. Once more is fine. */
void edition_begin(struct shm *shm);
/* It will not until the next edition_begin. */
void edition_end(struct shm *shm);

/* The present edition, or EDITION_NONE while it may be changing. */
uint64_t edition_now(const struct shm *shm);

#endif
