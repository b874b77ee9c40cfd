/* `pocketbook copy`: moves a database to another back end. The copying is
 * store/transfer.c. */
#include "base/exit.h"
#include "base/fault.h"
#include "base/units.h"
#include "cli/admin.h"
#include "cli/atomic_file.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "store/db_url.h"
#include "store/transfer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static const struct option_spec copy_options[] = {
	{ .name = "to",
	  .argument = "DATABASE",
	  .kind = OPTION_TEXT,
	  .help = "The database to make: the URL of an empty PostgreSQL database, or a file that "
		  "does not exist." },
	{ .name = "lanes",
	  .argument = "N",
	  .kind = OPTION_NUMBER,
	  .fallback = "1",
	  .min = 1,
	  .max = STORE_LANES_MAX,
	  .help = "Number of lanes of a PostgreSQL database that 'pocketbook init' has not made "
		  "yet. It cannot be changed later." },
	{ .name = "json",
	  .kind = OPTION_FLAG,
	  .help = "Print a JSON object with the counts and the checksum, for programs." },
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

static int copy_done(const struct invocation *invocation, const struct db_place *from,
		     const struct store_transferred *copied)
{
	char documents[UNITS_DISPLAY_MAX], tombstones[UNITS_DISPLAY_MAX], tokens[UNITS_DISPLAY_MAX];
	const char *to = options_text(invocation->options, "to");

	if (options_is_on(invocation->options, "json")) {
		printf("{\"documents\":%" PRIu64 ",\"deleted\":%" PRIu64 ",\"groups\":%" PRIu64
		       ",\"tokens\":%" PRIu64 ",\"head\":%" PRIu64 ",\"checksum\":\"%s\"}\n",
		       copied->documents, copied->tombstones, copied->groups, copied->tokens,
		       copied->head, copied->checksum);
		return EXIT_SUCCESS;
	}
	units_display_counted(copied->documents, "document", documents);
	units_display_count(copied->tombstones, tombstones);
	units_display_counted(copied->tokens, "token", tokens);
	say("%s has all of %s: %s, %s deleted, %s; both have the checksum %s; "
	    "clients go on with it, so start no server on the old one again",
	    to, from->db, documents, tombstones, tokens, copied->checksum);
	return EXIT_SUCCESS;
}

static enum rc copy_make(const struct invocation *invocation, const struct db_place *from,
			 struct atomic_file *file, struct store_transferred *copied,
			 struct error *err)
{
	struct progress progress = progress_begin(STDERR_FILENO, "copy");
	const struct store_transfer transfer = {
		.from = from->db,
		.to = options_text(invocation->options, "to"),
		.fd = file->fd,
		.lanes = (int)options_number(invocation->options, "lanes"),
		.on_progress = progress_on_store,
		.arg = &progress,
	};
	int lock;
	enum rc rc = admin_lock(from, &lock, err);

	if (rc != RC_OK)
		return rc;
	rc = store_transfer(&transfer, copied, err);
	FAULT("copy_made");
	if (rc == RC_OK && file->path)
		rc = atomic_file_commit(file, false, err);
	progress_wipe(&progress);
	(void)close(lock);
	return rc;
}

static int copy_to(const struct invocation *invocation, struct atomic_file *file)
{
	struct store_transferred copied;
	struct db_place from;
	struct error err;
	int status = database_find_for(invocation->options, file->path ? file : NULL, &from);
	enum rc rc;

	if (status != EXIT_SUCCESS)
		return status;
	rc = database_check_made(&from, &err);
	if (rc == RC_OK)
		rc = copy_make(invocation, &from, file, &copied, &err);
	if (rc != RC_OK)
		return say_failed("%s%s", err.text,
				  rc == RC_UNAVAILABLE ? "" : "; nothing was copied");
	return copy_done(invocation, &from, &copied);
}

static int copy_run(const struct invocation *invocation)
{
	const char *to = options_text(invocation->options, "to");
	struct atomic_file file = ATOMIC_FILE_NONE;
	struct db_url url;
	struct error err;
	int status;

	if (to == NULL)
		return say_usage("copy: needs --to DATABASE, such as postgresql://USER@HOST/NAME "
				 "(see 'pocketbook help copy')");
	if (db_url_parse(to, &url, &err) != RC_OK)
		return say_usage("%s: %s", options_place(invocation->options, "to", 0), err.text);
	if (url.path && access(url.path, F_OK) == 0)
		return say_failed("%s already exists; name a file that does not", to);
	if (url.path && atomic_file_open(url.path, &file, &err) != RC_OK)
		return say_failed("%s; nothing was copied", err.text);
	status = copy_to(invocation, &file);
	atomic_file_abort(&file);
	return status;
}

const struct command command_copy = {
	.name = "copy",
	.usage = "--to DATABASE [OPTION]...",
	.summary = "Copy a database into PostgreSQL, or back into a file.",
	.about = "Everything is kept: documents with their versions, deletions, numbers, tokens, "
		 "what "
		 "users have stored, and the epoch. So clients notice nothing: their cursors, and "
		 "what they have not pushed yet, are as good for the copy.\n"
		 "Stop all servers first, and afterwards start them on the copy alone: what is "
		 "written to the old database later is not in the new one.\n"
		 "The copy is made in one transaction, read back and compared with the original, "
		 "record by record, and only then committed. If anything fails before, nothing was "
		 "made.\n"
		 "In PostgreSQL the database must exist, in UTF-8, and have no documents and no "
		 "tokens; its user needs the right to create a schema in it. To try it out, copy "
		 "a backup (--db BACKUP).\n"
		 "A database with several lanes can only be copied into one with as many. The way "
		 "back into a file keeps the current epoch alone: a client that has not been there "
		 "since the last failover of PostgreSQL loads everything again.\n",
	.example = "  pocketbook copy --db /var/lib/pocketbook/pocketbook.db \\\n"
		   "      --to postgresql://pocketbook@db1,db2,db3/pocketbook\n"
		   "  pocketbook copy --db postgresql://pocketbook@db1,db2,db3/pocketbook \\\n"
		   "      --to pocketbook.db\n",
	COMMAND_OPTIONS(copy_options),
	.run = copy_run,
};
