/* Makes and frees the parts of a worker in their order. Called by worker/worker. */
#include "worker/parts.h"

#include "auth/auth.h"
#include "shm/generation.h"
#include "store/store.h"
#include "worker/deadline.h"
#include "worker/dispatch.h"
#include "worker/handoff.h"
#include "worker/http/lingering_close.h"
#include "worker/head_check.h"
#include "worker/last_used.h"
#include "worker/live/hint_reader.h"
#include "worker/page_cache.h"
#include "worker/store_events.h"
#include "worker/writer_link.h"

#include <assert.h>

static struct conns *open_conns(struct worker *worker)
{
	const struct worker_settings *settings = worker->settings;
	const struct conns_options options = {
		.base = worker->base,
		.counters = &worker->counters,
		.listeners = worker->from->listeners,
		.listener_count = worker->from->listener_count,
		.metrics = worker->from->metrics,
		.max_connections = settings->max_connections,
		.max_body = settings->max_body,
		.max_in_flight = settings->max_in_flight,
		.header_timeout = settings->header_timeout,
		.body_timeout = settings->body_timeout,
		.idle_timeout = settings->idle_timeout,
		.on_request = dispatch_request,
		.on_refused = dispatch_refused,
		.on_head = head_check,
		.arg = worker,
	};

	return conns_open(&options);
}

static struct streams *open_streams(const struct worker *worker)
{
	const struct streams_options options = {
		.base = worker->base,
		.counters = &worker->counters,
		.store = worker->store,
		.feeds = worker->feeds,
		.auth = worker->auth,
		.anyone = worker->anyone,
		.quota = &worker->settings->quota,
		.backlog_max = worker->settings->stream_backlog,
		.ping_interval = worker->settings->ping_interval,
	};

	return worker->feeds ? streams_new(&options) : NULL;
}

static void set_options(struct worker *worker)
{
	const struct worker_settings *settings = worker->settings;

	worker->counters =
		(struct counters){ .shm = worker->from->shm, .slot = worker->from->slot };
	worker->access_log = (struct access_log){ &worker->counters, settings->access_log };
	worker->cors = (struct cors){ settings->cors, settings->cors_count };
	dispatch_options(&worker->request_options, worker);
}

static uint64_t token_generation(const void *shm)
{
	return generation_tokens_read(shm);
}

static bool make_timers(struct worker *worker)
{
	worker->deadlines = deadlines_new(worker);
	if (worker->auth)
		worker->last_used = last_used_new(worker);
	return worker->deadlines && (worker->last_used || worker->auth == NULL);
}

const char *parts_make(struct worker *worker)
{
	assert(worker->base && worker->store);
	set_options(worker);
	worker->anyone = identity_anyone();
	worker->auth = worker->settings->auth
			       ? auth_new(worker->store, worker->settings->max_auth_failures,
					  token_generation, worker->from->shm)
			       : NULL;
	if (worker->settings->auth && worker->auth == NULL)
		return "random numbers";
	if (worker->settings->auth_header)
		auth_accept_proxied(worker->auth);
	if (worker->settings->verifier)
		auth_accept_signed(worker->auth, worker->settings->verifier);
	worker->page_cache = page_cache_new();
	worker->link = writer_link_new(worker);
	worker->feeds =
		feeds_new(worker->base, worker->store, &worker->counters, worker->from->follower);
	worker->streams = open_streams(worker);
	if (worker->streams == NULL)
		return "streams";
	if (!make_timers(worker))
		return "timers";
	worker->conns = open_conns(worker);
	if (worker->conns == NULL)
		return "connections";
	worker->store_events = store_events_new(worker->base, worker->store);
	if (worker->store_events == NULL)
		return "store events";
	worker->handoff = handoff_new(worker);
	if (worker->handoff == NULL)
		return "handoff";
	worker->hints = hint_reader_new(&worker->counters, worker->feeds, worker->streams);
	return NULL;
}

void parts_free(struct worker *worker)
{
	store_cancel(worker->store);
	writer_link_free(worker->link);
	conns_close(worker->conns);
	lingering_close_end_all();
	handoff_free(worker->handoff);
	hint_reader_free(worker->hints);
	last_used_free(worker->last_used);
	streams_free(worker->streams);
	feeds_free(worker->feeds);
	deadlines_free(worker->deadlines);
	page_cache_free(worker->page_cache);
	folder_list_free(&worker->folder_list);
	auth_free(worker->auth);
	identity_unref(worker->anyone);
	store_events_free(worker->store_events);
	store_close(worker->store);
}
