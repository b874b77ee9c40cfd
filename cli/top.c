/* `pocketbook top`: a server's scoreboard, redrawn every second. */
#include "base/array.h"
#include "base/clock.h"
#include "base/exit.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/terminal.h"
#include "cli/server_stats.h"
#include "base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static const struct option_spec top_options[] = {
	{
		.name = "interval",
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = 60,
		.fallback = "1s",
		.help = "Time between two redraws, 1s to 60s.",
	},
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

struct top {
	struct db_place place;
	struct scoreboard_view before, now;
	uint64_t looked; /* clock_ms() of the last reading */
	double seconds;  /* between the last two readings */
};

/* ---- The picture ---- */

static void put_store(struct buf *out, const struct scoreboard_view *view)
{
	for (size_t i = 0; i < view->store_count; i++) {
		char text[UNITS_DISPLAY_MAX];

		server_stats_store_text(view, i, text);
		buf_putf(out, ", %s %s", view->store[i].title, text);
	}
}

static void put_numbers(struct buf *out, const struct scoreboard_view *view)
{
	char documents[UNITS_DISPLAY_MAX], tombstones[UNITS_DISPLAY_MAX],
		sequence[UNITS_DISPLAY_MAX];

	units_display_count((uint64_t)scoreboard_view_sum(view, METRIC_DOCUMENTS), documents);
	units_display_count((uint64_t)scoreboard_view_sum(view, METRIC_TOMBSTONES), tombstones);
	units_display_count((uint64_t)scoreboard_view_sum(view, METRIC_SEQUENCE), sequence);
	buf_putf(out, "Documents %s, tombstones %s, sequence %s", documents, tombstones, sequence);
	put_store(out, view);
	buf_putf(out,
		 "\nStreams %" PRId64 ", connections %" PRId64 ", pushes waiting %" PRId64 "\n\n",
		 scoreboard_view_sum(view, METRIC_STREAMS),
		 scoreboard_view_sum(view, METRIC_CONNECTIONS),
		 scoreboard_view_sum(view, METRIC_PUSHES_QUEUED));
}

/* The route whose response times are shown beside a counter; SCOREBOARD_ROUTES:
 * none. */
static enum scoreboard_route route_of(enum metric metric)
{
	switch (metric) {
	case METRIC_PULLS:
		return SCOREBOARD_PULL;
	case METRIC_PUSHES:
		return SCOREBOARD_PUSH;
	default:
		return SCOREBOARD_ROUTES;
	}
}

/* Nothing if there were no requests. */
static void put_times(struct buf *out, const struct movement *movement, enum scoreboard_route route)
{
	static const double shares[] = { 0.5, 0.99 };

	for (size_t i = 0; i < COUNT(shares) && route != SCOREBOARD_ROUTES; i++) {
		double milliseconds = movement_latency(movement, route, shares[i]);

		if (milliseconds > 0)
			buf_putf(out, " %7g ms", milliseconds);
	}
}

static void put_rate(struct buf *out, const struct movement *movement, enum metric metric)
{
	char rate[UNITS_DISPLAY_MAX], total[UNITS_DISPLAY_MAX];

	units_display_rate(movement_rate(movement, metric), rate);
	units_display_count((uint64_t)scoreboard_view_sum(movement->now, metric), total);
	buf_putf(out, "%-18s %12s %16s", metric_row(metric)->title, rate, total);
	put_times(out, movement, route_of(metric));
	buf_put_byte(out, '\n');
}

static void put_rates(struct buf *out, const struct movement *movement)
{
	buf_putf(out, "%c%-18s %12s %16s %10s %10s\n", TERMINAL_HEADING, "", "PER SECOND",
		 "SINCE THE START", "HALF IN", "99 % IN");
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = metric_row((enum metric)i);

		if (row->title && row->kind == METRIC_COUNTER)
			put_rate(out, movement, (enum metric)i);
	}
	buf_put_byte(out, '\n');
}

static void put_process(struct buf *out, const struct movement *movement, unsigned slot)
{
	const struct scoreboard_cell *cell = &movement->now->cells[slot];
	bool is_writer = slot == movement->now->workers;
	char name[24], requests[UNITS_DISPLAY_MAX], pushes[UNITS_DISPLAY_MAX],
		events[UNITS_DISPLAY_MAX];

	(void)snprintf(name, sizeof(name), is_writer ? "writer" : "worker.%u", slot);
	buf_putf(out, "%-11s %8" PRId64 " %-9s %8" PRId64, name, cell->pid,
		 cell->state >= 0 && cell->state < SLOT_STATES
			 ? slot_state_name((enum slot_state)cell->state)
			 : "?",
		 cell->values[METRIC_RESPAWNS]);
	if (is_writer) {
		buf_put_byte(out, '\n');
		return;
	}
	units_display_rate(movement_rate_of(movement, slot, METRIC_REQUESTS), requests);
	units_display_rate(movement_rate_of(movement, slot, METRIC_PUSHES), pushes);
	units_display_rate(movement_rate_of(movement, slot, METRIC_EVENTS_SENT), events);
	buf_putf(out, " %7" PRId64 " %7" PRId64 " %7s %7s %8s\n", cell->values[METRIC_CONNECTIONS],
		 cell->values[METRIC_STREAMS], requests, pushes, events);
}

