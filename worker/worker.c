/* The worker process: makes its parts, runs the loop, follows the master's messages,
 * and ends in order. Called by master/spawn in a process of its own.
 *
 * How it ends. SIGTERM, or the master's end, drains: no new connections, streams close
 * (their clients resume elsewhere), requests in flight get their responses, for at most
 * DRAIN_MS. If a successor has taken the slot over, the worker hands its sockets off
 * first (handoff.h), for at most HANDOFF_MS, so that no client notices; the rest
 * then drains. */
#include "worker/worker.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "shm/ring.h"
#include "shm/wake.h"
#include "store/store.h"
#include "worker/confine.h"
#include "worker/handoff.h"
#include "worker/live/hint_reader.h"
#include "worker/parts.h"
#include "worker/store_events.h"
#include "worker/writer_link.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The master waits a little longer. */
#define DRAIN_MS 3000
#define HANDOFF_MS 3000

struct process {
	struct worker worker;
	struct event *wake, *channel, *term, *progress, *beat;
	uint64_t drain_until;
	uint64_t handoff_until;
	int status;
};

/* ---- State ---- */

static bool worker_may_move(enum worker_state from, enum worker_state to)
{
	switch (to) {
	case WORKER_SERVING:
		return from == WORKER_STARTING;
	case WORKER_HANDING_OFF:
		return from == WORKER_SERVING;
	case WORKER_DRAINING:
		return from < WORKER_DRAINING;
	case WORKER_ENDED:
		return from != WORKER_ENDED;
	default:
		return false;
	}
}

static void worker_move(struct worker *worker, enum worker_state to)
{
	assert(worker_may_move(worker->state, to));
	worker->state = to;
}

static void process_stop(struct process *process, int status)
{
	worker_move(&process->worker, WORKER_ENDED);
	process->status = status;
	event_base_loopbreak(process->worker.base);
}

/* ---- Draining ---- */

static const struct timeval progress_interval = { 0, 20000 };

static void process_drain(struct process *process)
{
	struct worker *worker = &process->worker;

	if (worker->state >= WORKER_DRAINING)
		return;
	worker_move(worker, WORKER_DRAINING);
	if (!worker->counters.superseded)
		scoreboard_set_state(worker->from->shm, worker->from->slot, SLOT_DRAINING);
	log_info("draining", LOG_NUMBER("connections", conns_count(worker->conns)),
		 LOG_NUMBER("streams", streams_count(worker->streams)));
	process->drain_until = clock_ms() + DRAIN_MS;
	streams_end(worker->streams);
	conns_drain(worker->conns);
	event_add(process->progress, &progress_interval);
}

static bool process_is_done(const struct process *process)
{
	const struct worker *worker = &process->worker;

	return conns_count(worker->conns) == 0 && writer_link_waiting(worker->link) == 0 &&
	       streams_count(worker->streams) == 0 && handoff_is_done(worker->handoff);
}

static void process_drain_on(struct process *process)
{
	const struct worker *worker = &process->worker;
	bool done = process_is_done(process), late = clock_ms() >= process->drain_until;

	if (!done && late)
		log_warn("drain_cut_short", LOG_NUMBER("connections", conns_count(worker->conns)),
			 LOG_NUMBER("pushes", writer_link_waiting(worker->link)));
	/* By now the connections that were in the queue have been accepted. */
	conns_stop(worker->conns);
	conns_drain(worker->conns);
	/* Some may have been opened by requests that were in flight. */
	streams_end(worker->streams);
	if (done || late)
		process_stop(process, EXIT_SUCCESS);
}

static void process_hand_off_on(struct process *process)
{
	if (process_is_done(process))
		process_stop(process, EXIT_SUCCESS);
	else if (handoff_state(process->worker.handoff) == HANDOFF_FAILED ||
		 clock_ms() >= process->handoff_until)
		process_drain(process);
}

