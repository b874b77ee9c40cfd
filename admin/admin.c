/* The process of the admin page: makes its parts, runs the loop, and ends in order.
 * Called by master/admin_child in a process of its own. */
#include "admin/admin.h"

#include "admin/confine.h"
#include "admin/dispatch.h"
#include "admin/state.h"
#include "admin/writer_client.h"
#include "auth/auth.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "shm/generation.h"
#include "shm/shm.h"
#include "worker/http/lingering_close.h"
#include "worker/store_events.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRAIN_MS 3000
#define MAX_CONNECTIONS 64
#define MAX_BODY ((size_t)8 << 20)
#define MAX_IN_FLIGHT ((size_t)64 << 20)

struct process {
	struct admin admin;
	struct event *channel, *term, *progress;
	uint64_t drain_until;
	int status;
};

/* ---- The end ---- */

static void process_stop(struct process *process, int status)
{
	process->admin.state = ADMIN_ENDED;
	process->status = status;
	event_base_loopbreak(process->admin.base);
}

static void process_drain(struct process *process)
{
	static const struct timeval interval = { 0, 20000 };
	struct admin *admin = &process->admin;

	if (admin->state >= ADMIN_DRAINING)
		return;
	admin->state = ADMIN_DRAINING;
	process->drain_until = clock_ms() + DRAIN_MS;
	conns_stop(admin->conns);
	conns_drain(admin->conns);
	event_add(process->progress, &interval);
}

static void on_progress(evutil_socket_t unused, short what, void *arg)
{
	struct process *process = arg;

	(void)unused;
	(void)what;
	conns_drain(process->admin.conns);
	if (conns_count(process->admin.conns) == 0 || clock_ms() >= process->drain_until)
		process_stop(process, EXIT_SUCCESS);
}

static void on_term(evutil_socket_t unused, short what, void *arg)
{
	(void)unused;
	(void)what;
	process_drain(arg);
}

/* ---- Messages of the master ---- */

static void on_channel(evutil_socket_t fd, short what, void *arg)
{
	struct process *process = arg;
	struct channel_message message;
	enum rc rc;

	(void)what;
	while ((rc = channel_receive(fd, &message)) == RC_OK) {
		if (message.word == CHANNEL_LINK && message.fd >= 0)
			writer_client_attach(process->admin.writer, message.fd);
		else if (message.fd >= 0)
			(void)close(message.fd);
		else
			(void)channel_set_level(message.word);
	}
	if (rc == RC_BUSY)
		return;
	event_del(process->channel);
	process_drain(process);
}

/* ---- Beginning ---- */

/* Two handles: one answers from the loop, while a job reads by the other. */
static int open_stores(struct admin *admin)
{
	const char *db = admin->settings->db;
	int status = worker_open(admin->from->shm, db, &admin->store);

	if (status == EXIT_SUCCESS)
		status = worker_open(admin->from->shm, db, &admin->reader);
	return status;
}

