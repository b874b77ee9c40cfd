#include "worker/live/handoff_stream.h"

#include "store/docid.h"
#include "base/log.h"
#include "base/mem.h"
#include "worker/live/feed.h"
#include "worker/live/stream_state.h"

#include <stdlib.h>
#include <unistd.h>

/* ----
 * Out ---------------------------------------------------------------------------------
 */

static void pack_cursor(struct buf *out, const struct store_cursor *cursor)
{
	pack_u64(out, cursor->epoch);
	pack_u64(out, cursor->seq);
	pack_u64(out, cursor->start);
	pack_u64(out, cursor->bound);
	pack_u8(out, cursor->reset);
}

static void pack_identity(struct buf *out, const struct identity *who)
{
	pack_bytes(out, slice_of(who->id));
	pack_bytes(out, who->user);
	pack_bytes(out, slice_make((const char *)who->hash, sizeof(who->hash)));
	pack_u64(out, (uint64_t)who->expires);
	pack_u32(out, (uint32_t)who->grant_count);
	for (size_t i = 0; i < who->grant_count; i++) {
		pack_bytes(out, who->grants[i].group);
		pack_u8(out, who->grants[i].write);
	}
}

void stream_pack(const struct stream *stream, struct buf *out)
{
	pack_identity(out, stream->who);
	pack_u8(out, stream->docs);
	pack_u8(out, stream->encoding == ENCODING_TRANSIT);
	pack_cursor(out, &stream->since);
	pack_u32(out, (uint32_t)stream->count);
	for (size_t i = 0; i < stream->count; i++) {
		const struct membership *membership = &stream->groups[i];
		struct store_cursor place = membership->at;

		if (membership->live)
			place = feed_place(stream->streams->worker->feeds, membership->feed,
					   stream->docs);
		pack_bytes(out, feed_group(membership->feed));
		pack_cursor(out, &place);
	}
}

static bool stream_is_ready(const struct stream *stream)
{
	return stream->backlog == 0 && !stream->reading && !stream->checking;
}

void streams_give(struct streams *streams, on_stream_leaves *leaves, void *arg)
{
	struct stream *stream, *after;

	for (stream = TAILQ_FIRST(&streams->all); stream; stream = after) {
		enum rc rc;

		after = TAILQ_NEXT(stream, next);
		if (!stream_is_ready(stream))
			continue;
		if (event_pending(stream->event, EV_READ | EV_WRITE, NULL)) {
			event_del(stream->event);
			continue;
		}
		rc = leaves(arg, stream, stream->fd);
		if (rc == RC_BUSY)
			return;
		stream_close(stream, rc == RC_OK ? "given" : "drain");
	}
}

/* ----
 * In ----------------------------------------------------------------------------------
 */

#define GROUPS_MAX 64

struct adoption {
	struct identity *who;
	struct stream_options options;
	struct slice groups[GROUPS_MAX]; /* point into the message */
	struct store_cursor places[GROUPS_MAX];
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

static enum rc adoption_read(struct adoption *adoption, struct unpack *in)
{
	struct stream_options *options = &adoption->options;

	adoption->who = unpack_identity(in);
	if (adoption->who == NULL)
		return RC_MALFORMED;
	options->docs = unpack_u8(in) != 0;
	options->encoding = unpack_u8(in) ? ENCODING_TRANSIT : ENCODING_JSON;
	options->since = unpack_cursor(in);
	options->group_count = unpack_u32(in);
	options->groups = adoption->groups;
	if (in->bad || options->group_count == 0 || options->group_count > GROUPS_MAX)
		return RC_MALFORMED;
	for (size_t i = 0; i < options->group_count; i++) {
		adoption->groups[i] = unpack_bytes(in);
		adoption->places[i] = unpack_cursor(in);
		if (!group_is_valid(adoption->groups[i]))
			return RC_MALFORMED;
	}
	return unpack_finish(in);
}

/* Whom the stream belongs to here: who came without a token has no place where one is
 * asked for. */
static enum rc adoption_admit(struct adoption *adoption, struct worker *worker)
{
	if (worker->auth == NULL) {
		identity_unref(adoption->who);
		adoption->who = identity_ref(worker->anyone);
	}
	adoption->options.who = adoption->who;
	return adoption->who->id[0] || worker->auth == NULL ? RC_OK : RC_DENIED;
}

static void adoption_begin(const struct adoption *adoption, struct streams *streams, int fd)
{
	struct stream *stream = stream_new(streams, fd, &adoption->options);
	struct feeds *feeds = streams->worker->feeds;

	for (size_t i = 0; i < stream->count; i++) {
		stream->groups[i].at = adoption->places[i];
		/* The predecessor heard of commits that were never told of here. */
		if (adoption->places[i].epoch == feeds_known(feeds).epoch &&
		    adoption->places[i].seq > feeds_known(feeds).seq)
			feeds_ask_all(feeds);
	}
	stream_wait(stream, false);
	stream_recheck(stream);
	if (!stream->closed)
		stream_catch_up(stream);
}

void stream_inherit(struct streams *streams, int fd, struct unpack *message)
{
	struct adoption adoption = { 0 };
	enum rc rc = adoption_read(&adoption, message);

	if (rc == RC_OK)
		rc = adoption_admit(&adoption, streams->worker);
	if (rc == RC_OK) {
		adoption_begin(&adoption, streams, fd);
		return;
	}
	log_info("stream_not_taken", LOG_TEXT("reason", rc_name(rc)));
	identity_unref(adoption.who);
	close(fd);
}
