/* `pocketbook restore`: replaces the database by a backup. */
#include "base/exit.h"
#include "base/fault.h"
#include "cli/admin.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/atomic_file.h"
#include "cli/copy_report.h"
#include "store/store_admin.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct option_spec restore_options[] = {
	{ .name = "force",
	  .kind = OPTION_FLAG,
	  .help = "Replace the database if it exists. The old one stays until the new one is "
		  "complete." },
	{ .name = "json",
	  .kind = OPTION_FLAG,
	  .help = "Print a JSON object with the counts, for programs." },
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

/* If root restores, the database must belong to the user of the server: the owner of
 * the old database, or else of the directory. That user may have put anything in the
 * place of the copy meanwhile, so its descriptor is given away, not its name, and links
 * are not followed. */
static void give_away(const struct atomic_file *copy)
{
	char directory[PATH_MAX];
	struct stat owner;

	if (geteuid() != 0)
		return;
	if (lstat(copy->target, &owner) < 0 &&
	    (atomic_file_directory(copy->target, directory) != RC_OK ||
	     stat(directory, &owner) < 0))
		return;
	if (fchown(copy->fd, owner.st_uid, owner.st_gid) < 0)
		say("%s: cannot be given to the user %u: %s", copy->target, (unsigned)owner.st_uid,
		    strerror(errno));
}

struct verifying {
	struct progress *progress;
	struct error found; /* the first error; `check` reports all of them */
};

static void on_fault(void *arg, struct slice place, struct slice what)
{
	struct verifying *verifying = arg;

	if (verifying->found.text[0] == '\0')
		(void)error_set(&verifying->found, RC_OK, "%.*s: %.*s", (int)place.len, place.data,
				(int)what.len, what.data);
}

static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct verifying *verifying = arg;

	progress_at(verifying->progress, what, done, total);
}

static enum rc restore_verify(const char *file, const char *copy, struct progress *progress,
			      struct error *err)
{
	struct verifying verifying = { progress, { "" } };
	const struct store_check check = { .on_fault = on_fault,
					   .on_progress = on_progress,
					   .arg = &verifying };
	struct store_stats_full stats;
	enum rc rc = store_check(copy, &check, &stats, err);

	if (rc == RC_OK && verifying.found.text[0])
		return error_set(err, RC_CORRUPT,
				 "%.200s is damaged: %.200s (see 'pocketbook help check')", file,
				 verifying.found.text);
	return rc;
}

/* Makes the copy a complete database with the current schema and a new epoch. */
static enum rc restore_make(const char *file, struct atomic_file *copy, struct progress *progress,
			    struct store_stats_full *stats, struct error *err)
{
	struct store *store;
	enum rc rc = store_copy(file, copy->path, progress_on_store, progress, stats, err);

	if (rc == RC_OK)
		rc = restore_verify(file, copy->path, progress, err);
	if (rc == RC_OK)
		rc = store_open(copy->path, STORE_WRITER, &store, err);
	if (rc != RC_OK)
		return rc;
	rc = store_new_epoch(store, file, err);
	store_close(store);
	return rc;
}

static enum rc restore_place(struct atomic_file *copy, bool force, struct error *err)
{
	enum rc rc;

	FAULT("restore_verified");
	give_away(copy);
	FAULT("restore_made");
	rc = store_close_for_replace(copy->target, err);
	if (rc == RC_OK)
		rc = atomic_file_sync_directory(copy->target, err);
	FAULT("restore_retired");
	return rc == RC_OK ? atomic_file_commit(copy, force, err) : rc;
}

/* `target`: the path of the database file, with symbolic links resolved. */
static enum rc restore_do(const char *file, const struct db_place *place, const char *target,
			  bool force, struct store_stats_full *stats, struct error *err)
{
	struct progress progress = progress_begin(STDERR_FILENO, "restore");
	struct atomic_file copy;
	int lock;
	enum rc rc = admin_lock(place, &lock, err);

	if (rc != RC_OK)
		return rc;
	rc = atomic_file_open(target, &copy, err);
	if (rc == RC_OK)
		rc = restore_make(file, &copy, &progress, stats, err);
	if (rc == RC_OK)
		rc = restore_place(&copy, force, err);
	atomic_file_abort(&copy);
	progress_wipe(&progress);
	(void)close(lock);
	return rc;
}

static int restore_check(const char *file, const struct db_place *place, bool force)
{
	if (place->path == NULL)
		return say_failed("%s is not a file; only database files can be restored",
				  place->db);
	if (access(file, R_OK) < 0)
		return say_failed("%s: %s", file, strerror(errno));
	if (atomic_file_is_same(file, place->path))
		return say_failed("%s is the database itself; name a backup of it", file);
	if (!force && access(place->path, F_OK) == 0)
		return say_failed(
			"%s already exists; name another with --db, or replace it with --force",
			place->db);
	return EXIT_SUCCESS;
}

static int restore_run(const struct invocation *invocation)
{
	const char *file = invocation->words[0];
	bool force = options_is_on(invocation->options, "force");
	char real[PATH_MAX];
	struct db_place place;
	struct store_stats_full stats;
	struct error err;
	int status = database_name(invocation->options, &place);
	enum rc rc;

	if (status == EXIT_SUCCESS)
		status = restore_check(file, &place, force);
	if (status != EXIT_SUCCESS)
		return status;
	rc = restore_do(file, &place, realpath(place.path, real) ? real : place.path, force, &stats,
			&err);
	if (rc != RC_OK)
		return say_failed("%s%s", err.text,
				  rc == RC_UNAVAILABLE ? "" : "; nothing was restored");
	return copy_report(&stats, options_is_on(invocation->options, "json"), place.db, file,
			   "every client will start anew with it");
}

const struct command command_restore = {
	.name = "restore",
	.usage = "FILE [OPTION]...",
	.words = "the FILE to restore from",
	.words_least = 1,
	.words_most = 1,
	.summary = "Replace the database by a backup.",
	.about = "Stop the server first: the database of a running server is not replaced.\n"
		 "The backup is copied, verified, and migrated if an older version made it; then "
		 "the copy replaces the database in one step. If anything fails before, nothing "
		 "has changed.\n"
		 "The database gets a new epoch: clients load everything again and push what they "
		 "have not pushed yet. Tokens are those of the backup: a token that was revoked "
		 "since then is valid again.\n"
		 "If root runs the command, the new database belongs to the owner of the old one, "
		 "or else of the directory.\n",
	.example = "  pocketbook restore /var/backups/pocketbook-2030-01-31.db \\\n"
		   "      --db pocketbook.db --force\n",
	COMMAND_OPTIONS(restore_options),
	.run = restore_run,
};
