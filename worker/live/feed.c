/* One feed: from hints to events. Called by worker/live/feeds (hints, turns) and
 * worker/live/subscriber (memberships). Its positions are in feed_position.c.
 *
 * Why positions. A hint says that a group has changed up to some number, and nothing
 * else; it may be late, doubled or lost. So a feed acts on numbers, not on hints: it
 * compares the newest number that it has heard of (`hinted`) with the number up to
 * which it has delivered, and reads the difference from the database, which is the
 * truth. Any number of hints that arrive while a page is read are one more page.
 *
 * The events' ids need a position of quiet groups as well: the id of an event of a
 * stream with several groups is the lowest position of all of them. A group that has no
 * changes would hold that back for ever, and a purge would overtake it. Therefore a
 * feed with nothing to do counts as delivered up to `announced`: all hints up to there
 * have been handed out, and none was for this feed. That is only true as long as the
 * feed is neither behind nor stale, so feed_advance stores it before either begins. */
#include "worker/live/feed.h"

#include "base/fault.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "worker/live/page.h"

#include <assert.h>
#include <stdlib.h>

/* A page of a feed: small enough to frame at once, large enough for a burst. */
#define FEED_LIMIT 1000
#define FEED_BYTES ((size_t)256 << 10)

struct feed *feed_new(struct feed_shared *shared, struct slice group)
{
	const bool spans = store_spans_lanes(shared->store, group);
	const int lanes = spans ? store_lanes(shared->store) : 1;
	struct feed *feed;

	assert(shared->announced.epoch != 0);
	feed = mem_alloc(sizeof(*feed) + (size_t)lanes * sizeof(feed->in[0]));
	feed->shared = shared;
	feed->group = mem_copy(group.data, group.len);
	feed->group_len = group.len;
	feed->hash = hash_of(group);
	feed->lane = spans ? 0 : (unsigned)store_lane(shared->store, group);
	feed->lanes = (unsigned)lanes;
	store_position_init(&feed->docs_at, shared->store, group);
	feed_restart(feed);
	TAILQ_INIT(&feed->hints);
	TAILQ_INIT(&feed->docs);
	return feed;
}

void feed_free(struct feed *feed)
{
	assert(feed_is_unused(feed));
	if (feed->list)
		TAILQ_REMOVE(feed->list, feed, next_due);
	store_position_clear(&feed->docs_at);
	free(feed->group);
	free(feed);
}

struct slice feed_group(const struct feed *feed)
{
	return slice_make(feed->group, feed->group_len);
}

/* ---- What there is to do ---- */

static void feed_put(struct feed *feed, struct feed_list *list)
{
	if (feed->list)
		TAILQ_REMOVE(feed->list, feed, next_due);
	feed->list = list;
	TAILQ_INSERT_TAIL(list, feed, next_due);
}

static void feed_schedule(struct feed *feed)
{
	static const struct timeval next_turn = { 0, 0 };

	if (feed->list != &feed->shared->due)
		feed_put(feed, &feed->shared->due);
	event_add(feed->shared->turn, &next_turn);
}

/* The store did not answer: the work is still to be done, but not at once. */
static void feed_retry(struct feed *feed, enum rc rc)
{
	static const struct timeval later = { 0, 200000 };

	/* The store itself logs a database that is out of reach. */
	if (rc != RC_UNAVAILABLE)
		log_warn("feed_failed", LOG_TEXT("group", feed->group),
			 LOG_TEXT("reason", rc_name(rc)));
	if (feed->list)
		return;
	feed_put(feed, &feed->shared->later);
	if (!event_pending(feed->shared->retry, EV_TIMEOUT, NULL))
		event_add(feed->shared->retry, &later);
}

static bool feed_is_followed(const struct feed *feed)
{
	return !TAILQ_EMPTY(&feed->hints) || !TAILQ_EMPTY(&feed->docs);
}

bool feed_is_unused(const struct feed *feed)
{
	return !feed_is_followed(feed) && !feed->reading && !feed->asking;
}

/* Is there something to deliver? */
static void feed_check(struct feed *feed)
{
	if (feed_is_behind(feed, false) || feed_is_behind(feed, true))
		feed_schedule(feed);
}

