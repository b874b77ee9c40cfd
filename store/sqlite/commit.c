/* Commits batches of requests, each in one durable transaction. The store's door
 * calls sqlite_commit; push.c, purge.c and tokens.c apply the requests. */
#include "store/sqlite/operations.h"

#include "store/sqlite/invites.h"
#include "store/sqlite/payers.h"
#include "store/sqlite/purge.h"
#include "store/sqlite/push.h"
#include "store/sqlite/quota.h"
#include "store/sqlite/tokens.h"
#include "store/sqlite/wal.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

/* ---- Requests ---- */

/* Of tokens and invitations. */
static enum rc apply_access(struct sqlite *sqlite, const struct store_request *request, int64_t now,
			    struct store_reply *reply, struct buf *bytes)
{
	switch (request->kind) {
	case STORE_TOKEN_ADD:
		return tokens_add(sqlite, &request->token);
	case STORE_TOKEN_LIST:
		reply->quota = request->quota;
		return tokens_read(sqlite->sql[SQL_TOKENS], &reply->tokens, &reply->token_count,
				   bytes);
	case STORE_TOKEN_REVOKE:
		return tokens_revoke(sqlite, request->token.id);
	case STORE_TOKEN_ROTATE:
		return tokens_rotate(sqlite, request, reply, bytes);
	case STORE_TOKEN_SET:
		return tokens_set(sqlite, request, reply, bytes);
	case STORE_TOKEN_USED:
		return tokens_used(sqlite, request->used, request->used_count, now);
	case STORE_INVITE_ADD:
		return invites_add(sqlite, &request->invite);
	case STORE_INVITE_LIST:
		return invites_read(sqlite->sql[SQL_INVITES], reply, bytes);
	case STORE_INVITE_REMOVE:
		return invites_remove(sqlite, request->invite.id);
	case STORE_INVITE_DEVICE:
		return invites_add_device(sqlite, request, now, reply, bytes);
	case STORE_JOIN:
		return invites_join(sqlite, request, now, reply, bytes);
	default:
		assert(!"a request of tokens or invitations");
		return RC_MALFORMED;
	}
}

static enum rc apply(struct transaction *transaction, const struct store_request *request,
		     struct store_reply *reply, struct buf *bytes)
{
	enum rc rc = request->kind == STORE_PUSH ? RC_OK : quota_leave(transaction);

	if (rc != RC_OK)
		return rc;
	if (request->kind != STORE_PUSH && request->kind != STORE_TOKEN_USED)
		payers_forget(transaction->sqlite->payers);
	if (request->kind == STORE_PUSH) {
		reply->result_count = request->edit_count;
		reply->results = mem_array(reply->result_count, sizeof(*reply->results));
		return push_apply(transaction, request, reply, bytes);
	}
	if (request->kind == STORE_PURGE)
		return purge_apply(transaction, request, reply, bytes);
	return apply_access(transaction->sqlite, request, transaction->now, reply, bytes);
}

/* Errors found before anything was written for the request: only this request fails. */
static bool is_own_failure(enum rc rc)
{
	return rc == RC_EXISTS || rc == RC_NOT_FOUND || rc == RC_DENIED || rc == RC_OVER_QUOTA ||
	       rc == RC_TOO_LARGE;
}

/* ---- The transaction ---- */

/* Replies under construction, and the bytes that each points into. */
struct answers {
	struct store_reply *replies;
	struct buf *bytes;
	size_t count;
	size_t *spent; /* bytes made in this commit, also those thrown away */
};

static void clear_answer(struct answers *answers, size_t i)
{
	tokens_free(answers->replies[i].tokens, answers->replies[i].token_count);
	invites_free(answers->replies[i].invites, answers->replies[i].invite_count);
	free(answers->replies[i].results);
	buf_free(&answers->bytes[i]);
	answers->replies[i] = (struct store_reply){ .kind = answers->replies[i].kind,
						    .join = answers->replies[i].join,
						    .over = answers->replies[i].over,
						    .over_limit = answers->replies[i].over_limit };
}

static void clear_answers(struct answers *answers)
{
	for (size_t i = 0; i < answers->count; i++)
		clear_answer(answers, i);
}

