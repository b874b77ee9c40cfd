/* Collects the ids of tokens that are in use, for a second, and hands them to the
 * writer. Called by auth/auth. Open streams count as a use: their tokens are looked up
 * from time to time.
 *
 * What cannot be handed over is dropped: the next lookup notices it again. */
#include "worker/last_used.h"

#include "auth/auth.h"
#include "base/mem.h"
#include "worker/live/streams.h"
#include "worker/writer_link.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_SECONDS 1
#define STREAMS_SECONDS (STORE_USED_SECONDS / 2)

struct last_used {
	struct worker *worker;
	struct event *flush;
	struct event *streams;
	char ids[STORE_USED_MAX][STORE_TOKEN_ID_LEN];
	size_t count;
};

static void on_reply(void *arg, enum rc rc, const struct store_reply *reply)
{
	(void)arg;
	(void)rc;
	(void)reply;
}

static void flush(struct last_used *last_used)
{
	struct slice ids[STORE_USED_MAX];
	const struct store_request request = { .kind = STORE_TOKEN_USED,
					       .used = ids,
					       .used_count = last_used->count };
	enum rc rc = RC_OK;

	for (size_t i = 0; i < last_used->count; i++)
		ids[i] = slice_make(last_used->ids[i], STORE_TOKEN_ID_LEN);
	if (last_used->count)
		rc = writer_link_commit(last_used->worker->link, 0, &request, on_reply, NULL);
	(void)rc;
	last_used->count = 0;
}

static bool is_noted(const struct last_used *last_used, struct slice id)
{
	for (size_t i = 0; i < last_used->count; i++)
		if (memcmp(last_used->ids[i], id.data, STORE_TOKEN_ID_LEN) == 0)
			return true;
	return false;
}

static void on_used(void *arg, struct slice id)
{
	static const struct timeval wait = { FLUSH_SECONDS, 0 };
	struct last_used *last_used = arg;

	if (id.len != STORE_TOKEN_ID_LEN || is_noted(last_used, id))
		return;
	memcpy(last_used->ids[last_used->count++], id.data, STORE_TOKEN_ID_LEN);
	if (last_used->count == STORE_USED_MAX)
		flush(last_used);
	else if (!event_pending(last_used->flush, EV_TIMEOUT, NULL))
		event_add(last_used->flush, &wait);
}

static void on_flush(evutil_socket_t unused, short what, void *arg)
{
	(void)unused;
	(void)what;
	flush(arg);
}

static void on_streams(evutil_socket_t unused, short what, void *arg)
{
	struct last_used *last_used = arg;

	(void)unused;
	(void)what;
	streams_recheck_all(last_used->worker->streams);
}

struct last_used *last_used_new(struct worker *worker)
{
	static const struct timeval interval = { STREAMS_SECONDS, 0 };
	struct last_used *last_used = mem_alloc(sizeof(*last_used));

	last_used->worker = worker;
	last_used->flush = event_new(worker->base, -1, 0, on_flush, last_used);
	last_used->streams = event_new(worker->base, -1, EV_PERSIST, on_streams, last_used);
	if (last_used->flush == NULL || last_used->streams == NULL ||
	    event_add(last_used->streams, &interval) < 0) {
		last_used_free(last_used);
		return NULL;
	}
	auth_watch_use(worker->auth, on_used, last_used);
	return last_used;
}

void last_used_free(struct last_used *last_used)
{
	if (last_used == NULL)
		return;
	auth_watch_use(last_used->worker->auth, NULL, NULL);
	if (last_used->flush)
		event_free(last_used->flush);
	if (last_used->streams)
		event_free(last_used->streams);
	free(last_used);
}
