#include "worker/worker.h"

#include "auth/auth.h"
#include "ipc/channel.h"
#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"
#include "shm/scoreboard.h"
#include "shm/wake.h"
#include "store/store.h"
#include "worker/confine.h"
#include "worker/dispatch.h"
#include "worker/state.h"
#include "worker/live/feed.h"
#include "worker/handoff.h"
#include "worker/page_cache.h"
#include "worker/http/lingering_close.h"
#include "worker/writer_link.h"
#include "worker/live/stream.h"

#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* What is in flight when the worker is told to stop has this long; the master waits a
 * little longer. */
#define DRAIN_MS 3000
/* To give all to a successor; what is left then is ended as in a drain. */
#define GIVE_MS 3000

struct process {
	struct worker worker;
	struct event *wake, *channel, *term, *progress, *beat;
	struct handoff *handoff;
	uint64_t drain_until;
	uint64_t give_until;
	int status;
};

/* ----
 * Draining ----------------------------------------------------------------------------
 */

static void process_drain(struct process *process);

static void process_progress_of_giving(struct process *process, bool done)
{
	if (done)
		event_base_loopbreak(process->worker.base);
	else if (handoff_state(process->handoff) == HANDOFF_LOST ||
		 clock_ms() >= process->give_until)
		process_drain(process);
}

static void on_progress(evutil_socket_t unused, short what, void *arg)
{
	struct process *process = arg;
	struct worker *worker = &process->worker;
	bool done = conns_count(worker->conns) == 0 && writer_link_waiting(worker->link) == 0 &&
		    streams_count(worker->streams) == 0 && handoff_is_done(process->handoff);

	(void)unused;
	(void)what;
	if (worker->leaving)
		feeds_look(worker->feeds);
	if (!worker->draining) {
		process_progress_of_giving(process, done);
		return;
	}
	if (!done && clock_ms() >= process->drain_until)
		log_warn("drain_cut_short", LOG_NUMBER("connections", conns_count(worker->conns)),
			 LOG_NUMBER("pushes", writer_link_waiting(worker->link)));
	if (done || clock_ms() >= process->drain_until)
		event_base_loopbreak(worker->base);
	/* By now the connections that were in the queue have been accepted. */
	conns_stop(worker->conns);
	conns_drain(worker->conns);
}

static const struct timeval often = { 0, 20000 };

static void process_drain(struct process *process)
{
	struct worker *worker = &process->worker;

	if (worker->draining)
		return;
	worker->draining = true;
	/* The slot of one that leaves is its successor's. */
	if (!worker->leaving)
		scoreboard_set_state(worker->from->shm, worker->from->slot, SLOT_DRAINING);
	log_info("draining", LOG_NUMBER("connections", conns_count(worker->conns)),
		 LOG_NUMBER("streams", streams_count(worker->streams)));
	process->drain_until = clock_ms() + DRAIN_MS;
	streams_end(worker->streams);
	conns_drain(worker->conns);
	event_add(process->progress, &often);
}

/* ---- Giving all to a
 * successor ------------------------------------------------------------------------ */

/* It listens on the same sockets, and is woken for the slot from now on: this process
 * looks by itself. */
static void process_give(struct process *process, int channel)
{
	struct worker *worker = &process->worker;

	if (worker->draining || worker->leaving) {
		close(channel);
		return;
	}
	worker->leaving = true;
	worker->counters.superseded = true;
	log_info("giving", LOG_NUMBER("connections", conns_count(worker->conns)),
		 LOG_NUMBER("streams", streams_count(worker->streams)));
	process->give_until = clock_ms() + GIVE_MS;
	event_del(process->wake);
	event_del(process->beat);
	conns_stop(worker->conns);
	handoff_send_all(process->handoff, channel);
	event_add(process->progress, &often);
}

static void on_term(evutil_socket_t unused, short what, void *arg)
{
	(void)unused;
	(void)what;
	process_drain(arg);
}

/* ---- The master's
 * words -------------------------------------------------------------------------------
 */

static void on_channel(evutil_socket_t fd, short what, void *arg)
{
	struct process *process = arg;
	struct channel_message message;
	enum rc rc;

	(void)what;
	while ((rc = channel_receive(fd, &message)) == RC_OK) {
		if (message.word == CHANNEL_LINK && message.fd >= 0)
			writer_link_attach(process->worker.link, message.fd);
		else if (message.word == CHANNEL_GIVE && message.fd >= 0)
			process_give(process, message.fd);
		else if (message.word == CHANNEL_TAKE && message.fd >= 0)
			handoff_receive(process->handoff, message.fd);
		else if (message.fd >= 0)
			close(message.fd);
		else
			(void)channel_set_level(message.word);
	}
	if (rc == RC_BUSY)
		return;
	log_warn("master_gone");
	event_del(process->channel);
	process_drain(process);
}

static void on_beat(evutil_socket_t unused, short what, void *arg)
{
	const struct process *process = arg;

	(void)unused;
	(void)what;
	scoreboard_beat(process->worker.from->shm, process->worker.from->slot);
}

