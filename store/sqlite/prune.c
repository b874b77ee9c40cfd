/* Removes former versions of documents: one that is too many (history.c), old ones, and
 * those of tombstones (purge.c). */
#include "store/sqlite/prune.h"

#include "store/history.h"
#include "store/sqlite/statements.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

/* ---- Versions that were found ---- */

/* The oldest versions of a document, up to one. */
struct oldest {
	uint64_t gid;
	size_t id_at;
	size_t id_len;
	uint64_t last;
};

struct found {
	struct oldest *all;
	size_t count;
	size_t room;
	struct buf ids;
	uint64_t *large; /* the numbers under which long values lie in `large` */
	size_t large_count;
	size_t large_room;
	uint64_t versions;
};

static struct slice id_of(const struct found *found, const struct oldest *oldest)
{
	return slice_make(found->ids.data + oldest->id_at, oldest->id_len);
}

static struct oldest *oldest_of(struct found *found, uint64_t gid, struct slice id)
{
	struct oldest *last = found->count ? &found->all[found->count - 1] : NULL;

	if (last && last->gid == gid && slice_equal(id_of(found, last), id))
		return last;
	found->all = mem_grow(found->all, &found->room, found->count + 1, sizeof(*found->all));
	last = &found->all[found->count++];
	*last = (struct oldest){ .gid = gid, .id_at = found->ids.len, .id_len = id.len };
	buf_put_slice(&found->ids, id);
	return last;
}

/* The current row of a statement with SELECT_FORMER. Those of a document come in the
 * order of the primary key. */
static void found_add(struct found *found, sqlite3_stmt *stmt)
{
	struct oldest *oldest = oldest_of(found, sql_number(stmt, 0), sql_text(stmt, 1));
	const uint64_t version = sql_number(stmt, 2), large = sql_number(stmt, 3);

	assert(version > oldest->last);
	oldest->last = version;
	found->versions++;
	if (large == 0)
		return;
	found->large = mem_grow(found->large, &found->large_room, found->large_count + 1,
				sizeof(*found->large));
	found->large[found->large_count++] = large;
}

static void found_free(struct found *found)
{
	free(found->all);
	free(found->large);
	buf_free(&found->ids);
}

/* A document's versions lie together: one statement removes them. */
static enum rc found_drop(const struct found *found, struct sqlite *sqlite)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_DROP_FORMER], *large = sqlite->sql[SQL_DROP_LARGE];
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < found->count; i++) {
		sql_bind_number(stmt, 1, found->all[i].gid);
		sql_bind_text(stmt, 2, id_of(found, &found->all[i]));
		sql_bind_number(stmt, 3, found->all[i].last);
		rc = sql_run(stmt);
	}
	for (size_t i = 0; rc == RC_OK && i < found->large_count; i++) {
		sql_bind_number(large, 1, found->large[i]);
		rc = sql_run(large);
	}
	return rc;
}

/* Removes the versions that the statement finds. */
static enum rc drop(struct sqlite *sqlite, sqlite3_stmt *stmt, uint64_t *dropped)
{
	struct found found = { .count = 0 };
	enum rc rc;
	bool row;

	while ((rc = sql_step(stmt, &row)) == RC_OK && row)
		found_add(&found, stmt);
	if (rc == RC_OK)
		rc = found_drop(&found, sqlite);
	*dropped += found.versions;
	found_free(&found);
	return rc;
}

enum rc prune_document(struct sqlite *sqlite, uint64_t gid, struct slice id, uint64_t last,
		       uint64_t limit)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_TOO_MANY];
	uint64_t dropped = 0;

	sql_bind_number(stmt, 1, gid);
	sql_bind_text(stmt, 2, id);
	sql_bind_number(stmt, 3, last);
	sql_bind_number(stmt, 4, limit);
	return drop(sqlite, stmt, &dropped);
}

enum rc prune_deleted(struct sqlite *sqlite, int64_t before, uint64_t limit, uint64_t *pruned)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_PRUNE_DELETED];

	if (before <= 0)
		return RC_OK;
	sql_bind_number(stmt, 1, (uint64_t)before);
	sql_bind_number(stmt, 2, limit);
	return drop(sqlite, stmt, pruned);
}

/* ---- Old ones ---- */

