/* A client of an event stream: catching up, event ids, its token. Called by
 * worker/live/streams, by the feeds that it has joined, and by answers of the store. */
#include "worker/live/subscriber.h"

#include "base/fault.h"
#include "base/mem.h"
#include "transit/envelope.h"
#include "worker/live/page.h"

#include <assert.h>
#include <stdlib.h>

/* A page while catching up: how far it is read ahead of a slow client. */
#define CATCH_UP_LIMIT 1000
#define CATCH_UP_BYTES ((size_t)256 << 10)

struct subscriber *subscriber_of(struct stream *stream)
{
	return (struct subscriber *)((char *)stream - offsetof(struct subscriber, stream));
}

bool subscriber_is_settled(const struct subscriber *subscriber)
{
	return !subscriber->reading && !subscriber->checking;
}

/* An answer has come. False: the subscriber was closed meanwhile. */
static bool subscriber_is_open(struct subscriber *subscriber)
{
	if (subscriber->stream.closed && subscriber_is_settled(subscriber))
		subscriber->options->on_settled(subscriber);
	return !subscriber->stream.closed;
}

/* ---- Events ---- */

/* With several groups the event's id does not do for the stream: it gets one of its
 * own. */
static void subscriber_send(struct subscriber *subscriber, struct sse *sse)
{
	char id[STORE_SPAN_TEXT_MAX];
	struct sse *own;

	if (subscriber->count == 1) {
		stream_send(&subscriber->stream, sse);
		return;
	}
	own = sse_with_id(sse, slice_make(id, subscriber_id(subscriber, id)));
	stream_send(&subscriber->stream, own);
	sse_unref(own);
}

static void on_event(struct membership *membership, struct sse *sse)
{
	subscriber_send(membership->subscriber, sse);
}

static void on_failed(struct membership *membership, enum rc rc)
{
	stream_close(&membership->subscriber->stream, rc_name(rc));
}

/* An event for this subscriber alone. */
static void subscriber_send_new(struct subscriber *subscriber, const char *event, struct slice id,
				struct slice data)
{
	struct sse *sse = sse_new(event, id, data);

	counters_add(subscriber->options->stream.counters, METRIC_EVENTS_SENT, 1);
	subscriber_send(subscriber, sse);
	sse_unref(sse);
}

/* {group, cursor, user, write}: what the token may do there. */
static void subscriber_greet(struct subscriber *subscriber, const struct membership *membership)
{
	const struct slice group = feed_group(membership->feed);
	const struct identity *identity = subscriber->identity;
	enum encoding encoding = subscriber->encoding;
	char text[STORE_CURSOR_TEXT_MAX];
	const struct slice cursor = slice_make(text, store_position_format(&membership->at, text));
	struct buf data = BUF_EMPTY;

	envelope_open(&data);
	envelope_put_text(&data, encoding, "group", group);
	envelope_put_text(&data, encoding, "cursor", cursor);
	if (subscriber->options->auth)
		envelope_put_text(&data, encoding, "user", identity->user);
	envelope_put_flag(&data, encoding, "write",
			  identity_may_group(identity, group, AUTH_WRITE));
	envelope_close(&data);
	subscriber_send_new(subscriber, "connected", cursor, buf_slice(&data));
	buf_free(&data);
}

void subscriber_end(struct subscriber *subscriber, enum end_code code)
{
	static const struct {
		const char *code, *reason;
		bool waits;
	} ends[] = {
		[END_UNAUTHORIZED] = { "unauthorized", "token_ended", false },
		[END_EXPIRED] = { "expired", "token_expired", false },
		[END_FORBIDDEN] = { "forbidden", "token_lost_group", false },
		[END_SLOW] = { "slow", "slow_reader", true },
		[END_DRAINING] = { "draining", "drain", false },
		[END_ADMIN] = { "draining", "ended_by_admin", false },
	};
	struct stream *stream = &subscriber->stream;
	struct buf data = BUF_EMPTY;
	struct sse *last;

	envelope_open(&data);
	envelope_put_text(&data, subscriber->encoding, "code", slice_of(ends[code].code));
	envelope_close(&data);
	last = sse_new("end", slice_of(""), buf_slice(&data));
	if (stream->backlog == 0 || ends[code].waits)
		stream_end(stream, last, ends[code].reason);
	if (!ends[code].waits)
		stream_close(stream, ends[code].reason);
	sse_unref(last);
	buf_free(&data);
}

void subscriber_on_slow(struct stream *stream)
{
	subscriber_end(subscriber_of(stream), END_SLOW);
}

/* ---- Catching up ---- */

static struct membership *subscriber_behind(struct subscriber *subscriber)
{
	for (size_t i = 0; i < subscriber->count; i++)
		if (!subscriber->memberships[i].live)
			return &subscriber->memberships[i];
	return NULL;
}

/* An answer of the store has come. False: the subscriber is closed, or asks again
 * within a second (streams.c), as the database is out of reach. */
