/* The operations of the SQLite back end, as store/backend.h describes them, by the
 * file that implements them. backend.c makes its table of them. */
#ifndef STORE_SQLITE_OPERATIONS_H
#define STORE_SQLITE_OPERATIONS_H

#include "store/backend.h"

/* open.c */
MUST_USE enum rc sqlite_open(const struct db_url *db, enum store_role role, struct store **out,
			     struct error *err);
enum rc sqlite_init(const struct db_url *db, int lanes, struct error *err);
void sqlite_close(struct store *store);
MUST_USE enum rc sqlite_present(struct store *store, struct error *err);
uint64_t sqlite_identity(const struct store *store);
uint64_t sqlite_logs(const struct store *store);
uint64_t sqlite_logs_at(const struct db_url *db);

/* read.c */
void sqlite_changes(struct store *store, const struct store_query *query, on_store_page *on_page,
		    void *arg);
void sqlite_latest(struct store *store, struct slice group, on_store_place *on_place, void *arg);
void sqlite_head(struct store *store, on_store_places *on_places, void *arg);

/* history.c */
void sqlite_versions(struct store *store, const struct store_versions *query,
		     on_store_page *on_page, void *arg);

/* wal_index.c */
uint64_t sqlite_edition(struct store *store);

/* stats.c */
void sqlite_stats(struct store *store, on_store_stats *on_stats, void *arg);
void sqlite_users(struct store *store, unsigned limit, on_store_users *on_users, void *arg);
void sqlite_stats_full(struct store *store, on_store_stats_full *on_stats, void *arg);

/* tokens.c */
void sqlite_token_find(struct store *store, struct slice id, on_store_token *on_token, void *arg);

/* commit.c */
void sqlite_commit(struct store *store, const struct store_request *requests, size_t count,
		   on_store_replies *on_replies, void *arg);
MUST_USE enum rc sqlite_keep_history(struct store *store, struct slice rules);

/* wal.c */
MUST_USE enum rc sqlite_maintain(struct store *store);

/* scan.c */
MUST_USE enum rc sqlite_scan(struct store *store, const struct store_scan *scan,
			     on_store_doc *on_doc, void *arg);
MUST_USE enum rc sqlite_find(struct store *store, struct slice id, on_store_doc *on_doc, void *arg);
MUST_USE enum rc sqlite_ids_new(struct store_ids **out, struct error *err);
void sqlite_ids_free(struct store_ids *store_ids);
MUST_USE enum rc sqlite_ids_add(struct store_ids *store_ids, struct slice id, uint64_t number,
				uint64_t *first, struct error *err);

/* copy.c */
MUST_USE enum rc sqlite_copy(const struct db_url *from, int to, on_store_progress *on_progress,
			     void *arg, struct store_stats_full *stats, struct error *err);
MUST_USE enum rc sqlite_new_epoch(struct store *store, const char *path, struct error *err);
MUST_USE enum rc sqlite_close_for_replace(const struct db_url *db, struct error *err);

/* dump.c and load.c */
MUST_USE enum rc sqlite_dump(const struct db_url *db, const struct record_sink *sink,
			     struct error *err);
extern const struct backend_load sqlite_load;

/* check.c */
MUST_USE enum rc sqlite_check(const struct db_url *db, const struct store_check *asked,
			      struct store_stats_full *stats, struct error *err);

#endif
