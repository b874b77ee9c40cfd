/* GET /api/streams, POST /api/streams/end: the event streams that are open, by what the
 * workers write into shared memory while the page asks for them (shm/live.h), and the
 * end of one, for which the writer tells its worker (ipc/stream_end.h). See route.c. */
#include "admin/api.h"

#include "admin/writer_client.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "ipc/stream_end.h"
#include "shm/live.h"
#include "shm/scoreboard.h"
#include "shm/usage.h"
#include "transit/envelope.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK_MS 100
/* Workers write each second; one that has not after this time is counted as silent. */
#define WAIT_MS 2200
#define RECENT_MS 1500

#define ID_ROOM 48 /* PID.NUMBER */

/* ---- What there is ---- */

static bool is_up(const struct shm *shm, unsigned slot)
{
	const enum slot_state state = scoreboard_state(shm, slot);

	return state == SLOT_SERVING || state == SLOT_DRAINING;
}

/* Has the process of the slot written lately? */
static bool has_written(const struct shm *shm, unsigned slot, struct live_column *room)
{
	return live_read(shm, usage_column(shm, slot), room) &&
	       room->pid == scoreboard_pid(shm, slot) && clock_ms() - room->written < RECENT_MS;
}

static unsigned count_silent(const struct shm *shm, struct live_column *room)
{
	unsigned count = 0;

	for (unsigned slot = 0; slot < shm_slots(shm); slot++)
		count += is_up(shm, slot) && !has_written(shm, slot, room);
	return count;
}

/* Workers are not trusted with what the page shows. */
static bool row_is_sound(const struct live_row *row)
{
	const struct slice user = slice_of(row->user);

	return (row->token[0] == 0 || token_id_is_valid(slice_of(row->token))) &&
	       text_is_utf8(user) && !text_has_unsafe(user);
}

static void put_row(struct buf *out, const struct live_row *row, unsigned slot, pid_t pid)
{
	char text[ID_ROOM];

	envelope_next(out);
	envelope_open(out);
	(void)snprintf(text, sizeof(text), "%d.%" PRIu64, (int)pid, row->number);
	json_text(out, "id", slice_of(text));
	(void)snprintf(text, sizeof(text), "worker.%u", slot);
	json_text(out, "worker", slice_of(text));
	json_text(out, "user", slice_of(row->user));
	json_text(out, "token", slice_of(row->token));
	json_number(out, "groups", row->groups);
	json_time(out, "since", row->since);
	if (row->bytes != LIVE_UNKNOWN)
		json_number(out, "bytes", row->bytes);
	envelope_close(out);
}

/* Returns how many there are in all. */
static uint64_t put_rows(struct buf *out, const struct shm *shm, struct live_column *room)
{
	uint64_t total = 0;

	json_open_list(out, "streams");
	for (unsigned column = 0; column < 2 * shm_slots(shm); column++) {
		if (!live_read(shm, column, room))
			continue;
		total += room->total;
		for (size_t i = 0; i < room->count; i++)
			if (row_is_sound(&room->rows[i]))
				put_row(out, &room->rows[i], column / 2, room->pid);
	}
	envelope_close_list(out);
	return total;
}

/* ---- Waiting for the workers ---- */

/* The streams have been asked for, and not all workers have written yet. */
struct look {
	struct exchange *exchange;
	struct event *timer;
	uint64_t until;
	bool (*has_enough)(struct look *look); /* before all have written; NULL: never */
	void (*answer)(struct look *look);
	uint64_t pid, number; /* of the one that is to end */
	struct live_column room;
};

static void look_free(struct look *look)
{
	if (look->timer)
		event_free(look->timer);
	free(look);
}

static bool look_is_over(struct look *look)
{
	const struct admin *admin = look->exchange->admin;

	return admin->state >= ADMIN_DRAINING || clock_ms() >= look->until ||
	       (look->has_enough && look->has_enough(look)) ||
	       count_silent(admin->from->shm, &look->room) == 0;
}

