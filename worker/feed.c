#include "worker/feed.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "shm/board.h"
#include "shm/ring.h"
#include "shm/wake.h"
#include "worker/page.h"

#include <event2/event.h>
#include <stdlib.h>

#define TABLE_START 64
/* A page of a feed: small enough to frame at once, large enough for a burst. */
#define FEED_LIMIT 1000
#define FEED_BYTES ((size_t)256 << 10)

struct feed {
	struct feed *next_in_bucket;
	TAILQ_ENTRY(feed) next_due;
	struct feeds *feeds;
	char *group;
	size_t group_len;
	uint64_t hash;
	struct membership_list hints; /* streams without documents */
	struct membership_list docs;  /* streams with documents, live or not */
	uint64_t wanted, told;
	struct store_cursor read;
	bool due;     /* is in the list of those with something to do */
	bool reading; /* a page is on its way */
	bool unsure;  /* hints may have been missed: its newest number must be asked for */
	bool asking;  /* the answer to that is on its way */
};

TAILQ_HEAD(feed_list, feed);

struct feeds {
	struct worker *worker;
	struct feed **table;
	size_t size, count;
	struct feed_list due;
	struct ring_reader reader;
	uint64_t resyncs;
	struct store_cursor known;
	struct event *turn; /* works off what is due, one round in each turn of the loop */
};

/* ---- The table ------------------------------------------------------------------------------------------------------------ */

static struct feed **feeds_bucket(struct feeds *feeds, uint64_t hash)
{
	return &feeds->table[hash & (feeds->size - 1)];
}

static void feeds_grow(struct feeds *feeds)
{
	struct feed **old = feeds->table;
	size_t old_size = feeds->size;
	struct feed *feed, *next;

	feeds->size = old_size ? old_size * 2 : TABLE_START;
	feeds->table = mem_array(feeds->size, sizeof(*feeds->table));
	for (size_t i = 0; i < old_size; i++) {
		for (feed = old[i]; feed; feed = next) {
			next = feed->next_in_bucket;
			feed->next_in_bucket = *feeds_bucket(feeds, feed->hash);
			*feeds_bucket(feeds, feed->hash) = feed;
		}
	}
	free(old);
}

static struct feed *feed_new(struct feeds *feeds, struct slice group)
{
	struct feed *feed = mem_alloc(sizeof(*feed));

	feed->feeds = feeds;
	feed->group = mem_copy(group.data, group.len);
	feed->group_len = group.len;
	feed->hash = hash_of(group);
	feed->wanted = feed->told = feeds->known.seq;
	feed->read = feeds->known;
	TAILQ_INIT(&feed->hints);
	TAILQ_INIT(&feed->docs);
	if (feeds->count >= feeds->size)
		feeds_grow(feeds);
	feed->next_in_bucket = *feeds_bucket(feeds, feed->hash);
	*feeds_bucket(feeds, feed->hash) = feed;
	feeds->count++;
	return feed;
}

static void feed_free(struct feed *feed)
{
	struct feeds *feeds = feed->feeds;
	struct feed **at = feeds_bucket(feeds, feed->hash);

	while (*at != feed)
		at = &(*at)->next_in_bucket;
	*at = feed->next_in_bucket;
	feeds->count--;
	if (feed->due)
		TAILQ_REMOVE(&feeds->due, feed, next_due);
	free(feed->group);
	free(feed);
}

static bool feed_is_followed(const struct feed *feed)
{
	return !TAILQ_EMPTY(&feed->hints) || !TAILQ_EMPTY(&feed->docs);
}

struct slice feed_group(const struct feed *feed)
{
	return slice_make(feed->group, feed->group_len);
}

void feed_join(struct feeds *feeds, struct membership *membership, struct slice group)
{
	struct feed *feed = feeds->size ? *feeds_bucket(feeds, hash_of(group)) : NULL;

	while (feed && !slice_equal(feed_group(feed), group))
		feed = feed->next_in_bucket;
	if (feed == NULL)
		feed = feed_new(feeds, group);
	membership->feed = feed;
	if (stream_has_docs(membership->stream))
		TAILQ_INSERT_TAIL(&feed->docs, membership, next);
	else
		TAILQ_INSERT_TAIL(&feed->hints, membership, next);
}

/* False: nobody follows it any more, and it is gone, or will be when the answers that it waits for are here. */
static bool feed_is_alive(struct feed *feed)
{
	if (feed_is_followed(feed))
		return true;
	if (!feed->reading && !feed->asking)
		feed_free(feed);
	return false;
}

