/* `pocketbook check`: prints what store_check finds. */
#include "base/exit.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "store/store_admin.h"
#include "transit/transit.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static const struct option_spec check_options[] = {
	{ .name = "quick",
	  .kind = OPTION_FLAG,
	  .help = "Check the structure of the file only roughly, and no values: much faster." },
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON object, for programs." },
	OPTION_DB,
	OPTION_CONFIG,
};

struct findings {
	struct progress progress;
	bool json;
	uint64_t faults;
};

/* As part of one line. */
static void put_shown(struct buf *out, struct slice text)
{
	char piece[TEXT_PIECE_MAX];
	size_t taken;

	for (; text.len; text = slice_make(text.data + taken, text.len - taken))
		buf_put(out, piece, text_piece(text, piece, &taken));
}

static void put_json(struct buf *out, const char *name, struct slice text)
{
	struct buf shown = BUF_EMPTY;

	put_shown(&shown, text);
	transit_out_key(out, ENCODING_JSON, name);
	transit_out_string(out, ENCODING_JSON, buf_slice(&shown));
	buf_free(&shown);
}

static void on_fault(void *arg, struct slice place, struct slice what)
{
	struct findings *findings = arg;
	struct buf line = BUF_EMPTY;

	progress_wipe(&findings->progress);
	if (findings->json) {
		buf_put_text(&line, findings->faults ? ",\n {" : "\n {");
		put_json(&line, "place", place);
		buf_put_byte(&line, ',');
		put_json(&line, "reason", what);
		buf_put_byte(&line, '}');
	} else {
		put_shown(&line, place);
		buf_put_text(&line, ": ");
		put_shown(&line, what);
		buf_put_byte(&line, '\n');
	}
	findings->faults++;
	(void)fwrite(line.data, 1, line.len, stdout);
	buf_free(&line);
}

static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct findings *findings = arg;

	progress_at(&findings->progress, what, done, total);
}

static void say_findings(const char *db, const struct findings *findings,
			 const struct store_stats_full *stats)
{
	char documents[UNITS_DISPLAY_MAX], tombstones[UNITS_DISPLAY_MAX], groups[UNITS_DISPLAY_MAX],
		faults[UNITS_DISPLAY_MAX];

	units_display_counted(stats->documents, "document", documents);
	units_display_count(stats->tombstones, tombstones);
	units_display_counted(stats->groups, "group", groups);
	units_display_counted(findings->faults, "fault", faults);
	(void)fflush(stdout);
	say("%s: %s, %s deleted, in %s; %s found%s", db, documents, tombstones, groups,
	    findings->faults ? faults : "no fault", findings->faults ? "; restore a backup" : "");
}

static int check_run(const struct invocation *invocation)
{
	struct findings findings = { progress_begin(STDERR_FILENO, "check"),
				     options_is_on(invocation->options, "json"), 0 };
	const struct store_check check = { .quick = options_is_on(invocation->options, "quick"),
					   .on_fault = on_fault,
					   .on_progress = on_progress,
					   .arg = &findings };
	struct store_stats_full stats;
	struct db_place place;
	struct error err;
	enum rc rc;
	int status = database_find(invocation->options, &place);

	if (status != EXIT_SUCCESS)
		return status;
	if (findings.json)
		printf("{\"faults\":[");
	rc = store_check(place.db, &check, &stats, &err);
	progress_wipe(&findings.progress);
	if (findings.json)
		printf("],\n "
		       "\"complete\":%s,\"documents\":%llu,\"deleted\":%llu,\"groups\":%llu}\n",
		       rc == RC_OK ? "true" : "false", (unsigned long long)stats.documents,
		       (unsigned long long)stats.tombstones, (unsigned long long)stats.groups);
	if (rc != RC_OK)
		return say_failed("%s", err.text);
	if (!findings.json)
		say_findings(place.db, &findings, &stats);
	return findings.faults ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct command command_check = {
	.name = "check",
	.usage = "[OPTION]...",
	.summary = "Verify a database, online or offline.",
	.about = "Reads a snapshot of everything: the structure of the file, sequence numbers, the "
		 "id, version and value of each document, counters, and tokens. Backups are "
		 "checked the same way.\n"
		 "Prints a line for each error, with its location. The exit status is 1 if there "
		 "is any. Changes nothing, and uses little memory for a database of any size. "
		 "While it reads, the write-ahead log of a database in use cannot start over, so "
		 "it may grow.\n"
		 "Without a backup, 'doc put' or 'doc rm' replaces a document whose checksum "
		 "differs.\n",
	.example = "  pocketbook check --db /var/backups/pocketbook-2030-01-31.db\n",
	COMMAND_OPTIONS(check_options),
	.run = check_run,
};