static bool subscriber_has_answer(struct subscriber *subscriber, enum rc rc)
{
	subscriber->reading = false;
	if (!subscriber_is_open(subscriber))
		return false;
	if (rc == RC_UNAVAILABLE)
		subscriber->waiting = true;
	else if (rc != RC_OK)
		stream_close(&subscriber->stream, rc_name(rc));
	return rc == RC_OK;
}

/* Goes on in a later turn, when the socket has taken all there is. */
static void subscriber_go_on(struct subscriber *subscriber)
{
	struct stream *stream = &subscriber->stream;

	if (!stream->closed && subscriber_behind(subscriber) && stream->backlog == 0)
		stream_wait(stream, true);
}

static void subscriber_send_page(struct subscriber *subscriber, const struct membership *membership,
				 const struct store_page *page)
{
	char text[STORE_CURSOR_TEXT_MAX];
	const struct slice cursor = slice_make(text, store_page_cursor(page, text));
	struct buf data = BUF_EMPTY;

	counters_add(subscriber->options->stream.counters, METRIC_DAMAGED,
		     page_put(&data, subscriber->encoding, feed_group(membership->feed), page,
			      subscriber->meta));
	subscriber_send_new(subscriber, "change", cursor, buf_slice(&data));
	buf_free(&data);
}

static void on_catch_up_page(void *arg, enum rc rc, const struct store_page *page)
{
	struct subscriber *subscriber = arg;
	struct membership *membership = subscriber_behind(subscriber);

	if (!subscriber_has_answer(subscriber, rc))
		return;
	assert(membership); /* the one that asked is not live before its answer */
	FAULT("catch_up_page");
	store_position_take(&membership->at, page);
	if (subscriber->since.epoch == 0 && subscriber->start == 0)
		subscriber->start = page->more ? page->next.start : page->head;
	if (!page->more)
		feed_go_live(membership);
	if (page->count || page->reset)
		subscriber_send_page(subscriber, membership, page);
	subscriber_go_on(subscriber);
}

/* Has the group changed since the place where the stream began? `news`: in a lane,
 * beyond that place. A hint that the feed has not delivered yet is still to be told,
 * unless the store's answer is newer. */
static void subscriber_take_news(struct subscriber *subscriber, struct membership *membership,
				 const struct store_places *latest)
{
	const struct store_places *announced = feeds_announced(subscriber->options->feeds);
	const struct feed *feed = membership->feed;
	struct store_position *at = &membership->at;
	struct store_places now = *announced;
	char text[STORE_CURSOR_TEXT_MAX];
	struct buf data = BUF_EMPTY;
	bool news = store_position_epoch(at) != now.epoch || store_position_bound(at);

	for (unsigned lane = feed->lane; feed_has_lane(feed, lane); lane++) {
		const uint64_t seq = store_position_seq(at, (int)lane);
		const uint64_t newest = latest->seqs[lane];

		news = news || newest > seq || (seq > newest && seq > announced->seqs[lane]);
		now.seqs[lane] = feed_delivered(feed, false, lane);
		if (newest > now.seqs[lane])
			now.seqs[lane] = newest;
	}
	membership->live = true;
	store_position_set(at, &now, (int)feed->lane);
	if (news) {
		const struct slice cursor = slice_make(text, store_position_format(at, text));

		page_put_hint(&data, subscriber->encoding, feed_group(feed), cursor);
		subscriber_send_new(subscriber, "change", cursor, buf_slice(&data));
		buf_free(&data);
	}
	subscriber_go_on(subscriber);
}

static void on_catch_up_latest(void *arg, enum rc rc, const struct store_cursor *latest)
{
	struct subscriber *subscriber = arg;
	struct membership *membership = subscriber_behind(subscriber);
	struct store_places places = { .epoch = 0 };

	if (!subscriber_has_answer(subscriber, rc))
		return;
	assert(membership);
	places.seqs[membership->feed->lane] = latest->seq;
	subscriber_take_news(subscriber, membership, &places);
}

static void on_catch_up_head(void *arg, enum rc rc, const struct store_places *head)
{
	struct subscriber *subscriber = arg;
	struct membership *membership = subscriber_behind(subscriber);

	if (!subscriber_has_answer(subscriber, rc))
		return;
	assert(membership);
	subscriber_take_news(subscriber, membership, head);
}

void subscriber_catch_up(struct subscriber *subscriber)
{
	struct membership *membership = subscriber_behind(subscriber);
	struct store *store = subscriber->options->store;
	struct store_query query = { .limit = CATCH_UP_LIMIT, .max_bytes = CATCH_UP_BYTES };

	if (membership == NULL || subscriber->reading || subscriber->stream.closed ||
	    subscriber->stream.backlog)
		return;
	subscriber->reading = true;
	subscriber->waiting = false;
	query.group = feed_group(membership->feed);
	query.meta = subscriber->meta;
	store_position_ask(&membership->at, &query);
	if (query.all && subscriber->span)
		query.shown = subscriber->span->shown;
	if (subscriber->docs)
		store_changes(store, &query, on_catch_up_page, subscriber);
	else if (query.all)
		store_head(store, on_catch_up_head, subscriber);
	else
		store_latest(store, query.group, on_catch_up_latest, subscriber);
}