void feed_leave(struct membership *membership)
{
	struct feed *feed = membership->feed;

	if (stream_has_docs(membership->stream))
		TAILQ_REMOVE(&feed->docs, membership, next);
	else
		TAILQ_REMOVE(&feed->hints, membership, next);
	(void)feed_is_alive(feed);
}

/* ---- What there is to do -------------------------------------------------------------------------------------------------- */

static const struct timeval next_turn = { 0, 0 };
static const struct timeval after_failure = { 0, 200000 };

static void feed_schedule(struct feed *feed, const struct timeval *when)
{
	struct feeds *feeds = feed->feeds;

	if (!feed->due) {
		feed->due = true;
		TAILQ_INSERT_TAIL(&feeds->due, feed, next_due);
	}
	if (when == &next_turn || !event_pending(feeds->turn, EV_TIMEOUT, NULL))
		event_add(feeds->turn, when);
}

/* The database did not answer: what was to be done is still to be done. */
static void feed_failed(struct feed *feed, enum rc rc)
{
	log_warn("feed_failed", LOG_TEXT("group", feed->group), LOG_TEXT("reason", rc_name(rc)));
	feed_schedule(feed, &after_failure);
}

static void feed_want(struct feed *feed, uint64_t number)
{
	if (number > feed->wanted)
		feed->wanted = number;
	if (feed->wanted > feed->told || feed->wanted > feed->read.seq)
		feed_schedule(feed, &next_turn);
}

/* A feed with one side empty has nobody to tell there: that side is always done. */
static void feed_settle(struct feed *feed)
{
	if (TAILQ_EMPTY(&feed->hints))
		feed->told = feed->wanted;
	if (TAILQ_EMPTY(&feed->docs) && feed->wanted > feed->read.seq)
		feed->read.seq = feed->wanted;
}

uint64_t feed_done(const struct feeds *feeds, const struct feed *feed, bool docs)
{
	uint64_t done = docs ? feed->read.seq : feed->told;

	return feed->wanted > done || feed->unsure || feed->asking ? done : feeds->known.seq;
}

struct store_cursor feeds_known(const struct feeds *feeds)
{
	return feeds->known;
}

void feed_go_live(struct membership *membership, uint64_t seq)
{
	struct feed *feed = membership->feed;
	struct membership *other;
	bool alone = !feed->reading;

	TAILQ_FOREACH (other, &feed->docs, next)
		alone = alone && !other->live;
	if (alone)
		feed->read = (struct store_cursor){ .epoch = feed->feeds->known.epoch, .seq = seq };
	if (feed->read.seq > seq)
		return;
	membership->live = true;
	feed_want(feed, 0);
}

/* ---- Sending -------------------------------------------------------------------------------------------------------------- */

static void feed_tell(struct feed *feed)
{
	struct store_cursor place = { .epoch = feed->feeds->known.epoch, .seq = feed->wanted };
	struct membership *membership, *after;
	struct buf data = BUF_EMPTY;
	struct sse *sse;

	feed->told = feed->wanted;
	page_put_hint(&data, ENCODING_JSON, feed_group(feed), &place);
	sse = sse_new("change", &place, buf_slice(&data));
	buf_free(&data);
	for (membership = TAILQ_FIRST(&feed->hints); membership; membership = after) {
		after = TAILQ_NEXT(membership, next);
		stream_send_event(membership->stream, sse);
	}
	sse_release(sse);
}

