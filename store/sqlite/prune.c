/* Removes former versions of documents: some that are too many (history.c), old ones,
 * and those of tombstones (purge.c). Each version has the key of the one before it:
 * those of a document are removed from the oldest on, so that all that stay can be
 * reached. */
#include "store/sqlite/prune.h"

#include "store/history.h"
#include "store/sqlite/statements.h"

#include "base/mem.h"

#include <stdlib.h>

static enum rc drop(struct sqlite *sqlite, uint64_t key, uint64_t large)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_DROP_VERSION];
	enum rc rc;

	sql_bind_number(stmt, 1, key);
	rc = sql_run(stmt);
	if (rc != RC_OK || large == 0)
		return rc;
	stmt = sqlite->sql[SQL_DROP_LARGE];
	sql_bind_number(stmt, 1, large);
	return sql_run(stmt);
}

/* ---- Of one document ---- */

/* Versions that are removed, from the newest to the oldest. */
struct excess {
	struct {
		uint64_t key;
		uint64_t large; /* the number under which its value lies in `large`; or 0 */
	} * all;
	size_t count;
	size_t room;
};

/* The index has every 16th version. The third mark bounds how many versions one call
 * removes; with fewer marks, the first remaining version bounds them. */
#define MARKS_READ 3

struct mark {
	uint64_t key;
	uint64_t version;
};

static enum rc read_marks(struct sqlite *sqlite, const struct prune_chain *chain,
			  struct mark marks[MARKS_READ], size_t *count)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_MARKS];
	enum rc rc = RC_OK;
	bool row = true;

	*count = 0;
	sql_bind_number(stmt, 1, chain->gid);
	sql_bind_text(stmt, 2, chain->id);
	sql_bind_number(stmt, 3, MARKS_READ);
	while (*count < MARKS_READ && (rc = sql_step(stmt, &row)) == RC_OK && row)
		marks[(*count)++] =
			(struct mark){ .key = sql_number(stmt, 0), .version = sql_number(stmt, 1) };
	sqlite3_reset(stmt);
	return rc;
}

/* Replaces the newest version by one that is nearer to those that are removed, and the
 * last of these by one before it if they are many. */
static enum rc come_near(struct sqlite *sqlite, struct prune_chain *chain)
{
	struct mark marks[MARKS_READ];
	size_t count, i = 0;
	enum rc rc = read_marks(sqlite, chain, marks, &count);

	if (rc != RC_OK)
		return rc;
	while (i < count && marks[i].version <= chain->last)
		i++;
	if (i == MARKS_READ)
		chain->last = marks[--i].version - 1;
	if (i < count)
		chain->newest = marks[i].key;
	return RC_OK;
}

static void excess_add(struct excess *excess, uint64_t key, uint64_t large)
{
	excess->all = mem_grow(excess->all, &excess->room, excess->count + 1, sizeof(*excess->all));
	excess->all[excess->count].key = key;
	excess->all[excess->count++].large = large;
}

static enum rc find_excess(struct sqlite *sqlite, const struct prune_chain *chain,
			   struct excess *excess)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_LINK];
	uint64_t key = chain->newest;
	enum rc rc = RC_OK;

	sql_bind_number(stmt, 1, chain->gid);
	sql_bind_text(stmt, 2, chain->id);
	while (rc == RC_OK && key) {
		uint64_t former = 0;
		bool row;

		sql_bind_number(stmt, 3, key);
		rc = sql_step(stmt, &row);
		if (rc == RC_OK && row) {
			former = sql_number(stmt, 0);
			if (sql_number(stmt, 1) <= chain->last)
				excess_add(excess, key, sql_number(stmt, 2));
		}
		sqlite3_reset(stmt);
		key = former < key ? former : 0;
	}
	return rc;
}

enum rc prune_document(struct sqlite *sqlite, const struct prune_chain *chain, uint64_t limit,
		       uint64_t *dropped)
{
	struct prune_chain near = *chain;
	struct excess excess = { .count = 0 };
	enum rc rc = come_near(sqlite, &near);

	if (rc == RC_OK)
		rc = find_excess(sqlite, &near, &excess);
	for (size_t i = excess.count; rc == RC_OK && i > 0 && limit > 0; i--, limit--) {
		rc = drop(sqlite, excess.all[i - 1].key, excess.all[i - 1].large);
		*dropped += rc == RC_OK;
	}
	free(excess.all);
	return rc;
}

/* ---- Of tombstones ---- */

struct deleted {
	struct prune_chain *all; /* their ids in `ids`, one after the other */
	size_t count;
	size_t room;
	struct buf ids;
};

static enum rc find_deleted(struct sqlite *sqlite, int64_t before, uint64_t limit,
			    struct deleted *deleted)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_PRUNE_DELETED];
	enum rc rc;
	bool row;

	sql_bind_number(stmt, 1, (uint64_t)before);
	sql_bind_number(stmt, 2, limit);
	while ((rc = sql_step(stmt, &row)) == RC_OK && row) {
		const struct slice id = sql_text(stmt, 1);

		deleted->all = mem_grow(deleted->all, &deleted->room, deleted->count + 1,
					sizeof(*deleted->all));
		deleted->all[deleted->count++] =
			(struct prune_chain){ .gid = sql_number(stmt, 0),
					      .id = slice_make(NULL, id.len),
					      .newest = sql_number(stmt, 2),
					      .last = VERSION_END };
		buf_put_slice(&deleted->ids, id);
	}
	return rc;
}

