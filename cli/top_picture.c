/* Draws the scoreboard of a server as text, in as many columns as the terminal has.
 * Called by cli/top.c. */
#include "cli/top_picture.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/units.h"
#include "cli/terminal.h"
#include "cli/text_table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Tables ---- */

struct column {
	const char *title;
	int width;     /* negative: aligned to the left */
	unsigned rank; /* of those that do not fit, the ones with the lowest rank go */
};

static size_t columns_width(const struct column *columns, size_t count, unsigned chosen)
{
	size_t width = 0;

	for (size_t i = 0; i < count; i++)
		if (chosen & (1u << i))
			width += (size_t)abs(columns[i].width) + (width > 0);
	return width;
}

static unsigned column_least(const struct column *columns, size_t count, unsigned chosen)
{
	size_t least = count;

	for (size_t i = 0; i < count; i++)
		if ((chosen & (1u << i)) &&
		    (least == count || columns[i].rank < columns[least].rank))
			least = i;
	return 1u << least;
}

/* The columns that fit, as bits: at least one. */
static unsigned columns_choose(const struct column *columns, size_t count, size_t room)
{
	unsigned chosen = (1u << count) - 1;

	assert(count > 0 && count < 32);
	while (columns_width(columns, count, chosen) > room && (chosen & (chosen - 1)))
		chosen &= ~column_least(columns, count, chosen);
	return chosen;
}

/* A line without spaces at its end; NULL: the titles. */
static void put_row(struct buf *out, const struct column *columns, size_t count, unsigned chosen,
		    char (*cells)[UNITS_DISPLAY_MAX])
{
	bool first = true;

	if (cells == NULL)
		buf_put_byte(out, TERMINAL_HEADING);
	for (size_t i = 0; i < count; i++) {
		if ((chosen & (1u << i)) == 0)
			continue;
		buf_putf(out, "%s%*s", first ? "" : " ", columns[i].width,
			 cells ? cells[i] : columns[i].title);
		first = false;
	}
	while (out->len && out->data[out->len - 1] == ' ')
		out->len--;
	buf_put_byte(out, '\n');
}

/* ---- Numbers ---- */

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

/* ---- Rates ---- */

enum rate_column { RATE_TITLE, RATE_RATE, RATE_TOTAL, RATE_HALF, RATE_MOST, RATE_COLUMNS };
static const struct column rate_columns[RATE_COLUMNS] = {
	[RATE_TITLE] = { "", -22, 5 },
	[RATE_RATE] = { "PER SECOND", 12, 4 },
	[RATE_TOTAL] = { "SINCE THE START", 16, 1 },
	[RATE_HALF] = { "HALF IN", 10, 2 },
	[RATE_MOST] = { "99 % IN", 10, 3 },
};

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

/* Empty if there were no requests. */
static void time_format(const struct movement *movement, enum scoreboard_route route, double share,
			char out[UNITS_DISPLAY_MAX])
{
	double milliseconds =
		route == SCOREBOARD_ROUTES ? 0 : movement_latency(movement, route, share);

	out[0] = '\0';
	if (milliseconds > 0)
		(void)snprintf(out, UNITS_DISPLAY_MAX, "%g ms", milliseconds);
}

static void put_rate(struct buf *out, const struct movement *movement, enum metric metric,
		     unsigned chosen)
{
	char cells[RATE_COLUMNS][UNITS_DISPLAY_MAX];

	(void)snprintf(cells[RATE_TITLE], UNITS_DISPLAY_MAX, "%s", metric_row(metric)->title);
	units_display_rate(movement_rate(movement, metric), cells[RATE_RATE]);
	units_display_count((uint64_t)scoreboard_view_sum(movement->now, metric),
			    cells[RATE_TOTAL]);
	time_format(movement, route_of(metric), 0.5, cells[RATE_HALF]);
	time_format(movement, route_of(metric), 0.99, cells[RATE_MOST]);
	put_row(out, rate_columns, RATE_COLUMNS, chosen, cells);
}

static void put_rates(struct buf *out, const struct movement *movement, size_t room)
{
	unsigned chosen = columns_choose(rate_columns, RATE_COLUMNS, room);

	put_row(out, rate_columns, RATE_COLUMNS, chosen, NULL);
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = metric_row((enum metric)i);

		if (row->title && row->kind == METRIC_COUNTER)
			put_rate(out, movement, (enum metric)i, chosen);
	}
	buf_put_byte(out, '\n');
}

/* ---- Processes ---- */