/* One page for all live streams that want it in this encoding. */
static void feed_send_page(struct feed *feed, enum encoding encoding, const struct store_page *page)
{
	struct membership *membership, *after;
	struct buf data = BUF_EMPTY;
	struct sse *sse = NULL;

	for (membership = TAILQ_FIRST(&feed->docs); membership; membership = after) {
		after = TAILQ_NEXT(membership, next);
		if (!membership->live || stream_encoding(membership->stream) != encoding)
			continue;
		if (sse == NULL) {
			if (page_put(&data, encoding, feed_group(feed), page) != RC_OK)
				break;
			sse = sse_new("change", &page->next, buf_slice(&data));
		}
		stream_send_event(membership->stream, sse);
	}
	if (sse)
		sse_release(sse);
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
	if (page->count || page->reset)
		for (int encoding = ENCODING_JSON; encoding <= ENCODING_TRANSIT; encoding++)
			feed_send_page(feed, (enum encoding)encoding, page);
	if (page->more || feed->wanted > feed->read.seq)
		feed_schedule(feed, &next_turn);
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

/* Hints may have been missed: the database knows. */
static void feed_doubt(struct feed *feed)
{
	feed->unsure = true;
	feed_schedule(feed, &next_turn);
}

static void on_turn(evutil_socket_t unused, short what, void *arg)
{
	struct feeds *feeds = arg;
	struct feed_list now = TAILQ_HEAD_INITIALIZER(now);
	struct feed *feed;

	(void)unused;
	(void)what;
	TAILQ_CONCAT(&now, &feeds->due, next_due);
	TAILQ_FOREACH (feed, &now, next_due)
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

/* ---- The ring ------------------------------------------------------------------------------------------------------------- */

static void feeds_hint(struct feeds *feeds, const struct ring_entry *entry)
{
	struct feed *feed = feeds->size ? *feeds_bucket(feeds, entry->key) : NULL;

	for (; feed; feed = feed->next_in_bucket)
		if (feed->hash == entry->key)
			feed_want(feed, entry->number);
	if (entry->last && entry->number > feeds->known.seq)
		feeds->known.seq = entry->number;
}

static void feeds_lost(struct feeds *feeds)
{
	struct worker *worker = feeds->worker;
	uint64_t committed = ring_committed(worker->from->shm);

	board_add(worker->from->shm, worker->from->slot, BOARD_LOST, 1);
	for (size_t i = 0; i < feeds->size; i++)
		for (struct feed *feed = feeds->table[i]; feed; feed = feed->next_in_bucket)
			if (ring_bucket(worker->from->shm, feed->hash) > feed->wanted)
				feed_doubt(feed);
	if (committed > feeds->known.seq)
		feeds->known.seq = committed;
	if (worker->auth)
		auth_forget_all(worker->auth);
	streams_recheck_all(worker->streams);
}

static void feeds_token(struct feeds *feeds, uint64_t key)
{
	if (feeds->worker->auth)
		auth_forget(feeds->worker->auth, key);
	streams_recheck(feeds->worker->streams, key);
}

static void on_resync_head(void *arg, enum rc rc, const struct store_cursor *place)
{
	struct feeds *feeds = arg;

	if (rc == RC_OK && place->seq > feeds->known.seq)
		feeds->known.seq = place->seq;
}

/* The writer died: between its commit and its first hint it may have left changes that nobody told of. */
static void feeds_resync(struct feeds *feeds)
{
	for (size_t i = 0; i < feeds->size; i++)
		for (struct feed *feed = feeds->table[i]; feed; feed = feed->next_in_bucket)
			feed_doubt(feed);
	store_head(feeds->worker->store, on_resync_head, feeds);
	if (feeds->worker->auth)
		auth_forget_all(feeds->worker->auth);
	streams_recheck_all(feeds->worker->streams);
}

void feeds_wake(struct feeds *feeds)
{
	const struct worker_inheritance *from = feeds->worker->from;
	struct ring_entry entry;
	enum ring_read got;
	bool armed = false;

	wake_drain(from->shm, from->slot);
	for (;;) {
		got = ring_read(from->shm, &feeds->reader, &entry);
		if (got == RING_LOST)
			feeds_lost(feeds);
		else if (got == RING_GOT && entry.kind == RING_TOKEN)
			feeds_token(feeds, entry.key);
		else if (got == RING_GOT)
			feeds_hint(feeds, &entry);
		else if (armed)
			break;
		else {
			wake_arm(from->shm, from->slot);
			armed = true;
		}
	}
	if (shm_resyncs(from->shm) != feeds->resyncs) {
		feeds->resyncs = shm_resyncs(from->shm);
		feeds_resync(feeds);
	}
}

static void on_first_head(void *arg, enum rc rc, const struct store_cursor *place)
{
	struct feeds *feeds = arg;

	if (rc == RC_OK)
		feeds->known = *place;
}

struct feeds *feeds_new(struct worker *worker)
{
	struct feeds *feeds = mem_alloc(sizeof(*feeds));

	feeds->worker = worker;
	TAILQ_INIT(&feeds->due);
	feeds->turn = evtimer_new(worker->base, on_turn, feeds);
	feeds->resyncs = shm_resyncs(worker->from->shm);
	ring_reader_start(worker->from->shm, &feeds->reader);
	store_head(worker->store, on_first_head, feeds);
	return feeds;
}

void feeds_free(struct feeds *feeds)
{
	if (feeds == NULL)
		return;
	if (feeds->turn)
		event_free(feeds->turn);
	free(feeds->table);
	free(feeds);
}