static enum rc prune_all(struct sqlite *sqlite, const struct prune_chain *chain, uint64_t limit,
			 uint64_t *pruned)
{
	uint64_t before;
	enum rc rc = RC_OK;

	do {
		before = *pruned;
		rc = prune_document(sqlite, chain, limit - before, pruned);
	} while (rc == RC_OK && *pruned > before && *pruned < limit);
	return rc;
}

enum rc prune_deleted(struct sqlite *sqlite, int64_t before, uint64_t limit, uint64_t *pruned)
{
	struct deleted deleted = { .count = 0 };
	size_t at = 0;
	enum rc rc;

	*pruned = 0;
	if (before <= 0)
		return RC_OK;
	rc = find_deleted(sqlite, before, limit, &deleted);
	for (size_t i = 0; rc == RC_OK && i < deleted.count && *pruned < limit; i++) {
		struct prune_chain *chain = &deleted.all[i];

		chain->id.data = deleted.ids.data + at;
		at += chain->id.len;
		rc = prune_all(sqlite, chain, limit, pruned);
	}
	free(deleted.all);
	buf_free(&deleted.ids);
	return rc;
}

/* ---- Old ones ---- */

/* A walk through all versions in the order of their keys, in which those of a document
 * come from the oldest on. An index by time would cost every edit as much as keeping
 * the version does; and imported versions are not in the order of their times. */
struct walk {
	struct transaction *transaction;
	const struct store_request *request;
	sqlite3_stmt *stmt;
	uint64_t work; /* as if this many versions that stay had been looked at */
	uint64_t key;  /* the last version that was looked at */
	struct buf id;
	uint64_t group;  /* whose time this is */
	uint64_t before; /* versions replaced before it are removed; 0: none */
	uint64_t pruned;
};

/* A version that stays costs a walk this part of what another one does. */
#define STAYS_PART 16

static uint64_t latest_before(const struct store_request *request)
{
	uint64_t latest = request->ended_before > 0 ? (uint64_t)request->ended_before : 0;

	for (size_t i = 0; request->ended && i < request->ended->count; i++)
		if (request->ended->rules[i].value > latest)
			latest = request->ended->rules[i].value;
	return latest;
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

/* Removes the version of the current row, which is the oldest one of its document and
 * may be old enough. */
static enum rc walk_drop(struct walk *walk)
{
	const uint64_t gid = sql_number(walk->stmt, 1), ended = sql_number(walk->stmt, 3);
	enum rc rc = gid == walk->group ? RC_OK : walk_enter(walk, gid);

	if (rc != RC_OK || ended >= walk->before)
		return rc;
	walk->work += STAYS_PART - 1;
	walk->pruned++;
	return drop(walk->transaction->sqlite, walk->key, sql_number(walk->stmt, 4));
}

static enum rc walk_take(struct walk *walk)
{
	const bool stays = sql_number(walk->stmt, 5) != 0;

	walk->work++;
	walk->key = sql_number(walk->stmt, 0);
	walk->id.len = 0;
	buf_put_slice(&walk->id, sql_text(walk->stmt, 2));
	return stays ? RC_OK : walk_drop(walk);
}

/* *more: it ends at the limit. */
static enum rc walk_run(struct walk *walk, bool *more)
{
	const uint64_t limit = walk->request->limit * STAYS_PART;
	enum rc rc = RC_OK;
	bool row = true;

	sql_bind_number(walk->stmt, 1, walk->request->from.version);
	sql_bind_number(walk->stmt, 2, latest_before(walk->request));
	while (rc == RC_OK && walk->work + STAYS_PART <= limit &&
	       (rc = sql_step(walk->stmt, &row)) == RC_OK && row)
		rc = walk_take(walk);
	sqlite3_reset(walk->stmt);
	*more = row;
	return rc;
}

enum rc prune_old(struct transaction *transaction, const struct store_request *request,
		  struct store_reply *reply, struct buf *bytes, uint64_t *looked)
{
	struct walk walk = { .transaction = transaction,
			     .request = request,
			     .stmt = transaction->sqlite->sql[SQL_ENDED_AFTER] };
	enum rc rc;

	if (request->ended_before <= 0 && request->ended == NULL)
		return RC_OK;
	rc = walk_run(&walk, &reply->more);
	if (rc == RC_OK && reply->more) {
		buf_put_slice(bytes, buf_slice(&walk.id));
		reply->next = (struct store_former){ .id = buf_slice(bytes), .version = walk.key };
	}
	reply->pruned += walk.pruned;
	*looked += (walk.work + STAYS_PART - 1) / STAYS_PART;
	buf_free(&walk.id);
	return rc;
}