static int open_folder(const struct db_place *place)
{
	char real[PATH_MAX];

	if (place->path == NULL || realpath(place->path, real) == NULL)
		return -1;
	return open(dirname(real), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static uint64_t token_generation(const void *shm)
{
	return generation_tokens_read(shm);
}

static struct conns *open_conns(struct admin *admin)
{
	const struct worker_settings *settings = admin->settings;
	const struct conns_options options = {
		.base = admin->base,
		.counters = &admin->counters,
		.listeners = &admin->from->listener,
		.listener_count = 1,
		.max_connections = MAX_CONNECTIONS,
		.max_body = MAX_BODY,
		.max_in_flight = MAX_IN_FLIGHT,
		.header_timeout = settings->header_timeout,
		.body_timeout = settings->body_timeout,
		.idle_timeout = settings->idle_timeout,
		.on_request = dispatch_admin_request,
		.on_refused = dispatch_admin_refused,
		.arg = admin,
	};

	return conns_open(&options);
}

static void set_options(struct admin *admin)
{
	struct error err;

	admin->counters = (struct counters){ .shm = admin->own };
	admin->access_log = (struct access_log){ &admin->counters, admin->settings->access_log };
	dispatch_admin_options(&admin->request_options, admin);
	admin->folder = open_folder(admin->from->place);
	if (audit_file_open(admin->from->place, &admin->audit, &err) != RC_OK)
		log_error("audit_failed", LOG_TEXT("reason", err.text));
}

/* Returns what could not be made, or NULL. */
static const char *make_parts(struct admin *admin)
{
	if (shm_new(1, &admin->own) != RC_OK)
		return "memory";
	set_options(admin);
	admin->base = event_base_new();
	if (admin->base == NULL)
		return "event loop";
	if (!admin->from->is_unix)
		admin->auth = auth_new(admin->store, admin->settings->max_auth_failures,
				       token_generation, admin->from->shm);
	if (!admin->from->is_unix && admin->auth == NULL)
		return "random numbers";
	admin->writer = writer_client_new(admin->base, admin->from->channel);
	admin->conns = open_conns(admin);
	admin->store_events = store_events_new(admin->base, admin->store);
	if (!admin->writer || !admin->conns || !admin->store_events)
		return "connections";
	return NULL;
}

static bool process_watch(struct process *process)
{
	struct admin *admin = &process->admin;

	process->channel = event_new(admin->base, admin->from->channel, EV_READ | EV_PERSIST,
				     on_channel, process);
	process->term = evsignal_new(admin->base, SIGTERM, on_term, process);
	process->progress = event_new(admin->base, -1, EV_PERSIST, on_progress, process);
	return process->channel && process->term && process->progress &&
	       event_add(process->channel, NULL) == 0 && event_add(process->term, NULL) == 0;
}

static bool process_start(struct process *process)
{
	struct admin *admin = &process->admin;
	const char *failed;

	errno = 0;
	failed = make_parts(admin);
	if (failed == NULL && !process_watch(process))
		failed = "events";
	if (failed) {
		log_error("admin_failed_to_start", LOG_TEXT("part", failed),
			  LOG_TEXT("reason", errno ? strerror(errno) : "not known"));
		return false;
	}
	if (admin->from->sandbox && admin_confine(admin) != RC_OK)
		return false;
	conns_start(admin->conns);
	return channel_send(admin->from->channel, CHANNEL_READY, -1) == RC_OK;
}

/* ---- The whole ---- */

static void process_loop(struct process *process)
{
	struct admin *admin = &process->admin;

	while (admin->state != ADMIN_ENDED) {
		store_events_update(admin->store_events);
		if (event_base_loop(admin->base, EVLOOP_ONCE) != 0)
			return;
		jobs_run(admin);
	}
}

static void process_end(struct process *process)
{
	struct admin *admin = &process->admin;
	struct event *events[] = { process->channel, process->term, process->progress };

	if (admin->store)
		store_cancel(admin->store);
	writer_client_free(admin->writer);
	jobs_run(admin);
	conns_close(admin->conns);
	lingering_close_end_all();
	auth_free(admin->auth);
	store_events_free(admin->store_events);
	store_close(admin->store);
	store_close(admin->reader);
	audit_file_close(&admin->audit);
	if (admin->folder >= 0)
		(void)close(admin->folder);
	for (size_t i = 0; i < COUNT(events); i++)
		if (events[i])
			event_free(events[i]);
	if (admin->base)
		event_base_free(admin->base);
	shm_free(admin->own);
}

int admin_run(const struct admin_inheritance *inheritance)
{
	struct process process = { .status = EXIT_FAILURE };
	struct admin *admin = &process.admin;

	assert(inheritance->listener >= 0 && inheritance->shm && inheritance->channel >= 0);
	admin->from = inheritance;
	admin->settings = inheritance->settings;
	admin->audit = AUDIT_FILE_NONE;
	admin->folder = -1;
	jobs_init(&admin->jobs);
	(void)signal(SIGPIPE, SIG_IGN);
	event_set_mem_functions(mem_block, mem_regrow, free);
	process.status = open_stores(admin);
	if (process.status == EXIT_SUCCESS && !process_start(&process))
		process.status = EXIT_FAILURE;
	if (process.status == EXIT_SUCCESS)
		process_loop(&process);
	process_end(&process);
	return process.status;
}
