/* The table of the PostgreSQL back end. cli/main.c hands it to store_add_backend. */
#include "store/postgres/backend.h"

#include "store/postgres/operations.h"

const struct backend backend_postgres = {
	.scheme = "postgresql",
	.own_stats = postgres_own_stats,
	.own_stat_count = POSTGRES_OWN_COUNT,
	.find_needs = postgres_find_needs,
	.use_password = conninfo_use_password,
	.open = postgres_open,
	.close = postgres_close,
	.changes = postgres_changes,
	.versions = postgres_versions,
	.latest = postgres_latest,
	.head = postgres_head,
	.follows = postgres_follows,
	.stats = postgres_stats,
	.stats_full = postgres_stats_full,
	.users = postgres_users,
	.token_find = postgres_token_find,
	.commit = postgres_commit,
	.maintain = postgres_maintain,
	.poll = postgres_poll,
	.run = postgres_run,
	.cancel = postgres_cancel,
	.is_idle = postgres_is_idle,
	.watch = postgres_watch,
	.scan = postgres_scan,
	.find = postgres_find,
	.new_epoch = postgres_new_epoch,
	.copy = postgres_copy,
	.dump = postgres_dump,
	.load = &postgres_load,
	.check = postgres_check,
	.close_for_replace = postgres_close_for_replace,
	.init = postgres_init,
};
