/* `pocketbook stats`: the database's numbers, and those of its server. */
#include "base/clock.h"
#include "base/exit.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/server_stats.h"
#include "cli/stats_users.h"
#include "base/units.h"
#include "store/store_admin.h"
#include "transit/transit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BETWEEN_MS 1000 /* between two readings of a server, for rates */

static const struct option_spec stats_options[] = {
	{ .name = "by",
	  .argument = "user",
	  .help = "List what each user with a token has stored, and the limits. It is counted "
		  "from the time on at which a quota of stored data applies to the user; a dash "
		  "(in JSON null) stands where it is not." },
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON object, for programs." },
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

/* ---- Looking ---- */

struct stats {
	struct db_place place;
	struct store_stats db_stats;
	struct store_stats_full counts;
	const struct store_stat *own; /* the back end's numbers in db_stats */
	size_t own_count;
	bool running;
	struct scoreboard_view before, now;
	struct movement movement;
	enum rc rc; /* of the store's callbacks */
};

static void on_stats(void *arg, enum rc rc, const struct store_stats *db_stats)
{
	struct stats *stats = arg;

	stats->rc = rc;
	if (rc == RC_OK)
		stats->db_stats = *db_stats;
}

static void on_counts(void *arg, enum rc rc, const struct store_stats_full *counts)
{
	struct stats *stats = arg;

	stats->rc = rc;
	if (rc == RC_OK)
		stats->counts = *counts;
}

static enum rc stats_read(struct stats *stats, struct error *err)
{
	struct store *store;
	enum rc rc = store_open(stats->place.db, STORE_COMMAND, &store, err);

	if (rc != RC_OK)
		return rc;
	stats->own = store_own_stats(store, &stats->own_count);
	store_stats(store, on_stats, stats);
	store_wait(store);
	if (stats->rc == RC_OK)
		store_stats_full(store, on_counts, stats);
	store_wait(store);
	store_close(store);
	return stats->rc == RC_OK ? RC_OK
				  : error_set(err, stats->rc, "%.200s: cannot be read (%s)",
					      stats->place.db, rc_name(stats->rc));
}

/* RC_OK also if no server runs. */
static enum rc stats_watch(struct stats *stats, struct error *err)
{
	uint64_t begun = clock_ms();
	enum rc rc;

	/* Only its runtime directory tells where such a server is. */
	if (stats->place.path == NULL && stats->place.runtime_dir == NULL)
		return RC_OK;
	rc = server_stats_read(&stats->place, &stats->before, err);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_OK : rc;
	clock_sleep_until(begun + BETWEEN_MS);
	rc = server_stats_read(&stats->place, &stats->now, err);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_OK : rc;
	stats->running = true;
	stats->movement =
		movement_between(&stats->before, &stats->now, (double)(clock_ms() - begun) / 1000);
	return RC_OK;
}

static unsigned stats_serving(const struct scoreboard_view *view)
{
	unsigned count = 0;

	for (unsigned slot = 0; slot < view->workers; slot++)
		count += view->cells[slot].state == SLOT_SERVING;
	return count;
}

/* ---- For people ---- */

static void print_text(const char *title, const char *text)
{
	printf("%-22s  %s\n", title, text);
}

static void print_number(const char *title, uint64_t number)
{
	char text[UNITS_DISPLAY_MAX];

	units_display_count(number, text);
	print_text(title, text);
}

static void print_bytes(const char *title, uint64_t bytes)
{
	char text[UNITS_DISPLAY_MAX];

	units_display_bytes(bytes, text);
	print_text(title, text);
}

static void print_own(const struct store_stat *own, uint64_t value)
{
	const char *suffix = strrchr(own->name, '_');

	if (suffix && strcmp(suffix, "_bytes") == 0)
		print_bytes(own->title, value);
	else
		print_number(own->title, value);
}

static void print_database(const struct stats *stats)
{
	char epoch[24];

	(void)snprintf(epoch, sizeof(epoch), "%016" PRIx64, stats->db_stats.head.epoch);
	print_text("Database", stats->place.db);
	print_number("Documents", stats->db_stats.documents);
	print_number("Tombstones", stats->db_stats.tombstones);
	print_number("Groups", stats->counts.groups);
	print_number("Tokens", stats->counts.tokens);
	for (size_t i = 0; i < stats->own_count; i++)
		print_own(&stats->own[i], stats->db_stats.own[i]);
	print_number("Sequence", stats->db_stats.head.seq);
	print_number("Purged up to", stats->db_stats.horizon);
	print_text("Epoch", epoch);
}

static void print_rates(const struct stats *stats)
{
	printf("\n%-22s  %12s  %16s\n", "", "PER SECOND", "SINCE THE START");
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = metric_row((enum metric)i);
		uint64_t sum = (uint64_t)scoreboard_view_sum(&stats->now, (enum metric)i);
		char rate[UNITS_DISPLAY_MAX], total[UNITS_DISPLAY_MAX];

		if (row->title == NULL || row->kind != METRIC_COUNTER)
			continue;
		units_display_count(sum, total);
		units_display_rate(movement_rate(&stats->movement, (enum metric)i), rate);
		printf("%-22s  %12s  %16s\n", row->title, rate, total);
	}
}