enum process_column {
	PROCESS_NAME,
	PROCESS_PID,
	PROCESS_STATE,
	PROCESS_RESPAWNS,
	PROCESS_CONNS,
	PROCESS_STREAMS,
	PROCESS_REQUESTS,
	PROCESS_PUSHES,
	PROCESS_EVENTS,
	PROCESS_COLUMNS
};
static const struct column process_columns[PROCESS_COLUMNS] = {
	[PROCESS_NAME] = { "PROCESS", -11, 9 },  [PROCESS_PID] = { "PID", 8, 1 },
	[PROCESS_STATE] = { "STATE", -9, 8 },    [PROCESS_RESPAWNS] = { "RESPAWNS", 8, 2 },
	[PROCESS_CONNS] = { "CONNS", 7, 3 },     [PROCESS_STREAMS] = { "STREAMS", 7, 6 },
	[PROCESS_REQUESTS] = { "REQ/S", 7, 7 },  [PROCESS_PUSHES] = { "PUSH/S", 7, 5 },
	[PROCESS_EVENTS] = { "EVENTS/S", 8, 4 },
};

static void count_format(int64_t count, char out[UNITS_DISPLAY_MAX])
{
	(void)snprintf(out, UNITS_DISPLAY_MAX, "%" PRId64, count);
}

/* What only workers have. */
static void worker_format(const struct movement *movement, unsigned slot,
			  char cells[PROCESS_COLUMNS][UNITS_DISPLAY_MAX])
{
	const struct scoreboard_cell *cell = &movement->now->cells[slot];

	count_format(cell->values[METRIC_CONNECTIONS], cells[PROCESS_CONNS]);
	count_format(cell->values[METRIC_STREAMS], cells[PROCESS_STREAMS]);
	units_display_rate(movement_rate_of(movement, slot, METRIC_REQUESTS),
			   cells[PROCESS_REQUESTS]);
	units_display_rate(movement_rate_of(movement, slot, METRIC_PUSHES), cells[PROCESS_PUSHES]);
	units_display_rate(movement_rate_of(movement, slot, METRIC_EVENTS_SENT),
			   cells[PROCESS_EVENTS]);
}

/* One that does not serve stands out. */
static void put_process(struct buf *out, const struct movement *movement, unsigned slot,
			unsigned chosen)
{
	const struct scoreboard_cell *cell = &movement->now->cells[slot];
	bool is_writer = slot == movement->now->workers;
	char cells[PROCESS_COLUMNS][UNITS_DISPLAY_MAX] = { "" };

	if (is_writer)
		(void)snprintf(cells[PROCESS_NAME], UNITS_DISPLAY_MAX, "writer");
	else
		(void)snprintf(cells[PROCESS_NAME], UNITS_DISPLAY_MAX, "worker.%u", slot);
	count_format(cell->pid, cells[PROCESS_PID]);
	(void)snprintf(cells[PROCESS_STATE], UNITS_DISPLAY_MAX, "%s",
		       cell->state >= 0 && cell->state < SLOT_STATES
			       ? slot_state_name((enum slot_state)cell->state)
			       : "?");
	count_format(cell->values[METRIC_RESPAWNS], cells[PROCESS_RESPAWNS]);
	if (!is_writer)
		worker_format(movement, slot, cells);
	if (cell->state != SLOT_SERVING)
		buf_put_byte(out, TERMINAL_ALERT);
	put_row(out, process_columns, PROCESS_COLUMNS, chosen, cells);
}

/* The writer comes first, as there may be more workers than rows. */
static void put_processes(struct buf *out, const struct movement *movement, size_t room)
{
	unsigned chosen = columns_choose(process_columns, PROCESS_COLUMNS, room);

	put_row(out, process_columns, PROCESS_COLUMNS, chosen, NULL);
	put_process(out, movement, movement->now->workers, chosen);
	for (unsigned slot = 0; slot < movement->now->workers; slot++)
		put_process(out, movement, slot, chosen);
}

/* ---- The whole ---- */

#define HINT "q leaves"

static void put_title(struct buf *out, const struct top_picture *picture)
{
	int64_t now = clock_wall(), started = picture->now->started;
	struct buf title = BUF_EMPTY;
	char span[UNITS_DISPLAY_MAX];

	units_display_span(now > started ? (uint64_t)(now - started) : 0, span);
	buf_putf(&title, "pocketbook on %s, running for %s", picture->db, span);
	buf_put(out, title.data, title.len);
	if (picture->live)
		buf_putf(out, "%s" HINT,
			 text_table_width(buf_slice(&title)) + strlen("; " HINT) <= picture->room
				 ? "; "
				 : "\n");
	buf_put_byte(out, '\n');
	buf_free(&title);
}

void top_picture_put(struct buf *out, const struct top_picture *picture)
{
	const struct movement movement =
		movement_between(picture->before, picture->now, picture->seconds);

	put_title(out, picture);
	put_numbers(out, picture->now);
	put_rates(out, &movement, picture->room);
	put_processes(out, &movement, picture->room);
}
