/* The group-commit delay: when to commit the requests that wait. */
#ifndef WRITER_GROUP_COMMIT_H
#define WRITER_GROUP_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times are of clock_us(). */
struct group_commit {
	size_t expected; /* requests answered by the last commit, and waiting at its end */
	uint64_t until;  /* the end of the delay */
	/* Large requests wait until the earlier of these. */
	uint64_t large_until, small_until;
	size_t left; /* requests that the last batch has left waiting */
};

/* A commit that began at `begun` has ended `now` (clock_us()). It answered `answered`
 * requests, and `waiting` others have arrived meanwhile. */
void group_commit_end(struct group_commit *group_commit, uint64_t begun, uint64_t now,
		      size_t answered, size_t waiting);
/* That commit was one while several tokens are about, of small or large requests or of
 * both. */
void group_commit_share(struct group_commit *group_commit, uint64_t begun, uint64_t now,
			bool has_small, bool has_large);
/* A batch has been collected, and so many requests were left as it is not their
 * turn. */
void group_commit_leave(struct group_commit *group_commit, size_t left);
/* Microseconds until large requests may be committed; 0: now. */
uint64_t group_commit_large_delay(const struct group_commit *group_commit, uint64_t now);
/* Microseconds to wait for more requests than the `waiting` ones; 0: commit now. */
uint64_t group_commit_delay(const struct group_commit *group_commit, uint64_t now, size_t waiting);

#endif
