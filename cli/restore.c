/* `pocketbook restore`: replaces the database by a backup. */
#include "base/exit.h"
#include "base/fault.h"
#include "cli/admin.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/atomic_file.h"
#include "cli/audit_note.h"
#include "cli/copy_report.h"
#include "os/trusted_path.h"
#include "store/store_admin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define SENDFILE_BYTES ((size_t)1 << 20)

static const struct option_spec restore_options[] = {
	{ .name = "force",
	  .kind = OPTION_FLAG,
	  .help = "Replace the database if it exists. The old one stays until the new one is "
		  "complete." },
	{ .name = "json",
	  .kind = OPTION_FLAG,
	  .help = "Print a JSON object with the counts, for programs." },
	OPTION_DAMAGED,
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

/* Opens the backup. If root restores into a directory of another user, it
 * opens the file before it becomes that user, who may not be able to; and it opens no
 * file by name, more than once, in such a directory. */
struct source {
	const char *file;
	int fd; /* -1: it is read by name */
};

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
			      struct store_stats_full *stats, struct error *err)
{
	struct verifying verifying = { progress, { "" } };
	const struct store_check check = { .on_fault = on_fault,
					   .count_damaged = true,
					   .on_progress = on_progress,
					   .arg = &verifying };
	enum rc rc = store_check(copy, &check, stats, err);

	if (rc == RC_OK && verifying.found.text[0])
		return error_set(err, RC_CORRUPT,
				 "%.200s is damaged: %.200s (see 'pocketbook help check')", file,
				 verifying.found.text);
	return rc;
}

/* A backup is a single file, so its bytes are all of it. */
static enum rc restore_bytes(const struct source *source, int to, struct error *err)
{
	ssize_t put = 1;

	while (put > 0 || (put < 0 && errno == EINTR))
		put = sendfile(to, source->fd, NULL, SENDFILE_BYTES);
	if (put == 0)
		return RC_OK;
	return error_set(err, errno == ENOSPC || errno == EDQUOT ? RC_FULL : RC_IO,
			 "%.200s could not be copied: %s", source->file, strerror(errno));
}

/* Makes the copy a complete database with the current schema and a new epoch. */
static enum rc restore_make(const struct source *source, struct atomic_file *copy,
			    struct progress *progress, struct store_stats_full *stats,
			    struct error *err)
{
	struct store *store;
	enum rc rc = source->fd >= 0 ? restore_bytes(source, copy->fd, err)
				     : store_copy(source->file, copy->fd, progress_on_store,
						  progress, stats, err);

	if (rc == RC_OK)
		rc = restore_verify(source->file, copy->path, progress, stats, err);
	FAULT("restore_verified");
	if (rc == RC_OK)
		rc = store_open(copy->path, STORE_WRITER, &store, err);
	if (rc != RC_OK)
		return rc;
	rc = store_new_epoch(store, source->file, err);
	store_close(store);
	return rc;
}

static enum rc restore_place(struct atomic_file *copy, bool force, struct error *err)
{
	enum rc rc;

	FAULT("restore_made");
	rc = store_close_for_replace(copy->target, err);
	if (rc == RC_OK)
		rc = atomic_file_sync_directory(copy, err);
	FAULT("restore_retired");
	return rc == RC_OK ? atomic_file_commit(copy, force, err) : rc;
}

static void restore_record(const struct source *source, const struct db_place *place,
			   const struct store_stats_full *stats)
{
	struct buf line = BUF_EMPTY;

	audit_begin(&line, caller_self(), "restore");
	audit_put_text(&line, "file", slice_of(source->file));
	audit_put_number(&line, "documents", stats->documents);
	audit_end(&line);
	audit_note(place, &line);
}

/* `target`: the path of the database file, with symbolic links resolved. */
static enum rc restore_do(const struct source *source, const struct db_place *place,
			  const char *target, const struct options *options,
			  struct store_stats_full *stats, struct error *err)
{
	struct progress progress = progress_begin(STDERR_FILENO, "restore");
	struct atomic_file copy;
	int lock;
	enum rc rc = admin_lock(place, &lock, err);

