/* The positions of a feed, as feed.h describes them. Called by feed.c, feeds.c and
 * subscriber.c. */
#include "worker/live/feed.h"

bool feed_has_lane(const struct feed *feed, unsigned lane)
{
	return lane - feed->lane < feed->lanes;
}

static struct feed_lane *in_lane(struct feed *feed, unsigned lane)
{
	return &feed->in[lane - feed->lane];
}

static uint64_t announced_in(const struct feed *feed, unsigned lane)
{
	return feed->shared->announced.seqs[lane];
}

static uint64_t docs_in(const struct feed *feed, unsigned lane)
{
	return store_position_seq(&feed->docs_at, (int)lane);
}

/* For all lanes of a feed. */
#define EACH_LANE(feed, lane) \
	for (unsigned lane = (feed)->lane; lane < (feed)->lane + (feed)->lanes; lane++)

/* ---- What there is to do ---- */

bool feed_is_behind(const struct feed *feed, bool docs)
{
	EACH_LANE(feed, lane)
	{
		const struct feed_lane *in = &feed->in[lane - feed->lane];

		if (in->hinted > (docs ? docs_in(feed, lane) : in->delivered_hints))
			return true;
	}
	return false;
}

bool feed_is_ahead(const struct feed *feed, const struct store_position *at)
{
	EACH_LANE(feed, lane)
	if (docs_in(feed, lane) > store_position_seq(at, (int)lane))
		return true;
	return false;
}

void feed_raise(struct feed *feed, unsigned lane, uint64_t number)
{
	struct feed_lane *in = in_lane(feed, lane);

	if (number > in->hinted)
		in->hinted = number;
}

void feed_take_hints(struct feed *feed, struct store_position *place)
{
	store_position_set(place, &feed->shared->announced, (int)feed->lane);
	EACH_LANE(feed, lane)
	{
		struct feed_lane *in = in_lane(feed, lane);

		in->delivered_hints = in->hinted;
		store_position_set_seq(place, (int)lane, in->hinted);
	}
}

/* ---- Moves ---- */

void feed_settle(struct feed *feed)
{
	EACH_LANE(feed, lane)
	{
		struct feed_lane *in = in_lane(feed, lane);

		if (TAILQ_EMPTY(&feed->hints))
			in->delivered_hints = in->hinted;
		if (TAILQ_EMPTY(&feed->docs) && in->hinted > docs_in(feed, lane))
			store_position_set_seq(&feed->docs_at, (int)lane, in->hinted);
	}
}

void feed_advance(struct feed *feed)
{
	feed_settle(feed);
	if (feed->stale || feed->asking || feed->reading || store_position_bound(&feed->docs_at))
		return;
	EACH_LANE(feed, lane)
	{
		struct feed_lane *in = in_lane(feed, lane);
		const uint64_t announced = announced_in(feed, lane);

		if (announced < in->hinted || in->hinted > in->delivered_hints ||
		    in->hinted > docs_in(feed, lane))
			continue;
		in->hinted = in->delivered_hints = announced;
		store_position_set_seq(&feed->docs_at, (int)lane, announced);
	}
}

void feed_take_epoch(struct feed *feed)
{
	if (store_position_bound(&feed->docs_at) == 0)
		store_position_set_epoch(&feed->docs_at, feed->shared->announced.epoch);
}

void feed_restart(struct feed *feed)
{
	store_position_set(&feed->docs_at, &feed->shared->announced, (int)feed->lane);
	EACH_LANE(feed, lane)
	{
		struct feed_lane *in = in_lane(feed, lane);

		in->hinted = in->delivered_hints = announced_in(feed, lane);
	}
}

/* ---- Questions of others ---- */

uint64_t feed_known(const struct feed *feed, unsigned lane)
{
	const uint64_t hinted = feed->in[lane - feed->lane].hinted;
	const uint64_t docs = docs_in(feed, lane);

	/* Of another epoch: the store has continued it there. */
	return store_position_epoch(&feed->docs_at) == feed->shared->announced.epoch &&
			       docs > hinted
		       ? docs
		       : hinted;
}

uint64_t feed_delivered(const struct feed *feed, bool docs, unsigned lane)
{
	const struct feed_lane *in = &feed->in[lane - feed->lane];
	const uint64_t delivered = docs ? docs_in(feed, lane) : in->delivered_hints;

	return in->hinted > delivered || feed->stale || feed->asking ? delivered
								     : announced_in(feed, lane);
}

void feed_position(const struct feed *feed, bool docs, struct store_position *out)
{
	if (docs && store_position_bound(&feed->docs_at)) {
		store_position_copy(out, &feed->docs_at);
		return;
	}
	store_position_set(out, &feed->shared->announced, (int)feed->lane);
	EACH_LANE(feed, lane)
	store_position_set_seq(out, (int)lane, feed_delivered(feed, docs, lane));
}
