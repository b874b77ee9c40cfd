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
 * once.
 *
 * Large requests wait for the small ones of other tokens, too. The commit of a large
 * one takes ten times as long as that of a small one, and clients that push one
 * document after the other would find one under way whenever they come back. So after a
 * commit of large requests the next one of them begins when LARGE_TIMES as much time
 * has passed, or when no small request has come for LARGE_WAIT_US: beside a client that
 * pushes all the time they get a small part of the writer's time, and beside one that
 * pushes now and then all that it leaves. */
#include "writer/group_commit.h"

#include <assert.h>

#define PAUSE_MAX_US 2000
#define LARGE_TIMES 24
#define LARGE_WAIT_US 20000
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

void group_commit_share(struct group_commit *group_commit, uint64_t begun, uint64_t now,
			bool has_small, bool has_large)
{
	assert(now >= begun);
	if (has_large)
		group_commit->large_until = now + LARGE_TIMES * (now - begun);
	if (has_small)
		group_commit->small_until = now + LARGE_WAIT_US;
}

void group_commit_leave(struct group_commit *group_commit, size_t left)
{
	group_commit->left = left;
}

uint64_t group_commit_large_delay(const struct group_commit *group_commit, uint64_t now)
{
	uint64_t until = group_commit->large_until;

	if (group_commit->small_until < until)
		until = group_commit->small_until;
	return until > now ? until - now : 0;
}

uint64_t group_commit_delay(const struct group_commit *group_commit, uint64_t now, size_t waiting)
{
	if (waiting > 0 && waiting == group_commit->left)
		return group_commit_large_delay(group_commit, now);
	if (waiting == 0 || waiting >= ENOUGH(group_commit->expected) || now >= group_commit->until)
		return 0;
	return group_commit->until - now;
}
