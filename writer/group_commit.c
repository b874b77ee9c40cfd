#include "writer/group_commit.h"

#define PAUSE_MAX_US 2000
/* Not all come back, and some have come back already when they are counted. */
#define ENOUGH(expected) ((expected) - (expected) / 8)

void gather_end(struct gather *gather, uint64_t begun, uint64_t now, size_t answered, size_t waiting)
{
	uint64_t pause = (now - begun) / 2;

	gather->expected = answered + waiting;
	gather->until = now + (pause < PAUSE_MAX_US ? pause : PAUSE_MAX_US);
}

uint64_t gather_pause(const struct gather *gather, uint64_t now, size_t waiting)
{
	if (waiting == 0 || waiting >= ENOUGH(gather->expected) || now >= gather->until)
		return 0;
	return gather->until - now;
}
