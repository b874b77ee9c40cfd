/* Which edition of the database the buckets of the ring account for. An edition is a
 * number for what a read of the database would find (store_edition): it changes when a
 * commit becomes visible, and at no other time that matters.
 *
 * A page of a group that was read when the head was `head` may be shown again without a
 * read as long as no later commit has changed the group:
 *
 *   writer   COMMIT: visible ─▶ ring_commit, edition_spoil ─▶ edition_account ─▶ replies
 *   reader   e = store_edition ─▶ e accounted for? ─▶ spoils as before?
 *            ─▶ ring_bucket(group) <= head? ─▶ the page is what a read would have found
 *
 * All of this is true of the moment in which the reader looked at the edition: commits
 * visible by then are in the buckets, and later ones may be there too, which only costs
 * a read. Between the first two steps of the writer, and after it was killed there, the
 * editions differ, and every reader reads the database. */
#ifndef SHM_EDITION_H
#define SHM_EDITION_H

#include <stdbool.h>
#include <stdint.h>

struct shm;

#define EDITION_NONE UINT64_C(0) /* not known */

/* ---- The writer ---- */

/* Every page from before the next edition is out of date: something has changed that no
 * bucket tells, such as the horizon. Precedes edition_account. */
void edition_spoil(struct shm *shm);
/* The buckets account for all commits of this edition. */
void edition_account(struct shm *shm, uint64_t edition);
/* Is all as the caller, the writer, has left it? See ring_is_sound. */
bool edition_is_sound(const struct shm *shm);
/* Makes it so again, and spoils all pages. */
void edition_repair(struct shm *shm);

/* ---- Readers ---- */

/* How often all pages have been spoilt. Read before the page is, and kept with it. */
uint64_t edition_spoils(const struct shm *shm);
/* Do the buckets account for the edition, which was read before this call? */
bool edition_is_accounted(const struct shm *shm, uint64_t edition);

#endif