void subscriber_on_drained(struct stream *stream)
{
	subscriber_catch_up(subscriber_of(stream));
}

/* ---- Its token ---- */

static bool subscriber_is_allowed(const struct subscriber *subscriber,
				  const struct identity *identity)
{
	for (size_t i = 0; i < subscriber->count; i++)
		if (!identity_may_group(identity, feed_group(subscriber->memberships[i].feed),
					AUTH_READ))
			return false;
	return true;
}

static void on_rechecked(void *arg, enum rc rc, struct identity *identity)
{
	struct subscriber *subscriber = arg;

	subscriber->checking = false;
	if (!subscriber_is_open(subscriber))
		return;
	if (rc != RC_OK && rc != RC_DENIED)
		subscriber->unchecked = true;
	if (rc == RC_DENIED && !FAULT_MUTANT("stream_stays")) {
		subscriber_end(subscriber, END_UNAUTHORIZED);
	} else if (rc == RC_OK && !subscriber_is_allowed(subscriber, identity)) {
		subscriber_end(subscriber, END_FORBIDDEN);
	} else if (rc == RC_OK) {
		identity_unref(subscriber->identity);
		subscriber->identity = identity_ref(identity);
		subscriber->options->on_identity(subscriber);
	}
}

/* An answer that is on its way may be older than the change that is to be checked. */
void subscriber_recheck(struct subscriber *subscriber)
{
	if (subscriber->options->auth == NULL)
		return;
	subscriber->unchecked = subscriber->checking;
	if (subscriber->checking)
		return;
	subscriber->checking = true;
	auth_recheck(subscriber->options->auth, subscriber->identity, on_rechecked, subscriber);
}

/* ---- Beginning and end ---- */

/* Where the subscription says. */
static void begin_at(struct membership *membership, const struct subscription *subscription)
{
	const struct feed *feed = membership->feed;

	store_position_init(&membership->at, feed->shared->store, feed_group(feed));
	if (membership->at.all && subscription->all)
		*membership->at.all = *subscription->all;
	else if (membership->at.all && subscription->span)
		store_position_set(&membership->at, &subscription->span->from, 0);
	else if (subscription->span)
		membership->at.one = store_span_in(subscription->span, (int)feed->lane);
	else
		membership->at.one = subscription->since;
}

struct subscriber *subscriber_new(const struct subscriber_options *options, int fd,
				  const struct subscription *subscription)
{
	size_t count = subscription->group_count;
	struct subscriber *subscriber =
		mem_alloc(sizeof(*subscriber) + count * sizeof(struct membership));

	assert(count > 0 && count <= SUBSCRIBER_GROUPS_MAX && subscription->identity);
	subscriber->options = options;
	subscriber->identity = subscription->identity;
	subscriber->docs = subscription->docs;
	subscriber->meta = subscription->docs && subscription->meta;
	subscriber->is_counted = subscription->is_counted;
	subscriber->usage = subscription->usage;
	subscriber->encoding = subscription->docs ? subscription->encoding : ENCODING_JSON;
	subscriber->since = subscription->since;
	if (subscription->span) {
		subscriber->span = mem_alloc(sizeof(*subscriber->span));
		*subscriber->span = *subscription->span;
	}
	stream_init(&subscriber->stream, &options->stream, fd);
	subscriber->count = count;
	for (size_t i = 0; i < count; i++) {
		struct membership *membership = &subscriber->memberships[i];

		membership->subscriber = subscriber;
		membership->deliver = on_event;
		membership->fail = on_failed;
		membership->docs = subscriber->docs;
		membership->meta = subscriber->meta;
		membership->encoding = subscriber->encoding;
		feeds_join(options->feeds, membership, subscription->groups[i]);
		begin_at(membership, subscription);
	}
	return subscriber;
}

void subscriber_start(struct subscriber *subscriber, struct slice head)
{
	struct sse *first = sse_raw(head);

	counters_add(subscriber->options->stream.counters, METRIC_STREAMS_OPENED, 1);
	stream_wait(&subscriber->stream, false);
	stream_send(&subscriber->stream, first);
	sse_unref(first);
	for (size_t i = 0; i < subscriber->count; i++)
		subscriber_greet(subscriber, &subscriber->memberships[i]);
	subscriber_catch_up(subscriber);
}

void subscriber_free(struct subscriber *subscriber)
{
	assert(subscriber->stream.closed && subscriber_is_settled(subscriber));
	for (size_t i = 0; i < subscriber->count; i++) {
		feed_leave(&subscriber->memberships[i]);
		store_position_clear(&subscriber->memberships[i].at);
	}
	stream_clear(&subscriber->stream);
	identity_unref(subscriber->identity);
	free(subscriber->span);
	free(subscriber);
}
