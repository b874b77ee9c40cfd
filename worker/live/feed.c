#include "worker/live/feed_state.h"

#include "base/fault.h"
#include "base/log.h"
#include "shm/scoreboard.h"
#include "worker/page.h"

/* A page of a feed: small enough to frame at once, large enough for a burst. */
#define FEED_LIMIT 1000
#define FEED_BYTES ((size_t)256 << 10)

/* ---- What there is to
 * do ----------------------------------------------------------------------------------
 */

static void feed_due(struct feed *feed, const struct timeval *when)
{
	struct feeds *feeds = feed->feeds;

	if (!feed->due) {
		feed->due = true;
		TAILQ_INSERT_TAIL(&feeds->due, feed, next_due);
	}
	event_add(feeds->turn, when);
}

static void feed_schedule(struct feed *feed)
{
	static const struct timeval next_turn = { 0, 0 };

	feed_due(feed, &next_turn);
}

/* The database did not answer: what was to be done is still to be done, but not at
 * once. */
static void feed_failed(struct feed *feed, enum rc rc)
{
	static const struct timeval later = { 0, 200000 };

	log_warn("feed_failed", LOG_TEXT("group", feed->group), LOG_TEXT("reason", rc_name(rc)));
	feed_due(feed, &later);
}

void feed_want(struct feed *feed, uint64_t number)
{
	if (number > feed->wanted)
		feed->wanted = number;
	if (feed->wanted > feed->told || feed->wanted > feed->read.seq)
		feed_schedule(feed);
}

/* A feed with one side empty has nobody to tell there: that side is always done. */
static void feed_settle(struct feed *feed)
{
	if (TAILQ_EMPTY(&feed->hints))
		feed->told = feed->wanted;
	if (TAILQ_EMPTY(&feed->docs) && feed->wanted > feed->read.seq)
		feed->read.seq = feed->wanted;
}

/* Nothing has happened to a feed that has nothing to do up to where all hints are: so
 * the place of a quiet group stays ahead of purges. */
void feed_keep_up(struct feed *feed)
{
	uint64_t known = feed->feeds->known.seq;

	feed_settle(feed);
	if (feed->unsure || feed->asking || feed->reading || feed->read.bound ||
	    known < feed->wanted)
		return;
	if (feed->wanted <= feed->told && feed->wanted <= feed->read.seq)
		feed->wanted = feed->told = feed->read.seq = known;
}

void feed_doubt(struct feed *feed)
{
	feed_keep_up(feed);
	feed->unsure = true;
	feed_schedule(feed);
}

uint64_t feed_done(const struct feeds *feeds, const struct feed *feed, bool docs)
{
	uint64_t done = docs ? feed->read.seq : feed->told;

	return feed->wanted > done || feed->unsure || feed->asking ? done : feeds->known.seq;
}

struct store_cursor feed_place(const struct feeds *feeds, const struct feed *feed, bool docs)
{
	struct store_cursor place = feeds->known;

	if (docs && feed->read.bound)
		return feed->read;
	place.seq = feed_done(feeds, feed, docs);
	return place;
}

void feed_go_live(struct membership *membership, uint64_t seq)
{
	struct feed *feed = membership->feed;
	struct membership *other;
	bool alone = !feed->reading;

	TAILQ_FOREACH(other, &feed->docs, next)
	alone = alone && !other->live;
	if (alone)
		feed->read = (struct store_cursor){ .epoch = feed->feeds->known.epoch, .seq = seq };
	if (feed->read.seq > seq)
		return;
	membership->live = true;
	feed_want(feed, 0);
}

struct slice feed_group(const struct feed *feed)
{
	return slice_make(feed->group, feed->group_len);
}

/* ----
 * Sending -----------------------------------------------------------------------------
 */

static void feed_count(const struct feed *feed, int64_t events)
{
	const struct worker_inheritance *from = feed->feeds->worker->from;

	scoreboard_add(from->shm, from->slot, METRIC_EVENTS, events);
}