	if (rc != RC_OK)
		return rc;
	rc = atomic_file_open(target, &copy, err);
	if (rc == RC_OK)
		rc = restore_make(source, &copy, &progress, stats, err);
	if (rc == RC_OK)
		rc = copy_refuse_lost(stats, options, source->file, err);
	if (rc == RC_OK)
		rc = restore_place(&copy, options_is_on(options, "force"), err);
	if (rc == RC_OK || rc == RC_UNAVAILABLE)
		restore_record(source, place, stats);
	atomic_file_abort(&copy);
	progress_wipe(&progress);
	(void)close(lock);
	return rc;
}

static bool is_database(const struct source *source, const char *path)
{
	struct stat one, other;
	int failed = source->fd >= 0 ? fstat(source->fd, &one) : stat(source->file, &one);

	return failed == 0 && stat(path, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

static int restore_check(const struct source *source, const struct db_place *place, bool force)
{
	if (place->path == NULL)
		return say_failed("%s is not a file; only database files can be restored",
				  place->db);
	if (is_database(source, place->path))
		return say_failed("%s is the database itself; name a backup of it", source->file);
	if (!force && access(place->path, F_OK) == 0)
		return say_failed(
			"%s already exists; name another with --db, or replace it with --force",
			place->db);
	return EXIT_SUCCESS;
}

/* Is there a log beside the file, without which it is not complete? */
static bool has_log(const char *file)
{
	char name[NAME_MAX + 1], log[NAME_MAX + 1];
	int dir = trusted_path_open_parent(file, name);
	struct stat status = { .st_size = 0 };

	if (dir < 0)
		return false;
	if (snprintf(log, sizeof(log), "%s-wal", name) < (int)sizeof(log) &&
	    fstatat(dir, log, &status, AT_SYMLINK_NOFOLLOW) < 0)
		status.st_size = 0;
	(void)close(dir);
	return status.st_size > 0;
}

/* Opens FILE, and becomes the owner of the database's directory. */
static int restore_open(const struct invocation *invocation, struct source *source,
			struct db_place *place)
{
	bool was_root = geteuid() == 0, by_fd, log;
	struct path_owner owner;
	int status;

	source->fd = trusted_path_open(source->file);
	if (source->fd < 0)
		return say_failed("%s: %s; nothing was restored", source->file, strerror(errno));
	by_fd = trusted_path_owner(source->file, &owner, NULL) != RC_OK || owner.is_foreign;
	log = has_log(source->file);
	status = database_name(invocation->options, place);
	by_fd = by_fd || (was_root && geteuid() != 0);
	if (status == EXIT_SUCCESS && by_fd) {
		if (log)
			status = say_failed("%s has a log beside it, %s-wal, so it is no backup; "
					    "make one of it with 'pocketbook backup'",
					    source->file, source->file);
		return status;
	}
	(void)close(source->fd);
	source->fd = -1;
	return status;
}

static int restore_from(const struct invocation *invocation, struct source *source)
{
	bool force = options_is_on(invocation->options, "force");
	char real[PATH_MAX];
	struct db_place place;
	struct store_stats_full stats;
	struct error err;
	int status = restore_open(invocation, source, &place);
	enum rc rc;

	if (status == EXIT_SUCCESS)
		status = restore_check(source, &place, force);
	if (status != EXIT_SUCCESS)
		return status;
	rc = restore_do(source, &place, realpath(place.path, real) ? real : place.path,
			invocation->options, &stats, &err);
	if (rc != RC_OK)
		return say_failed("%s%s", err.text,
				  rc == RC_UNAVAILABLE ? "" : "; nothing was restored");
	return copy_report(&stats, options_is_on(invocation->options, "json"), place.db,
			   source->file, "every client will start anew with it");
}

static int restore_run(const struct invocation *invocation)
{
	struct source source = { .file = invocation->words[0], .fd = -1 };
	int status = restore_from(invocation, &source);

	if (source.fd >= 0)
		(void)close(source.fd);
	return status;
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
		 "Documents that are damaged in the backup are restored as they are; that is "
		 "reported, and the exit status is 3. A backup in which every document is damaged "
		 "is refused, except with --damaged.\n"
		 "The database gets a new epoch: clients load everything again and push what they "
		 "have not pushed yet. Tokens are those of the backup: a token that was revoked "
		 "since then is valid again.\n"
		 "If root runs the command and the directory of the database belongs to another "
		 "user, the new database is that user's.\n",
	.example = "  pocketbook restore /var/backups/pocketbook-2030-01-31.db \\\n"
		   "      --db pocketbook.db --force\n",
	COMMAND_OPTIONS(restore_options),
	.run = restore_run,
};
