/* Streams that move from one process to another. Called by worker/handoff, whose
 * messages these are. */
#include "worker/live/handoff_stream.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/docid.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- Out ---- */

static void pack_cursor(struct buf *out, const struct store_cursor *cursor)
{
	pack_u64(out, cursor->epoch);
	pack_u64(out, cursor->seq);
	pack_u64(out, cursor->start);
	pack_u64(out, cursor->bound);
	pack_u8(out, cursor->reset);
}

static void pack_identity(struct buf *out, const struct identity *identity)
{
	pack_bytes(out, slice_of(identity->id));
	pack_bytes(out, identity->user);
	pack_bytes(out, slice_make((const char *)identity->hash, sizeof(identity->hash)));
	pack_u64(out, (uint64_t)identity->expires);
	pack_u32(out, (uint32_t)identity->grant_count);
	for (size_t i = 0; i < identity->grant_count; i++) {
		pack_bytes(out, identity->grants[i].group);
		pack_u8(out, identity->grants[i].write);
	}
}

/* FORM_OPENED: the time follows, which earlier releases neither send nor expect. */
enum { FORM_TRANSIT = 1, FORM_META = 2, FORM_OPENED = 4 };

static void pack_places(struct buf *out, const struct store_places *places)
{
	pack_u64(out, places->epoch);
	pack_u8(out, (uint8_t)places->lanes);
	for (int lane = 0; lane < places->lanes; lane++)
		pack_u64(out, places->seqs[lane]);
}

/* Only of a stream in several lanes, and what was shown only if there is something:
 * earlier releases knew neither, and refuse what they do not know. */
static void pack_span(struct buf *out, const struct store_span *span)
{
	const struct store_places *from = &span->from;
	bool more = false;

	pack_places(out, from);
	for (int lane = 0; lane < from->lanes; lane++)
		more = more || span->shown[lane] > from->seqs[lane];
	for (int lane = 0; more && lane < from->lanes; lane++)
		pack_u64(out, span->shown[lane]);
}

static void pack_cursors(struct buf *out, const struct store_cursors *cursors)
{
	pack_places(out, &cursors->at);
	pack_u8(out, (uint8_t)cursors->lane);
	pack_u64(out, cursors->start);
	pack_u64(out, cursors->bound);
	pack_u8(out, cursors->reset);
}

/* A group that spans lanes has no name here: releases that do not know such groups
 * refuse it, and the client comes back. */
static void pack_membership(struct buf *out, const struct membership *membership)
{
	const struct slice group = feed_group(membership->feed);
	struct store_position at;

	store_position_init(&at, membership->feed->shared->store, group);
	if (membership->live)
		feed_position(membership->feed, membership->docs, &at);
	else
		store_position_copy(&at, &membership->at);
	pack_bytes(out, at.all ? slice_of("") : group);
	if (at.all)
		pack_cursors(out, at.all);
	else
		pack_cursor(out, &at.one);
	store_position_clear(&at);
}

void subscriber_pack(const struct subscriber *subscriber, struct buf *out)
{
	assert(subscriber->stream.backlog == 0);
	pack_identity(out, subscriber->identity);
	pack_u8(out, subscriber->docs);
	pack_u8(out, (uint8_t)((subscriber->encoding == ENCODING_TRANSIT ? FORM_TRANSIT : 0) |
			       (subscriber->meta ? FORM_META : 0) | FORM_OPENED));
	pack_u64(out, subscriber->opened);
	pack_cursor(out, &subscriber->since);
	pack_u32(out, (uint32_t)subscriber->count);
	for (size_t i = 0; i < subscriber->count; i++)
		pack_membership(out, &subscriber->memberships[i]);
	if (subscriber->span)
		pack_span(out, subscriber->span);
}

void streams_hand_off(struct streams *streams, on_stream_hand_off *on_hand_off, void *arg)
{
	struct subscriber *subscriber, *after;

	for (subscriber = streams_next(streams, NULL); subscriber; subscriber = after) {
		struct stream *stream = &subscriber->stream;
		enum rc rc;

		after = streams_next(streams, subscriber);
		if (stream->backlog || !subscriber_is_settled(subscriber) ||
		    stream_wait_stop(stream))
			continue;
		rc = on_hand_off(arg, subscriber, stream->fd);
		if (rc == RC_BUSY)
			return;
		stream_close(stream, rc == RC_OK ? "given" : "drain");
	}
}

/* ---- In ---- */

/* A stream whose message is being read. */
struct arrival {
	struct subscription subscription;
	struct slice groups[SUBSCRIBER_GROUPS_MAX]; /* point into the message */
	struct store_cursor places[SUBSCRIBER_GROUPS_MAX];
	struct store_cursors all; /* of the group that spans lanes */
	struct store_span since;  /* in several lanes */
};

static struct store_cursor unpack_cursor(struct unpack *in)
{
	struct store_cursor cursor;

	cursor.epoch = unpack_u64(in);
	cursor.seq = unpack_u64(in);
	cursor.start = unpack_u64(in);
	cursor.bound = unpack_u64(in);
	cursor.reset = unpack_u8(in) != 0;
	return cursor;
}

static enum rc unpack_places(struct unpack *in, struct store_places *places)
{
	places->epoch = unpack_u64(in);
	places->lanes = unpack_u8(in);
	if (places->lanes < 2 || places->lanes > STORE_LANES_MAX)
		return RC_MALFORMED;
	for (int lane = 0; lane < places->lanes; lane++)
		places->seqs[lane] = unpack_u64(in);
	return RC_OK;
}

