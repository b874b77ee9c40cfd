/* `pocketbook top`: a server's scoreboard, redrawn every second. */
#include "base/clock.h"
#include "base/exit.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/terminal.h"
#include "cli/server_stats.h"
#include "cli/text_table.h"
#include "cli/top_picture.h"

#include <errno.h>
#include <stdint.h>
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

static void put_picture(struct buf *out, const struct top *top, size_t room, bool live)
{
	top_picture_put(out, &(struct top_picture){ .db = top->place.db,
						    .before = &top->before,
						    .now = &top->now,
						    .seconds = top->seconds,
						    .room = room,
						    .live = live });
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
		put_picture(&text, top, text_table_room(), true);
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
	put_picture(&text, top, SIZE_MAX, false);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != TERMINAL_HEADING && text.data[i] != TERMINAL_ALERT)
			putchar(text.data[i]);
	buf_free(&text);
	return EXIT_SUCCESS;
}

/* Without a server: is there a database on which one could run? */
static int top_check(const struct db_place *place)
{
	struct scoreboard_view view;
	struct error err;
	enum rc rc = server_stats_read(place, &view, &err);

	scoreboard_view_clear(&view);
	if (rc == RC_NOT_FOUND && place->path && database_check_made(place, &err) != RC_OK)
		return say_failed("%s", err.text);
	return EXIT_SUCCESS;
}

static int top_run(const struct invocation *invocation)
{
	uint64_t interval = options_number(invocation->options, "interval") * 1000;
	struct top top = { .looked = 0 };
	int status = database_find(invocation->options, &top.place);

	if (status == EXIT_SUCCESS)
		status = top_check(&top.place);
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
	.about =
		"Redraws every second until q is pressed. Processes that do not serve are shown in "
		"red, and columns that do not fit the terminal are left out. If the standard "
		"output is not a terminal, it prints one report. HALF IN and 99 % IN are the times "
		"within which "
		"half of the requests, or nearly all, were answered since the last redraw; they "
		"are rounded up.\n",
	.example = "  pocketbook top --db /var/lib/pocketbook/pocketbook.db\n",
	COMMAND_OPTIONS(top_options),
	.run = top_run,
};