void feed_hint(struct feed *feed, unsigned lane, uint64_t number)
{
	assert(feed_has_lane(feed, lane));
	feed_raise(feed, lane, number);
	feed_check(feed);
}

void feed_refresh(struct feed *feed)
{
	feed_advance(feed);
	feed->stale = true;
	feed_schedule(feed);
}

/* ---- Memberships ---- */

void feed_join(struct feed *feed, struct membership *membership)
{
	assert(membership->feed == NULL && !membership->live);
	assert(membership->deliver && membership->fail);
	membership->feed = feed;
	feed->metas += membership->meta;
	TAILQ_INSERT_TAIL(membership->docs ? &feed->docs : &feed->hints, membership, next);
}

void feed_leave(struct membership *membership)
{
	struct feed *feed = membership->feed;

	assert(feed);
	TAILQ_REMOVE(membership->docs ? &feed->docs : &feed->hints, membership, next);
	feed->metas -= membership->meta;
	membership->feed = NULL;
	if (feed_is_unused(feed))
		feed_schedule(feed);
}

void feed_go_live(struct membership *membership)
{
	struct feed *feed = membership->feed;
	struct membership *other;
	bool alone = !feed->reading;

	assert(membership->docs && !membership->live);
	TAILQ_FOREACH(other, &feed->docs, next)
	alone = alone && !other->live;
	if (alone) {
		store_position_copy(&feed->docs_at, &membership->at);
		store_position_set_epoch(&feed->docs_at, feed->shared->announced.epoch);
	}
	if (feed_is_ahead(feed, &membership->at))
		return;
	membership->live = true;
	feed_check(feed);
}

/* ---- Delivering ---- */

/* Where the answer of the store while it caught up was newer, it has been told; where
 * it was older, the hint came first. */
static bool hint_is_news(struct membership *membership, const struct store_position *place)
{
	if (membership->live)
		return store_position_is_before(&membership->at, place);
	store_position_copy(&membership->at, place);
	return true;
}

static struct sse *hint_new(const struct feed *feed, const struct store_position *place)
{
	char text[STORE_CURSOR_TEXT_MAX];
	const struct slice cursor = slice_make(text, store_position_format(place, text));
	struct buf data = BUF_EMPTY;
	struct sse *sse;

	page_put_hint(&data, ENCODING_JSON, feed_group(feed), cursor);
	sse = sse_new("change", cursor, buf_slice(&data));
	buf_free(&data);
	return sse;
}

static void feed_deliver_hints(struct feed *feed)
{
	struct membership *membership, *after;
	struct store_position place;
	int64_t count = 0;
	struct sse *sse;

	store_position_init(&place, feed->shared->store, feed_group(feed));
	feed_take_hints(feed, &place);
	sse = hint_new(feed, &place);
	for (membership = TAILQ_FIRST(&feed->hints); membership; membership = after) {
		after = TAILQ_NEXT(membership, next);
		membership_prefetch(after);
		if (!hint_is_news(membership, &place))
			continue;
		membership->deliver(membership, sse);
		count++;
	}
	counters_add(feed->shared->counters, METRIC_EVENTS_SENT, count);
	store_position_clear(&place);
	sse_unref(sse);
}

/* The event of a page. */
static struct sse *page_new(const struct feed *feed, enum encoding encoding, bool meta,
			    const struct store_page *page)
{
	char text[STORE_CURSOR_TEXT_MAX];
	const struct slice cursor = slice_make(text, store_page_cursor(page, text));
	struct buf data = BUF_EMPTY;
	struct sse *sse;

	counters_add(feed->shared->counters, METRIC_DAMAGED,
		     page_put(&data, encoding, feed_group(feed), page, meta));
	sse = sse_new("change", cursor, buf_slice(&data));
	buf_free(&data);
	return sse;
}

/* One page for all live memberships of this encoding, with or without meta. */
static void feed_deliver_page(struct feed *feed, enum encoding encoding, bool meta,
			      const struct store_page *page)
{
	struct membership *membership, *after;
	struct sse *sse = NULL;
	int64_t count = 0;

	for (membership = TAILQ_FIRST(&feed->docs); membership; membership = after) {
		after = TAILQ_NEXT(membership, next);
		membership_prefetch(after);
		if (!membership->live || membership->encoding != encoding ||
		    membership->meta != meta)
			continue;
		if (sse == NULL)
			sse = page_new(feed, encoding, meta, page);
		membership->deliver(membership, sse);
		count++;
	}
	counters_add(feed->shared->counters, METRIC_EVENTS_SENT, count);
	if (sse)
		sse_unref(sse);
}