static enum rc unpack_span(struct unpack *in, struct store_span *span)
{
	if (unpack_places(in, &span->from) != RC_OK)
		return RC_MALFORMED;
	if (in->rest.len)
		for (int lane = 0; lane < span->from.lanes; lane++)
			span->shown[lane] = unpack_u64(in);
	return RC_OK;
}

/* NULL: malformed. */
static struct identity *unpack_identity(struct unpack *in)
{
	struct store_grant grants[STORE_GRANTS_MAX];
	struct store_token token = { .grants = grants };
	struct slice hash;

	token.id = unpack_bytes(in);
	token.user = unpack_bytes(in);
	hash = unpack_bytes(in);
	token.expires = (int64_t)unpack_u64(in);
	token.grant_count = unpack_u32(in);
	if (in->bad || token.id.len > STORE_TOKEN_ID_LEN || hash.len != sizeof(token.hash) ||
	    token.grant_count > STORE_GRANTS_MAX)
		return NULL;
	memcpy(token.hash, hash.data, hash.len);
	for (size_t i = 0; i < token.grant_count; i++) {
		grants[i].group = unpack_bytes(in);
		grants[i].write = unpack_u8(in) != 0;
	}
	return in->bad ? NULL : identity_new(&token);
}

/* `lanes`: of the database. */
static enum rc unpack_cursors(struct unpack *in, int lanes, struct store_cursors *cursors)
{
	if (unpack_places(in, &cursors->at) != RC_OK || cursors->at.lanes != lanes)
		return RC_MALFORMED;
	cursors->lane = unpack_u8(in);
	cursors->start = unpack_u64(in);
	cursors->bound = unpack_u64(in);
	cursors->reset = unpack_u8(in) != 0;
	return cursors->lane < lanes ? RC_OK : RC_MALFORMED;
}

static enum rc read_membership(struct arrival *arrival, size_t i, int lanes, struct unpack *in)
{
	arrival->groups[i] = unpack_bytes(in);
	if (lanes > 1 && arrival->groups[i].len == 0) {
		arrival->groups[i] = slice_of("*");
		return unpack_cursors(in, lanes, &arrival->all);
	}
	arrival->places[i] = unpack_cursor(in);
	return group_is_valid(arrival->groups[i]) ? RC_OK : RC_MALFORMED;
}

static enum rc arrival_read(struct arrival *arrival, int lanes, struct unpack *in)
{
	struct subscription *subscription = &arrival->subscription;
	uint8_t form;

	subscription->identity = unpack_identity(in);
	if (subscription->identity == NULL)
		return RC_MALFORMED;
	subscription->docs = unpack_u8(in) != 0;
	form = unpack_u8(in);
	subscription->encoding = form & FORM_TRANSIT ? ENCODING_TRANSIT : ENCODING_JSON;
	subscription->meta = form & FORM_META;
	if (form & FORM_OPENED)
		subscription->opened = (int64_t)unpack_u64(in);
	subscription->since = unpack_cursor(in);
	subscription->group_count = unpack_u32(in);
	subscription->groups = arrival->groups;
	if (in->bad || subscription->group_count == 0 ||
	    subscription->group_count > SUBSCRIBER_GROUPS_MAX)
		return RC_MALFORMED;
	for (size_t i = 0; i < subscription->group_count; i++)
		if (read_membership(arrival, i, lanes, in) != RC_OK)
			return RC_MALFORMED;
	if (in->rest.len) {
		if (unpack_span(in, &arrival->since) != RC_OK)
			return RC_MALFORMED;
		subscription->span = &arrival->since;
	}
	return unpack_finish(in);
}

/* The identity of the stream in this process: if tokens are asked for here, a client
 * that came without one cannot stay. */
static enum rc arrival_admit(struct arrival *arrival, const struct streams_options *options)
{
	struct subscription *subscription = &arrival->subscription;

	if (options->auth == NULL) {
		identity_unref(subscription->identity);
		subscription->identity = identity_ref(options->anyone);
		return RC_OK;
	}
	return subscription->identity->id[0] ? RC_OK : RC_DENIED;
}

/* The predecessor had hints of commits that did not come here. */
static bool is_beyond(const struct membership *membership, const struct store_places *announced)
{
	const struct feed *feed = membership->feed;

	for (unsigned lane = feed->lane; feed_has_lane(feed, lane); lane++)
		if (store_position_seq(&membership->at, (int)lane) > announced->seqs[lane])
			return store_position_epoch(&membership->at) == announced->epoch;
	return false;
}

static void arrival_begin(const struct arrival *arrival, struct streams *streams, int fd)
{
	struct subscriber *subscriber = streams_add(streams, fd, &arrival->subscription);
	struct feeds *feeds = streams_get_options(streams)->feeds;
	const struct store_places *announced = feeds_announced(feeds);

	for (size_t i = 0; i < subscriber->count; i++) {
		struct membership *membership = &subscriber->memberships[i];

		membership->at.one = arrival->places[i];
		if (membership->at.all)
			*membership->at.all = arrival->all;
		if (is_beyond(membership, announced))
			feeds_refresh(feeds);
	}
	stream_wait(&subscriber->stream, false);
	subscriber_recheck(subscriber);
	subscriber_catch_up(subscriber);
}

void streams_receive(struct streams *streams, int fd, struct unpack *message)
{
	struct arrival arrival = { 0 };
	const int lanes = store_lanes(streams_get_options(streams)->store);
	enum rc rc = arrival_read(&arrival, lanes, message);

	assert(fd >= 0);
	if (rc == RC_OK)
		rc = arrival_admit(&arrival, streams_get_options(streams));
	if (rc == RC_OK) {
		arrival_begin(&arrival, streams, fd);
		return;
	}
	log_info("stream_not_taken", LOG_TEXT("reason", rc_name(rc)));
	identity_unref(arrival.subscription.identity);
	close(fd);
}
