/* The table of the SQLite back end. cli/main.c hands it to store_add_backend. */
#include "store/sqlite/backend.h"

#include "os/sandbox.h"
#include "store/sqlite/operations.h"
#include "store/sqlite/stats.h"

#include <fcntl.h>

/* SQLite's locks, and how it writes its files; readers have theirs open, and map or
 * read them. */
#define LOCKS \
	SANDBOX_ALLOW_IF(fcntl, SANDBOX_ARG(1, F_SETLK)), \
		SANDBOX_ALLOW_IF(fcntl, SANDBOX_ARG(1, F_GETLK))

static const struct sandbox_rule reader_calls[] = { LOCKS, SANDBOX_END };
static const struct sandbox_rule writer_calls[] = { LOCKS,
						    SANDBOX_ALLOW(pwrite64),
						    SANDBOX_ALLOW(fsync),
						    SANDBOX_ALLOW(fdatasync),
						    SANDBOX_ALLOW(ftruncate),
						    SANDBOX_ALLOW(fallocate),
						    SANDBOX_ALLOW(fadvise64),
						    SANDBOX_ALLOW(unlink),
						    SANDBOX_ALLOW(fchown),
						    SANDBOX_ALLOW(fchmod),
						    SANDBOX_END };

const struct backend backend_sqlite = {
	.scheme = "sqlite",
	.own_stats = sqlite_own_stats,
	.own_stat_count = SQLITE_OWN_COUNT,
	.needs = { .reader_calls = reader_calls,
		   .writer_calls = writer_calls,
		   .writer_opens = true },
	.open = sqlite_open,
	.close = sqlite_close,
	.present = sqlite_present,
	.identity = sqlite_identity,
	.logs = sqlite_logs,
	.logs_at = sqlite_logs_at,
	.changes = sqlite_changes,
	.versions = sqlite_versions,
	.latest = sqlite_latest,
	.head = sqlite_head,
	.edition = sqlite_edition,
	.stats = sqlite_stats,
	.stats_full = sqlite_stats_full,
	.users = sqlite_users,
	.token_find = sqlite_token_find,
	.commit = sqlite_commit,
	.maintain = sqlite_maintain,
	.keep_history = sqlite_keep_history,
	.scan = sqlite_scan,
	.find = sqlite_find,
	.new_epoch = sqlite_new_epoch,
	.copy = sqlite_copy,
	.dump = sqlite_dump,
	.load = &sqlite_load,
	.check = sqlite_check,
	.close_for_replace = sqlite_close_for_replace,
	.init = sqlite_init,
	.ids_new = sqlite_ids_new,
	.ids_free = sqlite_ids_free,
	.ids_add = sqlite_ids_add,
};