static void on_progress(evutil_socket_t unused, short what, void *arg)
{
	struct process *process = arg;

	(void)unused;
	(void)what;
	if (process->worker.counters.superseded)
		hint_reader_poll(process->worker.hints);
	if (process->worker.state == WORKER_HANDING_OFF)
		process_hand_off_on(process);
	else
		process_drain_on(process);
}

/* ---- Handing off to a successor ---- */

/* The successor listens on the same sockets, and is woken for the slot from now on:
 * this process polls the ring. */
static void process_hand_off(struct process *process, int channel)
{
	struct worker *worker = &process->worker;

	if (worker->state != WORKER_SERVING) {
		close(channel);
		return;
	}
	worker_move(worker, WORKER_HANDING_OFF);
	worker->counters.superseded = true;
	log_info("handoff_begun", LOG_NUMBER("connections", conns_count(worker->conns)),
		 LOG_NUMBER("streams", streams_count(worker->streams)));
	process->handoff_until = clock_ms() + HANDOFF_MS;
	event_del(process->wake);
	event_del(process->beat);
	conns_stop(worker->conns);
	handoff_send_all(worker->handoff, channel);
	event_add(process->progress, &progress_interval);
}

static void on_term(evutil_socket_t unused, short what, void *arg)
{
	(void)unused;
	(void)what;
	process_drain(arg);
}

/* ---- Messages of the master ---- */

static void on_message(struct process *process, const struct channel_message *message)
{
	if (message->word == CHANNEL_LINK && message->fd >= 0)
		writer_link_attach(process->worker.link, message->fd);
	else if (message->word == CHANNEL_HANDOFF_SEND && message->fd >= 0)
		process_hand_off(process, message->fd);
	else if (message->word == CHANNEL_HANDOFF_RECEIVE && message->fd >= 0 &&
		 process->worker.state == WORKER_SERVING)
		handoff_receive(process->worker.handoff, message->fd);
	else if (message->fd >= 0)
		close(message->fd);
	else
		(void)channel_set_level(message->word);
}

static void on_channel(evutil_socket_t fd, short what, void *arg)
{
	struct process *process = arg;
	struct channel_message message;
	enum rc rc;

	(void)what;
	while ((rc = channel_receive(fd, &message)) == RC_OK)
		on_message(process, &message);
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
	/* Commits that do not wake this worker. */
	if (process->worker.state == WORKER_SERVING)
		hint_reader_beat(process->worker.hints);
}

static void on_wake(evutil_socket_t unused, short what, void *arg)
{
	struct process *process = arg;

	(void)unused;
	(void)what;
	hint_reader_wake(process->worker.hints);
}

/* ---- Beginning ---- */

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

static enum rc refuse_moved_logs(const struct shm *shm, const char *db, struct error *err)
{
	const uint64_t logs = shm_logs(shm);

	if (logs == 0 || store_has_logs(db, logs))
		return RC_OK;
	return error_set(err, RC_MOVED,
			 "the log or the wal-index of %.200s was removed or replaced; put it back, "
			 "or restart the server",
			 db);
}

void worker_use_replica(const char *url)
{
	store_use_replica(url, false);
}

/* All that can fail for a reason that the administrator must know. */
int worker_open(struct shm *shm, const char *db, struct store **out)
{
	struct error err;
	enum rc rc = refuse_moved_logs(shm, db, &err);

	if (rc == RC_OK)
		rc = store_open(db, STORE_READER, out, &err);
	if (rc == RC_OK &&
	    !(shm_serves(shm, store_identity(*out)) && shm_serves_logs(shm, store_logs(*out)))) {
		store_close(*out);
		rc = error_set(&err, RC_MOVED,
			       "%.200s is not the database that this server serves; put that one "
			       "back, or restart the server",
			       db);
	}
	if (rc == RC_OK) {
		ring_set_lanes(shm, (unsigned)store_lanes(*out));
		return EXIT_SUCCESS;
	}
	log_error("database_failed", LOG_TEXT("reason", err.text));
	return rc == RC_CORRUPT || rc == RC_NEWER ? EXIT_FATAL : EXIT_FAILURE;
}

