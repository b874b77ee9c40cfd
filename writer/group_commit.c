/* The group-commit delay, asked by loop.c (how long to wait) and commit.c (whether to).
 *
 * Why a delay: a client that pushes again as soon as it is answered comes back just
 * after a commit, at the moment when the clients that queued during it are about to
 * begin the next one. Without a delay the two halves alternate for ever, one fsync
 * each, and every client waits for two. So after a commit the writer waits until about
 * as many requests are there as it knows clients: those that it has just answered and
 * those that waited then.
 *
 * Why bounded: clients need not come back. Half the time of the commit costs less than
 * the fsync that it saves, also on a fast disk; PAUSE_MAX_US bounds it on a slow one. A
 * request that comes later than that, such as the only client's, is committed at
 * once. */
#include "writer/group_commit.h"

#include <assert.h>

#define PAUSE_MAX_US 2000
/* Some clients do not come back, and some are counted twice. */
#define ENOUGH(expected) ((expected) - (expected) / 8)

void group_commit_end(struct group_commit *group_commit, uint64_t begun, uint64_t now,
		      size_t answered, size_t waiting)
{
	uint64_t pause = (now - begun) / 2;

	assert(now >= begun);
	group_commit->expected = answered + waiting;
	group_commit->until = now + (pause < PAUSE_MAX_US ? pause : PAUSE_MAX_US);
}

uint64_t group_commit_delay(const struct group_commit *group_commit, uint64_t now, size_t waiting)
{
	if (waiting == 0 || waiting >= ENOUGH(group_commit->expected) || now >= group_commit->until)
		return 0;
	return group_commit->until - now;
}
