/* See line.h. The connection is in one of these states:
 *
 *   DOWN ── time to try ──▶ CONNECTING ── connected ──▶ SETUP ── prepared ──▶ READY
 *     ▲                         │                         │                    │
 *     └───── refused, too slow, lost ─────────────────────┴────────────────────┘
 *
 * ENDED follows line_cancel. All statements go through libpq's pipeline mode, each with
 * a sync of its own, so that an error fails one statement alone and each statement is
 * a transaction. */
#include "store/postgres/line.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/postgres/pending.h"
#include "store/postgres/result.h"

#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CONNECT_MS 3000 /* for each host */
#define RETRY_MIN_MS 50
#define RETRY_MAX_MS 2000

enum line_state { LINE_DOWN, LINE_CONNECTING, LINE_SETUP, LINE_READY, LINE_ENDED };

struct line {
	const struct line_options *options;
	enum line_state state;
	PGconn *conn;
	PostgresPollingStatusType polling; /* CONNECTING: what libpq waits for */
	uint64_t deadline; /* DOWN: of the next attempt; CONNECTING, SETUP: its end */
	size_t host;
	size_t failures; /* hosts that have failed since the last connection */
	bool is_broken;  /* sending failed; line_run reports the loss */
	struct pending pending;
	uint64_t random;
	uint64_t round_trips;
	uint64_t connections;
	char reason[256]; /* of the last failure */
};

static void set_state(struct line *line, enum line_state state)
{
	static const unsigned successors[] = {
		[LINE_DOWN] = 1u << LINE_CONNECTING | 1u << LINE_DOWN | 1u << LINE_ENDED,
		[LINE_CONNECTING] = 1u << LINE_SETUP | 1u << LINE_DOWN | 1u << LINE_ENDED,
		[LINE_SETUP] = 1u << LINE_READY | 1u << LINE_DOWN | 1u << LINE_ENDED,
		[LINE_READY] = 1u << LINE_DOWN | 1u << LINE_ENDED,
		[LINE_ENDED] = 1u << LINE_ENDED,
	};

	assert(successors[line->state] & 1u << state);
	line->state = state;
}

static uint64_t answer_ms(const struct line *line)
{
	return FAULT_NUMBER("POCKETBOOK_ANSWER_TIMEOUT_MS", line->options->answer_ms);
}

/* ---- Losing a connection ---- */

static void note_reason(struct line *line, const char *message)
{
	(void)snprintf(line->reason, sizeof(line->reason), "%.*s", first_line_length(message),
		       message ? message : "");
}

/* Drawn, so that all processes of all hosts do not come back at the same moment; the
 * other hosts of the URL are tried at once. */
static uint64_t retry_delay(struct line *line)
{
	const size_t hosts = conninfo_hosts(line->options->conninfo);
	uint64_t most = RETRY_MIN_MS;

	if (line->failures % hosts)
		return 0;
	for (size_t i = line->failures / hosts; i > 1 && most < RETRY_MAX_MS; i--)
		most *= 2;
	line->random ^= line->random << 13;
	line->random ^= line->random >> 7;
	line->random ^= line->random << 17;
	return most / 2 + line->random % (most / 2 + 1);
}

static void lose(struct line *line, const char *message)
{
	note_reason(line, message);
	if (line->state == LINE_READY)
		log_warn("database_lost", LOG_TEXT("connection", line->options->name),
			 LOG_TEXT("reason", line->reason));
	PQfinish(line->conn);
	line->conn = NULL;
	line->is_broken = false;
	line->failures++;
	line->host = (line->host + 1) % conninfo_hosts(line->options->conninfo);
	set_state(line, LINE_DOWN);
	line->deadline = clock_ms() + retry_delay(line);
	/* Callbacks may send again, which fails at once. */
	pending_fail(&line->pending);
}

/* ---- Making one ---- */

/* libpq would print it on the standard error. */
static void ignore_notice(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

static void start(struct line *line)
{
	struct conninfo_parameters parameters;

	conninfo_for_host(line->options->conninfo, line->host, &parameters);
	line->conn = PQconnectStartParams(parameters.keywords, parameters.values, 0);
	(void)PQsetNoticeReceiver(line->conn, ignore_notice, NULL);
	set_state(line, LINE_CONNECTING);
	line->deadline = clock_ms() + CONNECT_MS;
	line->polling = PGRES_POLLING_WRITING; /* as the manual demands */
	if (line->conn == NULL || PQstatus(line->conn) == CONNECTION_BAD)
		lose(line, line->conn ? PQerrorMessage(line->conn) : "out of memory");
}

static bool prepare_all(struct line *line)
{
	for (unsigned i = 0; i < line->options->statement_count; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "s%u", i);
		if (!PQsendPrepare(line->conn, name, line->options->statements[i], 0, NULL))
			return false;
	}
	return true;
}

