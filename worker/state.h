/* The parts of one worker process, for the files of this folder. Each part is made by
 * its own module. */
#ifndef WORKER_STATE_H
#define WORKER_STATE_H

#include "worker/http/cors.h"
#include "worker/worker.h"

struct auth;
struct feeds;
struct identity;
struct page_cache;
struct writer_link;
struct store;
struct streams;

struct worker {
	const struct worker_inheritance *from;
	const struct worker_settings *settings;
	struct counters counters;
	struct access_log access_log;
	struct cors cors;
	struct request_options request_options;
	struct event_base *base;
	struct store *store;
	struct auth *auth;       /* NULL: authentication is off */
	struct identity *anyone; /* every client while it is off */
	struct conns *conns;
	struct writer_link *link;
	struct page_cache *page_cache;
	struct feeds *feeds;
	struct streams *streams;
	bool draining;
	bool leaving; /* a successor has taken the slot over, and is given all that is here */
};

static inline void worker_count(const struct worker *worker, enum metric metric, int64_t n)
{
	counters_add(&worker->counters, metric, n);
}

#endif
