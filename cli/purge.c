/* `pocketbook purge`: removes old tombstones and versions in pieces. The daily purge of
 * a server is writer/retention.c. */
#include "base/clock.h"
#include "base/exit.h"
#include "base/units.h"
#include "cli/admin.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "store/docid.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE 1000 /* rows of one request: a running server takes pushes between two of them */

static const struct option_spec purge_options[] = {
	{
		.name = "older-than",
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.min = 0,
		.max = 36500 * UINT64_C(86400),
		.help = "Purge documents deleted longer ago than this, such as 30d; 0s purges all "
			"that are deleted.",
	},
	{
		.name = "history",
		.only_as_word = true, /* elsewhere, it is that of serve */
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.min = 0,
		.max = 36500 * UINT64_C(86400),
		.help = "Remove former versions of documents (serve --history) that were replaced "
			"longer ago than this; 0s removes all of them.",
	},
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON object, for programs." },
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

/* If the clock was wrong once, tombstones may have times in the future, so "all" is no
 * time. */
static int64_t time_before(uint64_t age)
{
	return age ? clock_wall() - (int64_t)age : INT64_MAX;
}

/* A purge under way. */
struct purge {
	const struct db_place *place;
	struct store_request request;
	char id[DOCID_MAX]; /* of request.from */
	struct progress progress;
	struct store_reply sum;
	bool more;
};

/* The next piece goes on from there. */
static void purge_go_on(struct purge *purge, const struct store_former *next)
{
	purge->request.from = *next;
	purge->request.from.id.data = purge->id;
	if (next->id.len)
		memcpy(purge->id, next->id.data, next->id.len);
	else
		purge->request.ended_before = 0;
}

static int purge_piece(struct purge *purge)
{
	const char *db = purge->place->db;
	struct admin_answer answer;
	struct error err;
	int status = EXIT_SUCCESS;
	enum rc rc = admin_do(purge->place, &purge->request, &answer, &err);

	if (rc != RC_OK || answer.reply.rc != RC_OK)
		progress_wipe(&purge->progress);
	if (rc != RC_OK)
		status = say_failed("%s", err.text);
	else if (answer.reply.rc != RC_OK)
		status = say_failed("%s: the purge was refused (%s)", db, rc_name(answer.reply.rc));
	purge->sum.purged += answer.reply.purged;
	purge->sum.pruned += answer.reply.pruned;
	purge->more = answer.reply.more;
	purge_go_on(purge, &answer.reply.next);
	admin_answer_clear(&answer);
	return status;
}

/* Purges piece by piece. The sum is valid also after a failure. */
static int purge_all(struct purge *purge)
{
	int status;

	purge->progress = progress_begin(STDERR_FILENO, "purge");
	do {
		status = purge_piece(purge);
		progress_at(&purge->progress, "purged", purge->sum.purged + purge->sum.pruned, 0);
	} while (purge->more && status == EXIT_SUCCESS);
	progress_wipe(&purge->progress);
	return status;
}

static bool read_ages(const struct options *options, struct store_request *out)
{
	const bool has_deleted = options_text(options, "older-than") != NULL;
	const bool has_history = options_text(options, "history") != NULL;

	if (has_deleted)
		out->before = time_before(options_number(options, "older-than"));
	if (has_history)
		out->ended_before = time_before(options_number(options, "history"));
	return has_deleted || has_history;
}

static void say_purged(const struct store_reply *sum)
{
	char versions[UNITS_DISPLAY_MAX];

	printf("%" PRIu64 " purged", sum->purged);
	units_display_counted(sum->pruned, "former version", versions);
	if (sum->pruned)
		printf(", and %s", versions);
	putchar('\n');
}

static int purge_run(const struct invocation *invocation)
{
	const struct options *options = invocation->options;
	struct db_place place;
	struct purge purge = { .place = &place,
			       .request = { .kind = STORE_PURGE, .limit = PIECE } };
	const struct store_reply *sum = &purge.sum;
	int status;

	if (!read_ages(options, &purge.request))
		return say_usage("purge: needs --older-than TIME, such as 30d, or --history TIME "
				 "(see 'pocketbook help purge')");
	status = database_find_made(options, &place);
	if (status != EXIT_SUCCESS)
		return status;
	status = purge_all(&purge);
	if (options_is_on(options, "json"))
		printf("{\"purged\":%" PRIu64 ",\"versions\":%" PRIu64 ",\"complete\":%s}\n",
		       sum->purged, sum->pruned, status == EXIT_SUCCESS ? "true" : "false");
	else if (status == EXIT_SUCCESS || sum->purged || sum->pruned)
		say_purged(sum);
	return status;
}

const struct command command_purge = {
	.name = "purge",
	.usage = "--older-than TIME|--history TIME [OPTION]...",
	.summary = "Remove tombstones of documents that were deleted long ago, and old versions.",
	.about = "A deleted document stays as a tombstone, so that clients that were offline learn "
		 "of the deletion. Purging removes old tombstones. A client that was offline for "
		 "longer than their age must load everything again; its own unsent edits are not "
		 "lost. The former versions of a document go with its tombstone.\n"
		 "Works on a running server, which keeps serving, or without one. 'serve "
		 "--retention TIME' purges daily.\n",
	.example = "  pocketbook purge --older-than 30d\n",
	COMMAND_OPTIONS(purge_options),
	.run = purge_run,
};