/* The setup and all preparations are one flight, and one transaction. */
static bool send_setup(struct line *line)
{
	if (PQsetnonblocking(line->conn, 1) != 0 || !PQenterPipelineMode(line->conn))
		return false;
	for (const char *const *sql = line->options->setup; *sql; sql++)
		if (!PQsendQueryParams(line->conn, *sql, 0, NULL, NULL, NULL, NULL, 1))
			return false;
	if (!prepare_all(line) || !PQpipelineSync(line->conn))
		return false;
	pending_add(&line->pending, clock_ms() + answer_ms(line), NULL, NULL);
	return true;
}

static void ready(struct line *line)
{
	set_state(line, LINE_READY);
	line->failures = 0;
	if (line->connections++)
		log_info("database_connected", LOG_TEXT("connection", line->options->name),
			 LOG_TEXT("host", PQhost(line->conn)));
	if (line->options->on_notify)
		line->options->on_notify(line->options->arg, NULL);
}

/* PQconnectPoll may be called only when the socket is ready. */
static bool is_socket_ready(const struct line *line)
{
	struct pollfd wanted = { .fd = PQsocket(line->conn),
				 .events = line->polling == PGRES_POLLING_READING ? POLLIN
										  : POLLOUT };

	return poll(&wanted, 1, 0) > 0;
}

static void go_on_connecting(struct line *line)
{
	while (line->polling != PGRES_POLLING_OK && is_socket_ready(line)) {
		line->polling = PQconnectPoll(line->conn);
		if (line->polling == PGRES_POLLING_FAILED) {
			lose(line, PQerrorMessage(line->conn));
			return;
		}
	}
	if (line->polling != PGRES_POLLING_OK) {
		if (clock_ms() >= line->deadline)
			lose(line, "the server did not answer in time");
		return;
	}
	set_state(line, LINE_SETUP);
	line->deadline = clock_ms() + CONNECT_MS;
	if (!send_setup(line))
		lose(line, PQerrorMessage(line->conn));
}

/* ---- Answers ---- */

/* The sync behind a statement was read. */
static void finish_first(struct line *line)
{
	struct request *request = pending_take(&line->pending);
	const enum rc rc = result_rc(request->result);

	line->round_trips++;
	if (line->state == LINE_SETUP && rc != RC_OK) {
		char message[256];

		(void)snprintf(message, sizeof(message), "%s",
			       PQresultErrorMessage(request->result));
		pending_answer(request, rc);
		lose(line, message);
		return;
	}
	if (line->state == LINE_SETUP)
		ready(line);
	/* A session on a server that became read-only is of no use. */
	if (rc == RC_UNAVAILABLE)
		line->is_broken = true;
	pending_answer(request, rc);
}

/* Of the results of one statement (the setup has many) the first failure counts, or
 * else the first. */
static void keep(struct request *request, PGresult *result)
{
	const bool is_failure = PQresultStatus(result) == PGRES_FATAL_ERROR;
	const bool had_failure =
		PQresultStatus(request->result) == PGRES_FATAL_ERROR && request->result;

	if (request->result == NULL || (is_failure && !had_failure)) {
		PQclear(request->result);
		request->result = result;
	} else {
		PQclear(result);
	}
}

/* libpq returns NULL after the results of each statement, and for ever once a
 * connection is lost. */
static void read_results(struct line *line)
{
	unsigned nulls = 0;

	while (line->conn && line->pending.first && nulls < 2 && !PQisBusy(line->conn)) {
		PGresult *result = PQgetResult(line->conn);

		nulls = result ? 0 : nulls + 1;
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC && result) {
			PQclear(result);
			finish_first(line);
		} else if (result) {
			keep(line->pending.first, result);
		}
	}
}

static void read_notifications(struct line *line)
{
	PGnotify *notify;

	while (line->conn && (notify = PQnotifies(line->conn)) != NULL) {
		if (line->options->on_notify)
			line->options->on_notify(line->options->arg, notify->extra);
		PQfreemem(notify);
	}
}