/* Streams that would wait for ever, and look alive, end: their clients learn of the
 * damage when they come back. */
static void feed_fail(struct feed *feed, enum rc rc)
{
	struct membership *membership, *after;

	for (membership = TAILQ_FIRST(&feed->docs); membership; membership = after) {
		after = TAILQ_NEXT(membership, next);
		if (membership->live)
			membership->fail(membership, rc);
	}
}

static void feed_deliver_docs(struct feed *feed, const struct store_page *page)
{
	for (int encoding = ENCODING_JSON; encoding <= ENCODING_TRANSIT; encoding++) {
		feed_deliver_page(feed, (enum encoding)encoding, false, page);
		if (feed->metas)
			feed_deliver_page(feed, (enum encoding)encoding, true, page);
	}
}

static void on_feed_page(void *arg, enum rc rc, const struct store_page *page)
{
	struct feed *feed = arg;

	feed->reading = false;
	if (!feed_is_followed(feed)) {
		feed_schedule(feed);
		return;
	}
	if (rc != RC_OK) {
		if (rc == RC_CORRUPT)
			feed_fail(feed, rc);
		feed_retry(feed, rc);
		return;
	}
	/* The first that wants meta has come since it was read. */
	if (feed->metas && !feed->reading_meta) {
		feed_schedule(feed);
		return;
	}
	store_position_take(&feed->docs_at, page);
	if ((page->count || page->reset) && !FAULT_MUTANT("page_dropped"))
		feed_deliver_docs(feed, page);
	if (page->more || feed_is_behind(feed, true))
		feed_schedule(feed);
}

static void feed_read(struct feed *feed)
{
	struct store_query query = {
		.group = feed_group(feed),
		.limit = FEED_LIMIT,
		.max_bytes = FEED_BYTES,
		.meta = feed->metas > 0,
	};

	store_position_ask(&feed->docs_at, &query);
	feed->reading = true;
	feed->reading_meta = query.meta;
	store_changes(feed->shared->store, &query, on_feed_page, feed);
}

/* ---- Asking ---- */

/* Of another epoch the numbers may mean something else; feeds.c finds out. */
static bool feed_has_answer(struct feed *feed, enum rc rc, uint64_t epoch)
{
	feed->asking = false;
	if (!feed_is_followed(feed)) {
		feed_schedule(feed);
		return false;
	}
	if (rc == RC_OK && epoch == feed->shared->announced.epoch)
		return true;
	feed->stale = true;
	feed_retry(feed, rc == RC_OK ? RC_UNAVAILABLE : rc);
	return false;
}

static void on_latest(void *arg, enum rc rc, const struct store_cursor *place)
{
	struct feed *feed = arg;

	if (feed_has_answer(feed, rc, rc == RC_OK ? place->epoch : 0))
		feed_hint(feed, feed->lane, place->seq);
}

static void on_head(void *arg, enum rc rc, const struct store_places *head)
{
	struct feed *feed = arg;

	if (!feed_has_answer(feed, rc, rc == RC_OK ? head->epoch : 0))
		return;
	for (unsigned lane = 0; lane < feed->lanes; lane++)
		feed_raise(feed, lane, head->seqs[lane]);
	feed_check(feed);
}

static void feed_ask(struct feed *feed)
{
	feed->stale = false;
	feed->asking = true;
	if (feed->docs_at.all)
		store_head(feed->shared->store, on_head, feed);
	else
		store_latest(feed->shared->store, feed_group(feed), on_latest, feed);
}

void feed_turn(struct feed *feed)
{
	if (feed_is_behind(feed, false))
		feed_deliver_hints(feed);
	if (feed->stale && !feed->asking)
		feed_ask(feed);
	if ((feed_is_behind(feed, true) || store_position_bound(&feed->docs_at)) && !feed->reading)
		feed_read(feed);
}
