#include "base/fault.h"
#include "worker/live/feed.h"
#include "worker/page.h"
#include "worker/live/stream_state.h"

#include <assert.h>

/* A page of a stream that catches up: what is read ahead of a slow reader. */
#define CATCH_UP_LIMIT 1000
#define CATCH_UP_BYTES ((size_t)256 << 10)

static struct membership *stream_behind(struct stream *stream)
{
	for (size_t i = 0; i < stream->count; i++)
		if (!stream->groups[i].live)
			return &stream->groups[i];
	return NULL;
}

/* An answer has come that the stream waited for. False: it was closed meanwhile, or is
 * now. */
static bool stream_has_answer(struct stream *stream, enum rc rc)
{
	stream->reading = false;
	if (stream->closed)
		streams_reap(stream->streams);
	else if (rc != RC_OK)
		stream_close(stream, rc_name(rc));
	return !stream->closed;
}

/* Goes on in a later turn, when the socket has taken all there is. */
static void stream_go_on(struct stream *stream)
{
	if (!stream->closed && stream_behind(stream) && stream->backlog == 0)
		stream_wait(stream, true);
}

static void on_catch_up_page(void *arg, enum rc rc, const struct store_page *page)
{
	struct stream *stream = arg;
	struct membership *membership = stream_behind(stream);
	struct buf data = BUF_EMPTY;

	if (!stream_has_answer(stream, rc))
		return;
	assert(membership); /* the one that asked is not live before it is answered */
	FAULT("catch_up_page");
	membership->at = page->next;
	if (!page->more)
		feed_go_live(membership, page->next.seq);
	if (page->count || page->reset) {
		if (page_put(&data, stream->encoding, feed_group(membership->feed), page) == RC_OK)
			stream_send_new(stream, "change", &page->next, buf_slice(&data));
		else
			stream_close(stream, "value_corrupt");
		buf_free(&data);
	}
	stream_go_on(stream);
}

/* Has the group changed since the place where the stream began? */
static void on_catch_up_latest(void *arg, enum rc rc, const struct store_cursor *latest)
{
	struct stream *stream = arg;
	struct membership *membership = stream_behind(stream);
	struct store_cursor at, now;
	struct buf data = BUF_EMPTY;

	if (!stream_has_answer(stream, rc))
		return;
	assert(membership);
	at = membership->at;
	membership->live = true;
	now = feeds_known(stream->streams->worker->feeds);
	if (latest->seq > now.seq)
		now.seq = latest->seq;
	if (at.epoch != now.epoch || at.bound || at.seq > now.seq || latest->seq > at.seq) {
		page_put_hint(&data, stream->encoding, feed_group(membership->feed), &now);
		stream_send_new(stream, "change", &now, buf_slice(&data));
		buf_free(&data);
	}
	stream_go_on(stream);
}

void stream_catch_up(struct stream *stream)
{
	struct membership *membership = stream_behind(stream);
	struct store *store = stream->streams->worker->store;
	struct store_query query = { .limit = CATCH_UP_LIMIT, .max_bytes = CATCH_UP_BYTES };

	if (membership == NULL || stream->reading || stream->closed || stream->backlog)
		return;
	stream->reading = true;
	query.group = feed_group(membership->feed);
	query.since = membership->at;
	if (stream->docs)
		store_changes(store, &query, on_catch_up_page, stream);
	else
		store_latest(store, query.group, on_catch_up_latest, stream);
}
