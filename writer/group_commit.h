/* The group-commit delay: when to commit the requests that wait. */
#ifndef WRITER_GROUP_COMMIT_H
#define WRITER_GROUP_COMMIT_H

#include <stddef.h>
#include <stdint.h>

struct group_commit {
	size_t expected; /* requests answered by the last commit, and waiting at its end */
	uint64_t until;  /* clock_us() of the end of the delay */
};

/* A commit that began at `begun` has ended `now` (clock_us()). It answered `answered`
 * requests, and `waiting` others have arrived meanwhile. */
void group_commit_end(struct group_commit *group_commit, uint64_t begun, uint64_t now,
		      size_t answered, size_t waiting);
/* Microseconds to wait for more requests than the `waiting` ones; 0: commit now. */
uint64_t group_commit_delay(const struct group_commit *group_commit, uint64_t now, size_t waiting);

#endif
