#include "writer/group_commit.h"

#define PAUSE_MAX_US 2000
/* Not all come back, and some have come back already when they are counted. */
#define ENOUGH(expected) ((expected) - (expected) / 8)

void group_commit_end(struct group_commit *group_commit, uint64_t begun, uint64_t now,
		      size_t answered, size_t waiting)
{
	uint64_t pause = (now - begun) / 2;

	group_commit->expected = answered + waiting;
	group_commit->until = now + (pause < PAUSE_MAX_US ? pause : PAUSE_MAX_US);
}

uint64_t group_commit_delay(const struct group_commit *group_commit, uint64_t now, size_t waiting)
{
	if (waiting == 0 || waiting >= ENOUGH(group_commit->expected) || now >= group_commit->until)
		return 0;
	return group_commit->until - now;
}
