/* When to commit what waits. Who pushes again as soon as it is answered comes back just
 * after a commit, when those that were waiting meanwhile are about to begin the next
 * one: without a pause they would take turns for ever, each with a sync of its own for
 * a half of them. So after a commit there is a pause of at most half the time that it
 * took, until as many wait as are known to be about. Whoever comes later than that is
 * committed at once. */
#ifndef WRITER_GROUP_COMMIT_H
#define WRITER_GROUP_COMMIT_H

#include <stddef.h>
#include <stdint.h>

struct group_commit {
	size_t expected; /* requests: those that were answered last, and those that waited then */
	uint64_t until;  /* clock_us(): the end of the pause */
};

/* A commit that began at `begun` has ended `now` (clock_us()): it answered so many, and
 * so many wait. */
void group_commit_end(struct group_commit *group_commit, uint64_t begun, uint64_t now,
		      size_t answered, size_t waiting);
/* For how many microseconds more to wait for others; 0: commit now. */
uint64_t group_commit_delay(const struct group_commit *group_commit, uint64_t now, size_t waiting);

#endif