static bool process_watch(struct process *process)
{
	static const struct timeval beat = { SCOREBOARD_BEAT_MS / 1000,
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
	return event_add(process->wake, NULL) == 0 && event_add(process->channel, NULL) == 0 &&
	       event_add(process->term, NULL) == 0 && event_add(process->beat, &beat) == 0;
}

/* The store answers: the worker can serve. The sandbox comes as late as this because a
 * store may open files, or connect, when it is first asked. */
static bool process_serve(struct process *process)
{
	static const struct timeval at_once = { 0, 0 };
	struct worker *worker = &process->worker;

	if (worker->from->sandbox ? worker_confine(worker->settings, store_needs(worker->store),
						   conns_prepare_to_receive, worker->conns) != RC_OK
				  : !conns_prepare_to_receive(worker->conns))
		return false;
	/* The first read of the ring arms the slot. */
	if (event_base_once(worker->base, -1, EV_TIMEOUT, on_wake, process, &at_once) < 0)
		return false;
	worker_move(worker, WORKER_SERVING);
	conns_start(worker->conns);
	scoreboard_set_state(worker->from->shm, worker->from->slot, SLOT_SERVING);
	return channel_send(worker->from->channel, CHANNEL_READY, -1) == RC_OK;
}

static void on_started(void *arg, enum rc rc)
{
	struct process *process = arg;

	if (process->worker.state != WORKER_STARTING)
		return; /* it began to drain meanwhile */
	if (rc != RC_OK)
		log_error("worker_failed_to_start", LOG_TEXT("reason", rc_name(rc)));
	if (rc != RC_OK || !process_serve(process))
		process_stop(process, EXIT_FAILURE);
}

static bool process_start(struct process *process)
{
	struct worker *worker = &process->worker;
	const char *failed = NULL;

	errno = 0;
	worker->base = base_new();
	if (worker->base)
		failed = parts_make(worker);
	else
		failed = "event loop";
	if (failed == NULL && !process_watch(process))
		failed = "events";
	if (failed) {
		log_error("worker_failed_to_start", LOG_TEXT("part", failed),
			  LOG_TEXT("reason", errno ? strerror(errno) : "not known"));
		return false;
	}
	feeds_start(worker->feeds, on_started, process);
	return true;
}

/* ---- The end ---- */

static void process_end(struct process *process)
{
	struct worker *worker = &process->worker;
	struct event *events[] = { process->wake, process->channel, process->term,
				   process->progress, process->beat };

	parts_free(worker);
	for (size_t i = 0; i < COUNT(events); i++)
		if (events[i])
			event_free(events[i]);
	if (worker->base)
		event_base_free(worker->base);
}

/* Large pages, files and bodies go back to the system when they are freed: malloc would
 * keep them in pieces between longer-lived blocks, and a worker would stay as large as
 * it has ever been. So do the first blocks of bodies (worker/http/body_reader.c): in
 * the place of those that were dropped there is no room for the longer blocks of
 * others. */
static void memory_tune(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 64 << 10);
	(void)mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

/* One turn at a time, as the store may wait for something else after each. */
static void process_loop(struct process *process)
{
	struct worker *worker = &process->worker;

	while (worker->state != WORKER_ENDED) {
		store_events_update(worker->store_events);
		if (event_base_loop(worker->base, EVLOOP_ONCE) != 0)
			return;
	}
}

int worker_run(const struct worker_inheritance *inheritance)
{
	struct process process = { .status = EXIT_FAILURE };

	assert(inheritance->store && inheritance->shm && inheritance->channel >= 0);
	process.worker.from = inheritance;
	process.worker.settings = inheritance->settings;
	process.worker.store = inheritance->store;
	signal(SIGPIPE, SIG_IGN);
	memory_tune();
	event_set_mem_functions(mem_block, mem_regrow, free);
	if (process_start(&process))
		process_loop(&process);
	process_end(&process);
	return process.status;
}