static void on_wake(evutil_socket_t unused, short what, void *arg)
{
	struct process *process = arg;

	(void)unused;
	(void)what;
	feeds_wake(process->worker.feeds);
}

/* ---- Beginning and
 * end ---------------------------------------------------------------------------------
 */

static struct event_base *base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config) {
		event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
		event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
		base = event_base_new_with_config(config);
		event_config_free(config);
	}
	return base;
}

/* Everything that can fail for a reason that the administrator must hear. */
int worker_open(const char *db, struct store **out)
{
	struct error err;
	enum rc rc = store_open(db, STORE_READER, out, &err);

	if (rc == RC_OK)
		return EXIT_SUCCESS;
	log_error("database_failed", LOG_TEXT("reason", err.text));
	return rc == RC_CORRUPT || rc == RC_NEWER ? EXIT_FATAL : EXIT_FAILURE;
}

static struct conns *worker_open_conns(struct worker *worker)
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
		.arg = worker,
	};

	return conns_open(&options);
}

static bool process_make_parts(struct process *process)
{
	struct worker *worker = &process->worker;

	worker->counters =
		(struct counters){ .shm = worker->from->shm, .slot = worker->from->slot };
	worker->access_log = (struct access_log){ &worker->counters, worker->settings->access_log };
	worker->cors = (struct cors){ worker->settings->cors, worker->settings->cors_count };
	dispatch_options(&worker->request_options, worker);
	worker->anyone = identity_anyone();
	worker->auth = worker->settings->auth
			       ? auth_new(worker->store, worker->settings->max_auth_failures)
			       : NULL;
	worker->link = writer_link_new(worker);
	worker->streams = streams_new(worker);
	worker->feeds = feeds_new(worker);
	worker->page_cache = page_cache_new();
	worker->conns = worker_open_conns(worker);
	process->handoff = handoff_new(worker);
	return process->handoff && worker->streams && worker->conns &&
	       feeds_known(worker->feeds).epoch != 0;
}

static bool process_watch(struct process *process)
{
	static const struct timeval at_once = { 0, 0 }, beat = { SCOREBOARD_BEAT_MS / 1000,
								 SCOREBOARD_BEAT_MS % 1000 * 1000 };
	struct worker *worker = &process->worker;
	const struct worker_inheritance *from = worker->from;

	process->wake = event_new(worker->base, wake_fd(from->shm, from->slot),
				  EV_READ | EV_PERSIST, on_wake, process);
	process->channel =
		event_new(worker->base, from->channel, EV_READ | EV_PERSIST, on_channel, process);
	process->term = evsignal_new(worker->base, SIGTERM, on_term, process);
	process->progress = event_new(worker->base, -1, EV_PERSIST, on_progress, process);
	process->beat = event_new(worker->base, -1, EV_PERSIST, on_beat, process);
	if (!process->wake || !process->channel || !process->term || !process->progress ||
	    !process->beat)
		return false;
	/* The first look arms the slot. */
	return event_add(process->wake, NULL) == 0 && event_add(process->channel, NULL) == 0 &&
	       event_add(process->term, NULL) == 0 && event_add(process->beat, &beat) == 0 &&
	       event_base_once(worker->base, -1, EV_TIMEOUT, on_wake, process, &at_once) == 0;
}

static bool process_start(struct process *process)
{
	struct worker *worker = &process->worker;

	worker->base = base_new();
	if (worker->base == NULL || !process_make_parts(process) || !process_watch(process)) {
		log_error("worker_failed_to_start");
		return false;
	}
	if (worker->from->sandbox && worker_confine(worker->settings) != RC_OK)
		return false;
	conns_start(worker->conns);
	scoreboard_set_state(worker->from->shm, worker->from->slot, SLOT_SERVING);
	return channel_send(worker->from->channel, CHANNEL_READY, -1) == RC_OK;
}

static void process_end(struct process *process)
{
	struct worker *worker = &process->worker;
	struct event *events[] = { process->wake, process->channel, process->term,
				   process->progress, process->beat };

	writer_link_free(worker->link);
	conns_close(worker->conns);
	lingering_close_end_all();
	handoff_free(process->handoff);
	streams_free(worker->streams);
	feeds_free(worker->feeds);
	page_cache_free(worker->page_cache);
	auth_free(worker->auth);
	identity_unref(worker->anyone);
	store_close(worker->store);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	if (worker->base)
		event_base_free(worker->base);
}

/* Large pages, files and bodies go back to the system when they are done with: kept by
 * malloc they would lie in pieces between what lives longer, and a worker would stay as
 * large as it has ever been. */
static void memory_tune(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 256 << 10);
	(void)mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

int worker_run(const struct worker_inheritance *inheritance)
{
	struct process process = { .status = EXIT_FAILURE };

	process.worker.from = inheritance;
	process.worker.settings = inheritance->settings;
	process.worker.store = inheritance->store;
	signal(SIGPIPE, SIG_IGN);
	memory_tune();
	event_set_mem_functions(mem_block, mem_regrow, free);
	if (process_start(&process)) {
		event_base_dispatch(process.worker.base);
		process.status = EXIT_SUCCESS;
	}
	process_end(&process);
	return process.status;
}