static void feed_tell(struct feed *feed)
{
	struct store_cursor place = { .epoch = feed->feeds->known.epoch, .seq = feed->wanted };
	struct membership *membership, *after;
	struct buf data = BUF_EMPTY;
	int64_t count = 0;
	struct sse *sse;

	feed->told = feed->wanted;
	page_put_hint(&data, ENCODING_JSON, feed_group(feed), &place);
	sse = sse_new("change", &place, buf_slice(&data));
	buf_free(&data);
	for (membership = TAILQ_FIRST(&feed->hints); membership; membership = after) {
		after = TAILQ_NEXT(membership, next);
		stream_expect(after);
		stream_send_event(membership->stream, sse);
		count++;
	}
	feed_count(feed, count);
	sse_unref(sse);
}

/* One page for all live streams that want it in this encoding. */
static void feed_send_page(struct feed *feed, enum encoding encoding, const struct store_page *page)
{
	struct membership *membership, *after;
	struct buf data = BUF_EMPTY;
	struct sse *sse = NULL;
	int64_t count = 0;

	for (membership = TAILQ_FIRST(&feed->docs); membership; membership = after) {
		after = TAILQ_NEXT(membership, next);
		stream_expect(after);
		if (!membership->live || stream_encoding(membership->stream) != encoding)
			continue;
		if (sse == NULL) {
			if (page_put(&data, encoding, feed_group(feed), page) != RC_OK)
				break;
			sse = sse_new("change", &page->next, buf_slice(&data));
		}
		stream_send_event(membership->stream, sse);
		count++;
	}
	feed_count(feed, count);
	if (sse)
		sse_unref(sse);
	buf_free(&data);
}

static void on_feed_page(void *arg, enum rc rc, const struct store_page *page)
{
	struct feed *feed = arg;

	feed->reading = false;
	if (!feed_is_alive(feed))
		return;
	if (rc != RC_OK) {
		feed_failed(feed, rc);
		return;
	}
	feed->read = page->next;
	if ((page->count || page->reset) && !FAULT_MUTANT("page_dropped"))
		for (int encoding = ENCODING_JSON; encoding <= ENCODING_TRANSIT; encoding++)
			feed_send_page(feed, (enum encoding)encoding, page);
	if (page->more || feed->wanted > feed->read.seq)
		feed_schedule(feed);
}

static void feed_read(struct feed *feed)
{
	struct store_query query = {
		.group = feed_group(feed),
		.since = feed->read,
		.limit = FEED_LIMIT,
		.max_bytes = FEED_BYTES,
	};

	feed->reading = true;
	store_changes(feed->feeds->worker->store, &query, on_feed_page, feed);
}

/* ----
 * Asking ------------------------------------------------------------------------------
 */

static void on_latest(void *arg, enum rc rc, const struct store_cursor *place)
{
	struct feed *feed = arg;

	feed->asking = false;
	if (!feed_is_alive(feed))
		return;
	if (rc == RC_OK) {
		feed_want(feed, place->seq);
	} else {
		feed->unsure = true;
		feed_failed(feed, rc);
	}
}

static void feed_ask(struct feed *feed)
{
	feed->unsure = false;
	feed->asking = true;
	store_latest(feed->feeds->worker->store, feed_group(feed), on_latest, feed);
}

/* ---- A turn of the
 * loop --------------------------------------------------------------------------------
 */

void feeds_turn(evutil_socket_t unused, short what, void *arg)
{
	struct feeds *feeds = arg;
	struct feed_list now = TAILQ_HEAD_INITIALIZER(now);
	struct feed *feed;

	(void)unused;
	(void)what;
	TAILQ_CONCAT(&now, &feeds->due, next_due);
	TAILQ_FOREACH(feed, &now, next_due)
	feed_settle(feed);
	while ((feed = TAILQ_FIRST(&now)) != NULL) {
		TAILQ_REMOVE(&now, feed, next_due);
		feed->due = false;
		if (feed->wanted > feed->told)
			feed_tell(feed);
		if (feed->unsure && !feed->asking)
			feed_ask(feed);
		if ((feed->wanted > feed->read.seq || feed->read.bound) && !feed->reading)
			feed_read(feed);
	}
}