static void print_server(const struct stats *stats)
{
	char span[UNITS_DISPLAY_MAX];
	int64_t now = clock_wall();

	units_display_span(now > stats->now.started ? (uint64_t)(now - stats->now.started) : 0,
			   span);
	printf("\n%-22s  running for %s, %u of %u workers serving\n", "Server", span,
	       stats_serving(&stats->now), stats->now.workers);
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = metric_row((enum metric)i);

		if (row->title && row->kind != METRIC_COUNTER)
			print_number(row->title,
				     (uint64_t)scoreboard_view_sum(&stats->now, (enum metric)i));
	}
	print_rates(stats);
}

/* ---- For programs ---- */

static void put_server(struct buf *out, const struct stats *stats)
{
	const char *gap = "";

	buf_putf(out, "{\"started\":%" PRId64 ",\"workers\":%u,\"serving\":%u", stats->now.started,
		 stats->now.workers, stats_serving(&stats->now));
	for (unsigned i = 0; i < METRIC_COUNT; i++)
		if (metric_row((enum metric)i)->member)
			buf_putf(out, ",\"%s\":%" PRId64, metric_row((enum metric)i)->member,
				 scoreboard_view_sum(&stats->now, (enum metric)i));
	buf_put_text(out, ",\n  \"rates\":{");
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = metric_row((enum metric)i);

		if (row->member == NULL || row->kind != METRIC_COUNTER)
			continue;
		buf_putf(out, "%s\"%s\":%.2f", gap, row->member,
			 movement_rate(&stats->movement, (enum metric)i));
		gap = ",";
	}
	buf_put_text(out, "}}");
}

static void print_json(const struct stats *stats)
{
	const struct store_stats *db_stats = &stats->db_stats;
	struct buf out = BUF_EMPTY;

	buf_put_byte(&out, '{');
	transit_out_key(&out, ENCODING_JSON, "database");
	transit_out_string(&out, ENCODING_JSON, slice_of(stats->place.db));
	buf_putf(&out,
		 ",\n \"documents\":%" PRIu64 ",\"tombstones\":%" PRIu64 ",\"groups\":%" PRIu64
		 ",\"tokens\":%" PRIu64,
		 db_stats->documents, db_stats->tombstones, stats->counts.groups,
		 stats->counts.tokens);
	for (size_t i = 0; i < stats->own_count; i++)
		buf_putf(&out, ",%s\"%s\":%" PRIu64, i ? "" : "\n ", stats->own[i].name,
			 db_stats->own[i]);
	buf_putf(&out,
		 ",\n \"sequence\":%" PRIu64 ",\"horizon\":%" PRIu64 ",\"epoch\":\"%016" PRIx64
		 "\",\n \"server\":",
		 db_stats->head.seq, db_stats->horizon, db_stats->head.epoch);
	if (stats->running)
		put_server(&out, stats);
	else
		buf_put_text(&out, "null");
	buf_put_text(&out, "}\n");
	(void)fwrite(out.data, 1, out.len, stdout);
	buf_free(&out);
}

/* ---- The command ---- */

static int stats_run(const struct invocation *invocation)
{
	const char *by = options_text(invocation->options, "by");
	struct stats stats = { .running = false };
	int status = by ? database_find_made(invocation->options, &stats.place)
			: database_find(invocation->options, &stats.place);
	struct error err;

	if (status != EXIT_SUCCESS)
		return status;
	if (by && strcmp(by, "user") != 0)
		return say_usage("%s: only user is known",
				 options_place(invocation->options, "by", 0));
	if (by)
		return stats_users_print(&stats.place, options_is_on(invocation->options, "json"));
	/* The database can be reported all the same. */
	if (stats_watch(&stats, &err) != RC_OK)
		status = say_failed("%s", err.text);
	if (stats_read(&stats, &err) != RC_OK) {
		status = say_failed("%s", err.text);
	} else if (options_is_on(invocation->options, "json")) {
		print_json(&stats);
	} else {
		print_database(&stats);
		if (stats.running)
			print_server(&stats);
		else
			printf("\n%-22s  %s\n", "Server",
			       status == EXIT_SUCCESS ? "none runs on it" : "no answer");
	}
	scoreboard_view_clear(&stats.before);
	scoreboard_view_clear(&stats.now);
	return status;
}

const struct command command_stats = {
	.name = "stats",
	.usage = "[OPTION]...",
	.summary = "Report the size of the database and the activity of its server.",
	.about = "Reads the database and changes nothing. If a server runs on it, the command "
		 "watches it for one second, to report rates; totals count from the start of the "
		 "server.\n",
	.example = "  pocketbook stats\n  pocketbook stats --json --db "
		   "/var/lib/pocketbook/pocketbook.db\n",
	COMMAND_OPTIONS(stats_options),
	.run = stats_run,
};