/* These requests are not done: the replies before them have taken the budget. */
static void put_off(struct answers *answers, const struct store_request *requests, size_t from)
{
	for (size_t i = from; i < answers->count; i++)
		answers->replies[i] =
			(struct store_reply){ .rc = RC_BUSY, .kind = requests[i].kind };
}

static enum rc apply_all(struct transaction *transaction, const struct store_request *requests,
			 struct answers *answers)
{
	for (size_t i = 0; i < answers->count; i++) {
		enum rc rc;

		if (*answers->spent >= STORE_REPLIES_MAX) {
			put_off(answers, requests, i);
			break;
		}
		answers->replies[i].kind = requests[i].kind;
		rc = apply(transaction, &requests[i], &answers->replies[i], &answers->bytes[i]);
		*answers->spent += answers->bytes[i].len;
		if (rc != RC_OK && !is_own_failure(rc))
			return rc;
		if (rc != RC_OK)
			clear_answer(answers, i);
		answers->replies[i].rc = rc;
	}
	return RC_OK;
}

static enum rc set_state(struct sqlite *sqlite, const struct store_state *state, int64_t copied)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_SET_STATE];

	sql_bind_number(stmt, 1, state->head);
	sql_bind_number(stmt, 2, state->horizon);
	sql_bind_number(stmt, 3, state->documents);
	sql_bind_number(stmt, 4, state->tombstones);
	sql_bind_number(stmt, 5, (uint64_t)copied);
	sql_bind_number(stmt, 6, (uint64_t)sqlite->cookie);
	return sql_run(stmt);
}

/* In every commit that changes anything: the log must have this row (log_owner.h).
 * SQLite does not write a page that an UPDATE leaves as it is, so that the row of a
 * commit of tokens takes another value first. */
static enum rc note_state(struct transaction *transaction, const struct store_state *before,
			  int changes_before)
{
	struct sqlite *sqlite = transaction->sqlite;
	enum rc rc = quota_leave(transaction);
	bool is_same;

	if (rc == RC_OK)
		rc = transaction_leave(transaction);
	is_same = rc == RC_OK && memcmp(&transaction->state, before, sizeof(*before)) == 0;
	if (rc != RC_OK || (is_same && sqlite3_total_changes(sqlite->db) == changes_before))
		return rc;
	if (is_same)
		rc = set_state(sqlite, before, sqlite->copied - 1);
	return rc == RC_OK ? set_state(sqlite, &transaction->state, sqlite->copied) : rc;
}

/* A COMMIT that failed for a lock has not happened, nor has one whose pages the log
 * did not take: if they are on disk nevertheless, the next commit overwrites them.
 * After any other failure they may be there completely, and the next process that
 * opens the database may find them. */
static enum rc finish(struct sqlite *sqlite)
{
	enum rc rc = FAULT_MUTANT("commit_left_out") ? RC_OK : sql_run(sqlite->sql[SQL_COMMIT]);
	int code = sqlite3_extended_errcode(sqlite->db);

	if (rc == RC_OK || rc == RC_BUSY || code == SQLITE_FULL || code == SQLITE_IOERR_WRITE)
		return rc;
	return RC_SYNC_FAILED;
}

static enum rc transact(struct transaction *transaction, const struct store_request *requests,
			struct answers *answers)
{
	struct sqlite *sqlite = transaction->sqlite;
	const int changes_before = sqlite3_total_changes(sqlite->db);
	struct store_state before;
	enum rc rc = sql_run(sqlite->sql[SQL_BEGIN_IMMEDIATE]);

	ancestors_forget(transaction->ancestors);
	if (rc == RC_OK)
		rc = sql_read_state(sqlite, &before);
	if (rc == RC_OK) {
		transaction->state = before;
		rc = apply_all(transaction, requests, answers);
	}
	if (rc == RC_OK)
		rc = note_state(transaction, &before, changes_before);
	if (rc == RC_OK)
		rc = finish(sqlite);
	if (rc == RC_OK)
		sqlite->head = transaction->state.head;
	else
		payers_forget(sqlite->payers);
	quota_forget(transaction);
	sql_rollback(sqlite);
	return rc;
}