static void exchange(struct line *line)
{
	bool is_alive = PQflush(line->conn) >= 0 && PQconsumeInput(line->conn);
	uint64_t now = clock_ms();

	read_results(line);
	read_notifications(line);
	if (line->conn == NULL)
		return;
	if (line->is_broken || !is_alive || PQstatus(line->conn) == CONNECTION_BAD)
		lose(line, PQerrorMessage(line->conn));
	else if ((line->state == LINE_SETUP && line->deadline <= now) ||
		 (line->pending.first && line->pending.first->deadline <= now))
		lose(line, "the server did not answer in time");
}

/* ---- The interface ---- */

struct line *line_new(const struct line_options *options)
{
	struct line *line = mem_alloc(sizeof(*line));

	line->options = options;
	line->state = LINE_DOWN;
	pending_init(&line->pending);
	line->random = (clock_us() ^ (uint64_t)getpid() << 32) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	return line;
}

void line_free(struct line *line)
{
	if (line == NULL)
		return;
	while (line->pending.first && line->pending.first->on_result == NULL)
		pending_answer(pending_take(&line->pending), RC_UNAVAILABLE);
	assert(line->pending.first == NULL);
	PQfinish(line->conn);
	free(line);
}

void line_send(struct line *line, unsigned statement, const struct params *params,
	       on_line_result *on_result, void *arg)
{
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];
	char name[16];

	assert(statement < line->options->statement_count && on_result);
	if (line->state != LINE_READY) {
		on_result(arg, RC_UNAVAILABLE, NULL);
		return;
	}
	params_get(params, values, lengths, formats);
	(void)snprintf(name, sizeof(name), "s%u", statement);
	/* A failure is for line_run to report: other callbacks may come only from
	 * there. */
	if (!PQsendQueryPrepared(line->conn, name, (int)params->count, values, lengths, formats,
				 1) ||
	    !PQpipelineSync(line->conn))
		line->is_broken = true;
	pending_add(&line->pending, clock_ms() + answer_ms(line), on_result, arg);
}

static void earlier(uint64_t *deadline, uint64_t other)
{
	if (other < *deadline)
		*deadline = other;
}

void line_poll(struct line *line, int *fd, short *events, uint64_t *deadline)
{
	*fd = line->conn ? PQsocket(line->conn) : -1;
	*events = POLLIN;
	if (line->state != LINE_READY && line->state != LINE_ENDED)
		earlier(deadline, line->deadline);
	if (line->state == LINE_CONNECTING && line->polling == PGRES_POLLING_WRITING)
		*events = POLLOUT;
	if (line->state != LINE_SETUP && line->state != LINE_READY)
		return;
	if (PQflush(line->conn) == 1)
		*events = POLLIN | POLLOUT;
	if (line->pending.first)
		earlier(deadline, line->pending.first->deadline);
	if (line->is_broken)
		earlier(deadline, 0);
}

void line_run(struct line *line)
{
	if (line->state == LINE_DOWN && clock_ms() >= line->deadline)
		start(line);
	if (line->state == LINE_CONNECTING)
		go_on_connecting(line);
	if (line->state == LINE_SETUP || line->state == LINE_READY)
		exchange(line);
}

enum rc line_connect(struct line *line, struct error *err)
{
	const size_t hosts = conninfo_hosts(line->options->conninfo);
	struct pollfd wanted;
	uint64_t deadline, now;

	for (;;) {
		line_run(line);
		if (line->state == LINE_READY)
			return RC_OK;
		if (line->state == LINE_DOWN && line->failures >= hosts)
			return error_set(err, RC_UNAVAILABLE, "%s", line->reason);
		deadline = UINT64_MAX;
		line_poll(line, &wanted.fd, &wanted.events, &deadline);
		now = clock_ms();
		(void)poll(&wanted, 1, deadline > now ? (int)(deadline - now) : 0);
	}
}

void line_cancel(struct line *line)
{
	PQfinish(line->conn);
	line->conn = NULL;
	set_state(line, LINE_ENDED);
	pending_fail(&line->pending);
}

bool line_is_idle(const struct line *line)
{
	return line->pending.first == NULL || line->pending.first->on_result == NULL;
}

bool line_is_ready(const struct line *line)
{
	return line->state == LINE_READY;
}

bool line_is_connecting(const struct line *line)
{
	return line->state == LINE_CONNECTING;
}

uint64_t line_round_trips(const struct line *line)
{
	return line->round_trips;
}

uint64_t line_connections(const struct line *line)
{
	return line->connections;
}