/* A walk through the primary key of `history`: by group, document and version. An index
 * by time would cost every edit as much as keeping the version does. The versions of a
 * document become older one after the other, so that the first one that stays ends the
 * walk through its document: what is looked at are the documents that have any, and
 * what is removed. */
struct walk {
	struct transaction *transaction;
	const struct store_request *request;
	sqlite3_stmt *stmt;
	struct buf bound; /* its parameter */
	uint64_t looked;
	uint64_t gid; /* the last version that was looked at */
	struct buf id;
	uint64_t version;
	uint64_t group;  /* whose time this is */
	uint64_t before; /* versions replaced before it are removed; 0: none */
	struct found found;
};

/* After (gid, id, version). */
static void walk_seek(struct walk *walk, uint64_t gid, struct slice id, uint64_t version)
{
	sqlite3_reset(walk->stmt);
	walk->bound.len = 0;
	buf_put_slice(&walk->bound, id);
	sql_bind_number(walk->stmt, 1, gid);
	sql_bind_text(walk->stmt, 2, buf_slice(&walk->bound));
	sql_bind_number(walk->stmt, 3, version);
}

static enum rc walk_enter(struct walk *walk, uint64_t gid)
{
	const struct store_request *request = walk->request;
	sqlite3_stmt *stmt = walk->transaction->sqlite->sql[SQL_GROUP_NAME];
	enum rc rc;
	bool row;

	walk->group = gid;
	walk->before = request->ended_before > 0 ? (uint64_t)request->ended_before : 0;
	if (request->ended == NULL)
		return RC_OK;
	sql_bind_number(stmt, 1, gid);
	rc = sql_step(stmt, &row);
	walk->before = row ? history_find(request->ended, sql_text(stmt, 0)) : 0;
	sqlite3_reset(stmt);
	return rc;
}

/* Takes the current row, or skips what comes before the next document, or before the
 * next group, if nothing of this one is old. */
static enum rc walk_take(struct walk *walk)
{
	const uint64_t gid = sql_number(walk->stmt, 0);
	enum rc rc = gid == walk->group ? RC_OK : walk_enter(walk, gid);

	if (rc != RC_OK)
		return rc;
	walk->looked++;
	walk->gid = gid;
	walk->id.len = 0;
	buf_put_slice(&walk->id, sql_text(walk->stmt, 1));
	walk->version = sql_number(walk->stmt, 2);
	if (sql_number(walk->stmt, 4) < walk->before) {
		found_add(&walk->found, walk->stmt);
		return RC_OK;
	}
	walk->version = VERSION_END;
	if (walk->before)
		walk_seek(walk, gid, buf_slice(&walk->id), VERSION_END);
	else
		walk_seek(walk, gid + 1, slice_of(""), 0);
	return RC_OK;
}

/* *more: it ends at the limit. */
static enum rc walk_run(struct walk *walk, bool *more)
{
	const struct store_former *from = &walk->request->from;
	enum rc rc = RC_OK;
	bool row = true;

	walk_seek(walk, from->gid, from->id, from->version);
	while (rc == RC_OK && walk->looked < walk->request->limit &&
	       (rc = sql_step(walk->stmt, &row)) == RC_OK && row)
		rc = walk_take(walk);
	sqlite3_reset(walk->stmt);
	*more = row;
	return rc == RC_OK ? found_drop(&walk->found, walk->transaction->sqlite) : rc;
}

enum rc prune_old(struct transaction *transaction, const struct store_request *request,
		  struct store_reply *reply, struct buf *bytes, uint64_t *looked)
{
	struct walk walk = { .transaction = transaction,
			     .request = request,
			     .stmt = transaction->sqlite->sql[SQL_FORMER_AFTER] };
	enum rc rc;

	if (request->ended_before <= 0 && request->ended == NULL)
		return RC_OK;
	rc = walk_run(&walk, &reply->more);
	if (rc == RC_OK && reply->more) {
		buf_put_slice(bytes, buf_slice(&walk.id));
		reply->next = (struct store_former){ .gid = walk.gid,
						     .id = buf_slice(bytes),
						     .version = walk.version };
	}
	reply->pruned += walk.found.versions;
	*looked += walk.looked;
	found_free(&walk.found);
	buf_free(&walk.id);
	buf_free(&walk.bound);
	return rc;
}
