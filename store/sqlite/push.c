/* Applies pushes within a transaction. Called by commit.c; rules.c decides each
 * edit. */
#include "store/sqlite/push.h"

#include "store/sqlite/checksum.h"
#include "store/sqlite/history.h"
#include "store/sqlite/insert.h"
#include "store/sqlite/quota.h"
#include "store/sqlite/row.h"

#include "store/docid.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>

/* The decision about one edit. */
struct decision {
	enum rules_verdict verdict;
	bool there;    /* the document has a row */
	bool deleted;  /* which is a tombstone */
	uint64_t seq;  /* of that row */
	bool is_large; /* its value lies in the table of its own */
	uint64_t version;
	uint64_t base;    /* what is written is the version after it */
	uint64_t account; /* that it counts for */
	uint64_t charge;
	uint64_t former; /* the key of the newest former version; 0: none */
	bool adds_group; /* its group has no row */
};

struct push {
	struct transaction *transaction;
	const struct store_request *request;
	struct decision *decisions;
	struct store_result *results;
	struct buf *bytes;
	struct quota_payer *payer;
	int64_t growth[STORE_QUOTA_STORED]; /* of the payer */
	bool has_conflict;
};

/* ---- Deciding ---- */

/* Appends the value of the row to the bytes of the push, unless the row is damaged. */
static enum rc take_held(struct push *push, const struct decision *decision, sqlite3_stmt *held,
			 bool *is_damaged)
{
	struct buf *bytes = push->bytes;
	size_t before = bytes->len;
	enum rc rc = RC_OK;

	if (decision->is_large)
		rc = sql_read_large(push->transaction->sqlite, decision->seq, bytes);
	else
		buf_put_slice(bytes, sql_text(held, ROW_VALUE));
	*is_damaged = rc == RC_CORRUPT ||
		      (rc == RC_OK && !checksum_matches(held, buf_slice_from(bytes, before)));
	if (*is_damaged)
		bytes->len = before;
	return rc == RC_CORRUPT ? RC_OK : rc;
}

static enum rc answer_conflict(struct push *push, const struct decision *decision,
			       sqlite3_stmt *held, struct store_result *result)
{
	size_t before = push->bytes->len;
	enum rc rc;

	push->has_conflict = true;
	result->status = STORE_CONFLICT;
	result->deleted = !decision->there;
	if (result->deleted)
		return RC_OK;
	rc = take_held(push, decision, held, &result->damaged);
	result->value.len = push->bytes->len - before;
	result->plain = !result->damaged && sql_number(held, ROW_PLAIN) != 0;
	result->deleted = !result->damaged && decision->deleted;
	/* A single value always fits: a client that pushes one document gets its
	 * answer. */
	return rc == RC_OK && before > 0 && push->bytes->len > STORE_REPLY_MAX ? RC_TOO_LARGE : rc;
}

/* What need not be written again is, if the disk has changed it since. */
static enum rc mend_kept(struct push *push, struct decision *decision, sqlite3_stmt *held)
{
	size_t before = push->bytes->len;
	bool is_damaged;
	enum rc rc = take_held(push, decision, held, &is_damaged);

	push->bytes->len = before;
	if (is_damaged)
		decision->verdict = RULES_WRITE;
	return rc;
}

/* `row`: SQL_HELD has the row of the document. */
static enum rc decide_held(struct push *push, size_t i, sqlite3_stmt *stmt, bool row)
{
	struct decision *decision = &push->decisions[i];
	struct store_result *result = &push->results[i];
	struct rules_held held = { .there = row };

	if (row) {
		held.version = sql_version(stmt, ROW_VERSION);
		held.deleted = !sql_is_null(stmt, ROW_DELETED_AT);
		held.op = sql_text(stmt, ROW_OP);
		decision->there = true;
		decision->deleted = held.deleted;
		decision->seq = sql_number(stmt, ROW_SEQ);
		decision->is_large = !held.deleted && sql_is_null(stmt, ROW_VALUE);
		decision->version = held.version;
		decision->account = sql_number(stmt, ROW_END);
		decision->charge = sql_number(stmt, ROW_END + 1);
		decision->former = sql_number(stmt, ROW_END + 2);
	}
	decision->base = held.version;
	decision->verdict = rules_edit(&push->request->edits[i], &held);
	if (push->request->keeps_versions && push->request->edits[i].base >= held.version) {
		decision->verdict = RULES_WRITE;
		decision->base = push->request->edits[i].base;
	}
	result->status = STORE_OK;
	result->version = held.version;
	if (decision->verdict == RULES_CONFLICT)
		return answer_conflict(push, decision, stmt, result);
	return row && decision->verdict == RULES_KEEP ? mend_kept(push, decision, stmt) : RC_OK;
}