/* One transaction; on a full disk a second one, in the space that the log occupies. */
static enum rc attempt(struct sqlite *sqlite, const struct store_request *requests,
		       struct answers *answers)
{
	struct ancestors ancestors; /* large, and seldom used: not zeroed */
	struct transaction transaction = { .sqlite = sqlite,
					   .now = clock_wall(),
					   .ancestors = &ancestors };
	const size_t spent_before = *answers->spent;
	enum rc rc = transact(&transaction, requests, answers);
	enum rc spent;

	if (rc == RC_FULL) {
		spent = wal_restart(sqlite);
		if (spent == RC_SYNC_FAILED)
			return spent;
		if (spent == RC_OK) {
			clear_answers(answers);
			*answers->spent = spent_before;
			transaction = (struct transaction){ .sqlite = sqlite,
							    .now = transaction.now,
							    .ancestors = &ancestors };
			rc = transact(&transaction, requests, answers);
		}
	}
	if (rc != RC_OK)
		*answers->spent = spent_before;
	for (size_t i = 0; i < answers->count; i++)
		answers->replies[i].head = (struct store_cursor){ .epoch = transaction.state.epoch,
								  .seq = transaction.state.head };
	return rc;
}

/* Damaged data fails the whole transaction. Bisection isolates the requests that
 * meet it; the others succeed. Only an unknown outcome fails all. */
static enum rc attempt_halves(struct sqlite *sqlite, const struct store_request *requests,
			      struct answers *answers)
{
	size_t half = answers->count / 2;
	struct answers parts[2] = {
		{ answers->replies, answers->bytes, half, answers->spent },
		{ answers->replies + half, answers->bytes + half, answers->count - half,
		  answers->spent },
	};

	clear_answers(answers);
	for (size_t n = 0; n < 2; n++) {
		const struct store_request *first = requests + (n ? half : 0);
		enum rc rc = attempt(sqlite, first, &parts[n]);

		if (rc == RC_CORRUPT && parts[n].count > 1)
			rc = attempt_halves(sqlite, first, &parts[n]);
		if (rc == RC_SYNC_FAILED)
			return rc;
		if (rc == RC_OK)
			continue;
		clear_answers(&parts[n]);
		/* RC_BUSY is for what is put off. */
		for (size_t i = 0; i < parts[n].count; i++)
			parts[n].replies[i].rc = rc == RC_BUSY ? RC_UNAVAILABLE : rc;
	}
	return RC_OK;
}

/* The row of the state has these rules, and is in the log as after any commit. */
enum rc sqlite_keep_history(struct store *store, struct slice rules)
{
	struct sqlite *sqlite = sqlite_of(store);
	sqlite3_stmt *stmt = sqlite->sql[SQL_SET_HISTORY];
	struct store_state state;
	enum rc rc = sql_run(sqlite->sql[SQL_BEGIN_IMMEDIATE]);

	if (rc == RC_OK)
		rc = sql_read_state(sqlite, &state);
	if (rc == RC_OK) {
		sql_bind_text(stmt, 1, rules);
		rc = sql_run(stmt);
	}
	if (rc == RC_OK)
		rc = set_state(sqlite, &state, sqlite->copied);
	if (rc == RC_OK)
		rc = finish(sqlite);
	sql_rollback(sqlite);
	return rc;
}

void sqlite_commit(struct store *store, const struct store_request *requests, size_t count,
		   on_store_replies *on_replies, void *arg)
{
	struct sqlite *sqlite = sqlite_of(store);
	size_t spent = 0;
	struct answers answers = {
		.replies = mem_array(count, sizeof(*answers.replies)),
		.bytes = mem_array(count, sizeof(*answers.bytes)),
		.count = count,
		.spent = &spent,
	};
	enum rc rc;

	rc = attempt(sqlite, requests, &answers);
	if (rc == RC_CORRUPT && count > 1)
		rc = attempt_halves(sqlite, requests, &answers);
	on_replies(arg, rc, rc == RC_OK ? answers.replies : NULL);
	clear_answers(&answers);
	free(answers.replies);
	free(answers.bytes);
}