static void on_look(evutil_socket_t unused, short what, void *arg)
{
	static const struct timeval interval = { 0, LOOK_MS * 1000 };
	struct look *look = arg;

	(void)unused;
	(void)what;
	if (!look_is_over(look) && event_add(look->timer, &interval) == 0)
		return;
	look->answer(look);
	look_free(look);
}

static void look_start(const struct look *from)
{
	struct look *look = mem_alloc(sizeof(*look));

	*look = *from;
	live_want(look->exchange->admin->from->shm);
	look->until = clock_ms() + WAIT_MS;
	look->timer = evtimer_new(look->exchange->admin->base, on_look, look);
	if (look->timer) {
		on_look(-1, 0, look);
	} else {
		answer_failed(look->exchange, RC_IO);
		look_free(look);
	}
}

/* ---- All of them ---- */

static void answer_all(struct look *look)
{
	const struct shm *shm = look->exchange->admin->from->shm;
	struct buf out = BUF_EMPTY;

	envelope_open(&out);
	json_number(&out, "count", put_rows(&out, shm, &look->room));
	json_number(&out, "rows", LIVE_ROWS);
	json_number(&out, "silent", count_silent(shm, &look->room));
	envelope_close(&out);
	answer_json(look->exchange, 200, &out);
}

void api_streams(struct exchange *exchange)
{
	const struct look look = { .exchange = exchange, .answer = answer_all };

	look_start(&look);
}

/* ---- The end of one ---- */

static bool parse_id(struct slice text, uint64_t *pid, uint64_t *number)
{
	const char *dot = text.len ? memchr(text.data, '.', text.len) : NULL;
	const size_t before = dot ? (size_t)(dot - text.data) : 0;

	return dot && text_number(slice_make(text.data, before), INT32_MAX, pid) == RC_OK &&
	       text_number(slice_make(dot + 1, text.len - before - 1), UINT32_MAX, number) == RC_OK;
}

/* The row of the stream, in the look's room; NULL: there is none. */
static const struct live_row *find(struct look *look)
{
	const struct shm *shm = look->exchange->admin->from->shm;
	struct live_column *room = &look->room;

	for (unsigned column = 0; column < 2 * shm_slots(shm); column++) {
		if (!live_read(shm, column, room) || (uint64_t)room->pid != look->pid)
			continue;
		for (size_t i = 0; i < room->count; i++)
			if (room->rows[i].number == look->number && row_is_sound(&room->rows[i]))
				return &room->rows[i];
	}
	return NULL;
}

static bool is_found(struct look *look)
{
	return find(look) != NULL;
}

static void on_ended(void *arg, enum rc rc, const struct store_reply *reply)
{
	struct exchange *exchange = arg;
	struct buf out = BUF_EMPTY;

	if (answer_if_failed(exchange, rc, reply))
		return;
	envelope_open(&out);
	envelope_close(&out);
	answer_json(exchange, 200, &out);
}

static void end_found(struct look *look)
{
	struct exchange *exchange = look->exchange;
	const struct live_row *row = find(look);
	struct stream_end order = { .actor = exchange_actor(exchange),
				    .pid = look->pid,
				    .number = look->number };

	if (row == NULL) {
		request_refuse(&exchange->request, PROBLEM_NOT_FOUND, "there is no such stream");
		return;
	}
	order.token = slice_of(row->token);
	order.user = slice_of(row->user);
	writer_client_end_stream(exchange->admin->writer, &order, on_ended, exchange);
}

void api_stream_end(struct exchange *exchange)
{
	struct json_field id = { "id", BODY_TEXT, .required = true };
	struct json_body body = { &id, 1, BUF_EMPTY };
	struct look look = { .exchange = exchange, .has_enough = is_found, .answer = end_found };

	if (json_body_read(exchange, &body)) {
		if (parse_id(json_body_text(&body, 0, 0), &look.pid, &look.number))
			look_start(&look);
		else
			answer_bad(exchange, "id: must be one that GET /api/streams has");
	}
	json_body_free(&body);
}
