/* `pocketbook backup`: a verified copy of the database. The copying is store_copy. */
#include "base/exit.h"
#include "base/fault.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/atomic_file.h"
#include "cli/copy_report.h"
#include "store/store_admin.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct option_spec backup_options[] = {
	{ .name = "force",
	  .kind = OPTION_FLAG,
	  .help = "Replace FILE if it exists. The old file stays until the new one is complete." },
	{ .name = "json",
	  .kind = OPTION_FLAG,
	  .help = "Print a JSON object with the counts, for programs." },
	OPTION_DAMAGED,
	OPTION_DB,
	OPTION_CONFIG,
};

static enum rc backup_make(const char *db, struct atomic_file *copy, const struct options *options,
			   struct store_stats_full *stats, struct error *err)
{
	struct progress progress = progress_begin(STDERR_FILENO, "backup");
	enum rc rc = store_copy(db, copy->fd, progress_on_store, &progress, stats, err);

	FAULT("backup_copied");
	if (rc == RC_OK)
		rc = copy_refuse_lost(stats, options, db, err);
	if (rc == RC_OK)
		rc = atomic_file_commit(copy, options_is_on(options, "force"), err);
	progress_wipe(&progress);
	return rc;
}

static int backup_to(const struct invocation *invocation, struct atomic_file *copy)
{
	const char *file = invocation->words[0];
	struct store_stats_full stats;
	struct db_place place;
	struct error err;
	enum rc rc;
	int status = database_find_for(invocation->options, copy, &place);

	if (status != EXIT_SUCCESS)
		return status;
	if (place.path && atomic_file_replaces(copy, place.path))
		return say_failed("%s is the database itself; name another file", file);
	rc = backup_make(place.db, copy, invocation->options, &stats, &err);
	if (rc != RC_OK)
		return rc == RC_UNAVAILABLE
			       ? say_failed("%s", err.text)
			       : say_failed("%s; no backup was made in %s", err.text, file);
	return copy_report(&stats, options_is_on(invocation->options, "json"), file, place.db,
			   "verified");
}

static int backup_run(const struct invocation *invocation)
{
	const char *file = invocation->words[0];
	struct atomic_file copy;
	struct error err;
	int status;

	if (strcmp(file, "-") == 0)
		return say_usage("FILE is -: a backup is read back, so it cannot be written to the "
				 "standard output; name a file, or ./-");
	if (!options_is_on(invocation->options, "force") && access(file, F_OK) == 0)
		return say_failed(
			"%s already exists; name another file, or replace it with --force", file);
	if (atomic_file_open(file, &copy, &err) != RC_OK)
		return say_failed("%s; no backup was made", err.text);
	status = backup_to(invocation, &copy);
	atomic_file_abort(&copy);
	return status;
}

const struct command command_backup = {
	.name = "backup",
	.usage = "FILE [OPTION]...",
	.words = "the FILE to make",
	.words_least = 1,
	.words_most = 1,
	.summary = "Copy the whole database into one file, online or offline.",
	.about =
		"The copy is a snapshot of everything, tokens included. It is read back and "
		"verified, and is on disk when the command ends; until then, there is no file of "
		"that name. Only its owner may read it.\n"
		"The unfinished file is FILE.unfinished-XXXXXX. If a backup is killed, the next "
		"one to the same FILE removes what it left.\n"
		"A running server keeps serving. While pages are being copied, the write-ahead "
		"log of the database cannot start over, so it may grow.\n"
		"Documents that are damaged are copied as they are, and all others with them: that "
		"is reported, and the exit status is 3. No backup is made if every document is "
		"damaged, as it might replace a good one, except with --damaged. If the structure "
		"of the file is damaged, "
		"no "
		"backup is made.\n"
		"'pocketbook restore' makes a database of the copy again; 'pocketbook check --db "
		"FILE' also verifies each value in it.\n",
	.example = "  pocketbook backup /var/backups/pocketbook-$(date +%F).db \\\n"
		   "      --db /var/lib/pocketbook/pocketbook.db\n",
	COMMAND_OPTIONS(backup_options),
	.run = backup_run,
};