/* The writer comes first, as there may be more workers than rows. */
static void put_processes(struct buf *out, const struct movement *movement)
{
	buf_putf(out, "%c%-11s %8s %-9s %8s %7s %7s %7s %7s %8s\n", TERMINAL_HEADING, "PROCESS",
		 "PID", "STATE", "RESPAWNS", "CONNS", "STREAMS", "REQ/S", "PUSH/S", "EVENTS/S");
	put_process(out, movement, movement->now->workers);
	for (unsigned slot = 0; slot < movement->now->workers; slot++)
		put_process(out, movement, slot);
}

static void put_picture(struct buf *out, const struct top *top)
{
	const struct movement movement = movement_between(&top->before, &top->now, top->seconds);
	int64_t now = clock_wall();
	char span[UNITS_DISPLAY_MAX];

	units_display_span(now > top->now.started ? (uint64_t)now - (uint64_t)top->now.started : 0,
			   span);
	buf_putf(out, "pocketbook on %s, running for %s\n", top->place.db, span);
	put_numbers(out, &top->now);
	put_rates(out, &movement);
	put_processes(out, &movement);
}

/* ---- Looking ---- */

static enum rc top_look(struct top *top, struct error *err)
{
	uint64_t now = clock_ms();
	struct scoreboard_view view;
	enum rc rc = server_stats_read(&top->place, &view, err);

	if (rc == RC_OK) {
		err->text[0] = '\0';
		scoreboard_view_clear(&top->before);
		top->before = top->now;
		top->now = view;
		top->seconds = (double)(now - top->looked) / 1000;
		top->looked = now;
	} else {
		scoreboard_view_clear(&view);
	}
	return rc;
}

static void put_absence(struct buf *out, const struct top *top, const struct error *err)
{
	buf_putf(out, "pocketbook on %s\n\n%s\nWaiting for it; q leaves.\n", top->place.db,
		 err->text);
}

/* Can it be different in a while? */
static bool is_passing(enum rc rc)
{
	return rc == RC_NOT_FOUND || rc == RC_UNAVAILABLE || rc == RC_BUSY;
}

static bool top_draw(struct top *top, enum rc rc, const struct error *err)
{
	struct buf text = BUF_EMPTY;
	bool drawn;

	if (rc == RC_OK)
		put_picture(&text, top);
	else
		put_absence(&text, top, err);
	drawn = terminal_draw(buf_slice(&text));
	buf_free(&text);
	return drawn;
}

static enum terminal_event top_watch(struct top *top, struct terminal *terminal, uint64_t interval,
				     int *number, struct error *err)
{
	enum terminal_event event = TERMINAL_TIME;
	uint64_t next = clock_ms();
	enum rc rc = RC_OK;

	for (;;) {
		uint64_t now = clock_ms();

		if (now >= next) {
			rc = top_look(top, err);
			next = now + interval;
			event = TERMINAL_DRAW;
		}
		if (rc != RC_OK && !is_passing(rc))
			return TERMINAL_LOST;
		if (event == TERMINAL_DRAW && !top_draw(top, rc, err))
			return TERMINAL_LOST;
		event = terminal_wait(terminal, (int)(next - now), number);
		if (event > TERMINAL_DRAW)
			return event;
	}
}

static int top_live(struct top *top, uint64_t interval)
{
	struct error err = { "" };
	struct terminal terminal;
	enum terminal_event event;
	int number = 0;

	if (!terminal_open(&terminal))
		return say_failed("the terminal cannot be used: %s", strerror(errno));
	event = top_watch(top, &terminal, interval, &number, &err);
	terminal_close(&terminal);
	if (event == TERMINAL_ENDED)
		terminal_leave(number);
	if (event == TERMINAL_LOST && err.text[0])
		return say_failed("%s", err.text);
	return event == TERMINAL_QUIT ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Without a terminal: one report, of one interval. */
static int top_once(struct top *top, uint64_t interval)
{
	struct buf text = BUF_EMPTY;
	struct error err;
	enum rc rc = top_look(top, &err);

	if (rc == RC_OK) {
		clock_sleep_until(clock_ms() + interval);
		rc = top_look(top, &err);
	}
	if (rc != RC_OK)
		return say_failed("%s", err.text);
	put_picture(&text, top);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != TERMINAL_HEADING)
			putchar(text.data[i]);
	buf_free(&text);
	return EXIT_SUCCESS;
}

static int top_run(const struct invocation *invocation)
{
	uint64_t interval = options_number(invocation->options, "interval") * 1000;
	struct top top = { .looked = 0 };
	int status = database_find(invocation->options, &top.place);

	if (status != EXIT_SUCCESS)
		return status;
	status = terminal_is_capable() ? top_live(&top, interval) : top_once(&top, interval);
	scoreboard_view_clear(&top.before);
	scoreboard_view_clear(&top.now);
	return status;
}

const struct command command_top = {
	.name = "top",
	.usage = "[OPTION]...",
	.summary = "Watch a running server: workers, streams, rates and response times.",
	.about = "Redraws every second until q is pressed. If the standard output is not a "
		 "terminal, it prints one report. HALF IN and 99 % IN are the times within which "
		 "half of the requests, or nearly all, were answered since the last redraw; they "
		 "are rounded up.\n",
	.example = "  pocketbook top --db /var/lib/pocketbook/pocketbook.db\n",
	COMMAND_OPTIONS(top_options),
	.run = top_run,
};
