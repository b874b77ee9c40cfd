/* GET /api/session and GET /api/numbers: who is signed in where, and the scoreboard,
 * from which the page makes rates. See route.c. */
#include "admin/api.h"

#include "auth/identity.h"
#include "base/clock.h"
#include "shm/histogram.h"
#include "shm/scoreboard.h"
#include "transit/envelope.h"

#include <stdio.h>

void api_session(struct exchange *exchange)
{
	const struct actor actor = exchange_actor(exchange);
	const struct admin *admin = exchange->admin;
	struct buf out = BUF_EMPTY;

	envelope_open(&out);
	json_text(&out, "user", actor.user);
	json_text(&out, "token", actor.token);
	json_flag(&out, "socket", admin->from->is_unix);
	json_text(&out, "version", slice_of(PACKAGE_VERSION));
	json_text(&out, "database", slice_of(admin->from->place->db));
	json_flag(&out, "backup", admin->folder >= 0);
	envelope_close(&out);
	answer_json(exchange, 200, &out);
}

/* ---- Numbers ---- */

static void put_values(struct buf *out, const struct scoreboard_cell *cell)
{
	json_open(out, "values");
	for (unsigned i = 0; i < METRIC_COUNT; i++)
		if (metric_row((enum metric)i)->member)
			json_signed(out, metric_row((enum metric)i)->member, cell->values[i]);
	envelope_close(out);
}

static void put_process(struct buf *out, const struct scoreboard_view *view, unsigned slot)
{
	const struct scoreboard_cell *cell = &view->cells[slot];
	const bool known = cell->state >= 0 && cell->state < SLOT_STATES;
	char name[24];

	(void)snprintf(name, sizeof(name), slot == view->workers ? "writer" : "worker.%u", slot);
	envelope_next(out);
	envelope_open(out);
	json_text(out, "name", slice_of(name));
	json_signed(out, "pid", cell->pid);
	json_text(out, "state",
		  slice_of(known ? slot_state_name((enum slot_state)cell->state) : "unknown"));
	json_signed(out, "starts", cell->starts);
	put_values(out, cell);
	envelope_close(out);
}

static void put_database(struct buf *out, const struct scoreboard_view *view)
{
	json_open(out, "database");
	json_signed(out, "documents", scoreboard_view_sum(view, METRIC_DOCUMENTS));
	json_signed(out, "tombstones", scoreboard_view_sum(view, METRIC_TOMBSTONES));
	json_signed(out, "sequence", scoreboard_view_sum(view, METRIC_SEQUENCE));
	json_open_list(out, "own");
	for (size_t i = 0; i < view->store_count; i++) {
		envelope_next(out);
		envelope_open(out);
		json_text(out, "name", slice_of(view->store[i].name));
		json_text(out, "title", slice_of(view->store[i].title));
		json_signed(out, "value", scoreboard_view_store(view, i));
		envelope_close(out);
	}
	envelope_close_list(out);
	envelope_close(out);
}

static void put_numbers(struct buf *out, const char *name, const uint64_t *numbers, size_t count)
{
	json_open_list(out, name);
	for (size_t i = 0; i < count; i++) {
		envelope_next(out);
		buf_put_number(out, numbers[i]);
	}
	envelope_close_list(out);
}

/* How long requests took, in microseconds: `upto` has how many took at most as long as
 * each bound, and at its end all. */
static void put_times(struct buf *out, const struct scoreboard_view *view)
{
	json_open(out, "times");
	for (unsigned route = 0; route < SCOREBOARD_ROUTES; route++) {
		struct histogram histogram;

		histogram_read(view, (enum histogram_kind)(HISTOGRAM_REQUEST_TIME + route),
			       &histogram);
		json_open(out, scoreboard_route_name((enum scoreboard_route)route));
		put_numbers(out, "bounds", histogram.bounds, histogram.count);
		put_numbers(out, "upto", histogram.upto, histogram.count + 1);
		envelope_close(out);
	}
	envelope_close(out);
}

void api_numbers(struct exchange *exchange)
{
	struct scoreboard_view view;
	struct buf out = BUF_EMPTY;

	scoreboard_view_take(exchange->admin->from->shm, &view);
	envelope_open(&out);
	json_time(&out, "started", view.started);
	json_signed(&out, "uptime", clock_wall() - view.started);
	json_number(&out, "clock", clock_ms());
	put_database(&out, &view);
	json_open_list(&out, "processes");
	for (unsigned slot = 0; slot <= view.workers; slot++)
		put_process(&out, &view, slot);
	envelope_close_list(&out);
	put_times(&out, &view);
	envelope_close(&out);
	scoreboard_view_clear(&view);
	answer_json(exchange, 200, &out);
}