static enum rc decide(struct push *push, size_t i)
{
	sqlite3_stmt *stmt = push->transaction->sqlite->sql[SQL_HELD];
	struct slice id = push->request->edits[i].id;
	enum rc rc = transaction_enter(push->transaction, docid_group(id));
	bool row = false;

	if (rc != RC_OK)
		return rc;
	push->decisions[i].adds_group = push->transaction->group.gid == 0;
	sql_bind_number(stmt, 1, push->transaction->group.gid);
	sql_bind_text(stmt, 2, id);
	rc = sql_step(stmt, &row);
	if (rc == RC_OK)
		rc = decide_held(push, i, stmt, row);
	sqlite3_reset(stmt);
	return rc;
}

/* ---- Counting ---- */

static int compare_groups(const void *left, const void *right)
{
	const struct slice *a = left, *b = right;
	int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* The number of groups that the writes create. */
static int64_t count_new_groups(const struct push *push)
{
	const size_t count = push->request->edit_count;
	struct slice *groups = mem_array(count, sizeof(*groups));
	size_t found = 0;
	int64_t different = 0;

	for (size_t i = 0; i < count; i++)
		if (push->decisions[i].verdict == RULES_WRITE && push->decisions[i].adds_group)
			groups[found++] = docid_group(push->request->edits[i].id);
	qsort(groups, found, sizeof(*groups), compare_groups);
	for (size_t i = 0; i < found; i++)
		if (i == 0 || !slice_equal(groups[i - 1], groups[i]))
			different++;
	free(groups);
	return different;
}

static void count_growth(struct push *push)
{
	for (size_t i = 0; i < push->request->edit_count; i++) {
		const struct store_edit *edit = &push->request->edits[i];
		const struct decision *decision = &push->decisions[i];

		if (decision->verdict != RULES_WRITE)
			continue;
		if (!edit->deleted) {
			push->growth[STORE_QUOTA_BYTES] += row_charge(edit);
			push->growth[STORE_QUOTA_DOCUMENTS]++;
		}
		if (decision->account && decision->account == push->payer->account &&
		    !FAULT_MUTANT("tally_twice")) {
			push->growth[STORE_QUOTA_BYTES] -= (int64_t)decision->charge;
			push->growth[STORE_QUOTA_DOCUMENTS]--;
		}
	}
	push->growth[STORE_QUOTA_GROUPS] = count_new_groups(push);
}

/* Before anything is written. */
static enum rc count_for_payer(struct push *push, struct store_reply *reply)
{
	enum rc rc;

	if (!push->payer->counts)
		return RC_OK;
	count_growth(push);
	rc = quota_allow(push->payer, push->growth, reply);
	if (rc == RC_OK)
		rc = quota_open_account(push->transaction->sqlite, push->payer);
	if (rc == RC_OK)
		quota_grow(push->transaction, push->growth);
	return rc;
}

/* The former document no longer counts for another user who wrote it. */
static enum rc credit_other(const struct push *push, const struct decision *decision)
{
	const int64_t less[STORE_QUOTA_STORED] = {
		[STORE_QUOTA_BYTES] = -(int64_t)decision->charge,
		[STORE_QUOTA_DOCUMENTS] = -1,
	};

	if (decision->account == 0 || decision->account == push->payer->account)
		return RC_OK;
	return quota_charge(push->transaction->sqlite, decision->account, less);
}

/* ---- Writing ---- */

static enum rc write_row(const struct push *push, const struct store_edit *edit,
			 const struct decision *decision, uint64_t version)
{
	struct transaction *transaction = push->transaction;
	const bool counts = push->payer->counts && !edit->deleted;
	sqlite3_stmt *stmt = transaction->sqlite->sql[decision->there ? SQL_SET_DOC : SQL_ADD_DOC];
	enum rc rc;

	row_bind(transaction, stmt, 0, edit, version, counts ? push->payer->account : 0);
	if (decision->there)
		sql_bind_number(stmt, ROW_BIND_SEQ, decision->seq);
	if (decision->there && decision->former)
		sql_bind_number(stmt, ROW_BIND_FORMER, decision->former);
	else if (decision->there)
		sql_bind_null(stmt, ROW_BIND_FORMER);
	rc = sql_run(stmt);
	if (rc == RC_OK && sqlite3_changes(transaction->sqlite->db) != 1) {
		log_error("store_row_missing", LOG_NUMBER("seq", decision->seq));
		rc = RC_CORRUPT;
	}
	return rc;
}

static uint64_t *count_of(struct store_state *state, bool deleted)
{
	return deleted ? &state->tombstones : &state->documents;
}

/* When the version that the edit replaces ended. */
static int64_t ended_at(const struct push *push, const struct store_edit *edit)
{
	return push->request->keeps_former && edit->meta.at ? edit->meta.at
							    : push->transaction->now;
}

/* The version that is about to be replaced; its value too, if that is large. */
static enum rc keep_former(const struct push *push, const struct store_edit *edit,
			   struct decision *decision, const struct store_result *result)
{
	const struct history_former former = { .id = edit->id,
					       .seq = decision->seq,
					       .version = decision->version,
					       .next = result->version,
					       .key = result->seq,
					       .ended = ended_at(push, edit) };
	bool kept = false;
	enum rc rc = RC_OK;

	if (push->request->history)
		rc = history_keep(push->transaction, push->request->history, &former, &kept);
	if (kept)
		decision->former = former.key;
	if (rc == RC_OK && decision->is_large && !kept)
		rc = row_drop_large(push->transaction, decision->seq);
	return rc;
}

static enum rc write_edit(struct push *push, size_t i)
{
	struct transaction *transaction = push->transaction;
	const struct store_edit *edit = &push->request->edits[i];
	struct decision *decision = &push->decisions[i];
	struct store_result *result = &push->results[i];
	enum rc rc = transaction_enter(transaction, docid_group(edit->id));

	if (rc == RC_OK && transaction->group.gid == 0)
		rc = transaction_add_group(transaction, push->payer->account);
	if (rc != RC_OK)
		return rc;
	result->seq = transaction->group.seq = ++transaction->state.head;
	result->version = row_next_version(decision->base);
	if (decision->there)
		--*count_of(&transaction->state, decision->deleted);
	++*count_of(&transaction->state, edit->deleted);
	if (decision->there)
		rc = keep_former(push, edit, decision, result);
	if (rc == RC_OK)
		rc = write_row(push, edit, decision, result->version);
	if (rc == RC_OK)
		rc = row_move_nested(transaction, decision->seq, result->seq);
	if (rc == RC_OK)
		rc = credit_other(push, decision);
	return rc == RC_OK ? row_add_large(transaction, edit, result->seq) : rc;
}

/* Only what would have been written is skipped: a document that has the op of its edit
 * already is there, and the client must not write it again. */
static void skip_writes(struct push *push)
{
	for (size_t i = 0; i < push->request->edit_count; i++) {
		enum rules_verdict verdict = push->decisions[i].verdict;

		if (verdict == RULES_WRITE ||
		    (verdict == RULES_KEEP && FAULT_MUTANT("kept_skipped")))
			push->results[i].status = STORE_SKIPPED;
	}
}

static void set_slices(struct push *push)
{
	const char *at = push->bytes->data;

	for (size_t i = 0; i < push->request->edit_count; i++) {
		struct slice *value = &push->results[i].value;

		if (value->len == 0)
			continue;
		value->data = at;
		at += value->len;
	}
}

/* A seeded bug: treats the transaction as if it belonged to this push alone. */
static enum rc spoil_others(struct transaction *transaction)
{
	transaction->group = (struct transaction_group){ .gid = 0 };
	sql_rollback(transaction->sqlite);
	return sql_run(transaction->sqlite->sql[SQL_BEGIN_IMMEDIATE]);
}

static enum rc decide_and_write(struct push *push, struct store_reply *reply)
{
	enum rc rc = RC_OK;

	push->decisions = mem_array(push->request->edit_count, sizeof(*push->decisions));
	/* A push contains each document once, so no decision depends on another
	 * edit's write. */
	for (size_t i = 0; rc == RC_OK && i < push->request->edit_count; i++)
		rc = decide(push, i);
	if (rc != RC_OK)
		return rc;
	set_slices(push);
	if (push->request->atomic && push->has_conflict && !FAULT_MUTANT("atomic_ignored")) {
		skip_writes(push);
		return FAULT_MUTANT("refusal_spoils") ? spoil_others(push->transaction) : RC_OK;
	}
	rc = count_for_payer(push, reply);
	for (size_t i = 0; rc == RC_OK && i < push->request->edit_count; i++)
		if (push->decisions[i].verdict == RULES_WRITE)
			rc = write_edit(push, i);
	return rc;
}

enum rc push_apply(struct transaction *transaction, const struct store_request *request,
		   struct store_reply *reply, struct buf *bytes)
{
	struct push push = {
		.transaction = transaction,
		.request = request,
		.results = reply->results,
		.bytes = bytes,
		.payer = &transaction->payer,
	};
	bool done = false;
	enum rc rc = quota_enter(transaction, request);

	transaction->user = request->user;
	if (rc == RC_OK)
		rc = insert_new(transaction, request, reply->results, &done);
	if (rc == RC_OK && !done)
		rc = decide_and_write(&push, reply);
	free(push.decisions);
	return rc;
}
