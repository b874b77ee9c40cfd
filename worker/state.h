/* The parts of one worker process, for the files of this folder. Each part is made by
 * its own module. */
#ifndef WORKER_STATE_H
#define WORKER_STATE_H

#include "worker/folder_list.h"
#include "worker/http/cors.h"
#include "worker/worker.h"

struct auth;
struct deadlines;
struct feeds;
struct handoff;
struct hint_reader;
struct identity;
struct last_used;
struct page_cache;
struct writer_link;
struct store;
struct store_events;
struct streams;

/*   STARTING ─▶ SERVING ─▶ HANDING_OFF ─▶ DRAINING ─▶ ENDED
 *      │           └───────────────────────▲
 *      └───────────────────────────────────┘
 *
 * and from each to ENDED, if there is nothing to drain or the worker has failed.
 * worker.c makes these moves, in one function. */
enum worker_state {
	WORKER_STARTING,    /* the store has not given its head yet; accepts nothing */
	WORKER_SERVING,     /* it has reported to the master that it is ready */
	WORKER_HANDING_OFF, /* passes its sockets to the successor, which has the slot now */
	WORKER_DRAINING,    /* answers the requests in flight, for a limited time */
	WORKER_ENDED        /* the loop stops */
};

struct worker {
	const struct worker_inheritance *from;
	const struct worker_settings *settings;
	enum worker_state state;
	struct counters counters;
	struct access_log access_log;
	struct cors cors;
	struct request_options request_options;
	struct event_base *base;
	struct store *store;
	struct auth *auth;           /* NULL: authentication is off */
	struct last_used *last_used; /* NULL: the same */
	struct identity *anyone;     /* every client while it is off */
	struct conns *conns;
	struct deadlines *deadlines;
	struct writer_link *link;
	struct page_cache *page_cache;
	struct folder_list folder_list; /* of --www, as of the last call */
	struct feeds *feeds;
	struct streams *streams;
	struct hint_reader *hints;
	struct store_events *store_events;
	struct handoff *handoff;
};

static inline void worker_count(const struct worker *worker, enum metric metric, int64_t n)
{
	counters_add(&worker->counters, metric, n);
}

#endif
