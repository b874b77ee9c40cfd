/* Inserts the documents of a push that are said to be new, which most often they are.
 * Called by push.c, which decides edit by edit where this does not succeed. */
#include "store/sqlite/insert.h"

#include "store/docid.h"
#include "store/sqlite/quota.h"
#include "store/sqlite/row.h"
#include "store/sqlite/statements.h"

struct insert {
	struct transaction *transaction;
	const struct store_request *request;
	struct store_result *results;
	int64_t new_groups;
};

/* ---- May it? --------------------------------------------------------------------- */

static bool all_are_new(const struct store_request *request)
{
	for (size_t i = 0; i < request->edit_count; i++)
		if (request->edits[i].base != 0 || request->edits[i].deleted)
			return false;
	return true;
}

/* `groups`: how many of them are new. */
static void growth_of(const struct store_request *request, int64_t groups,
		      int64_t growth[STORE_QUOTA_STORED])
{
	growth[STORE_QUOTA_BYTES] = 0;
	growth[STORE_QUOTA_DOCUMENTS] = (int64_t)request->edit_count;
	growth[STORE_QUOTA_GROUPS] = groups;
	for (size_t i = 0; i < request->edit_count; i++)
		growth[STORE_QUOTA_BYTES] += row_charge(&request->edits[i]);
}

/* Even if all groups are new: so nothing that exceeds a quota is ever inserted. */
static bool quotas_allow(const struct transaction *transaction, const struct store_request *request)
{
	int64_t growth[STORE_QUOTA_STORED], groups = 1;
	struct store_reply unused;

	if (!transaction->payer.counts)
		return true;
	for (size_t i = 1; i < request->edit_count; i++)
		groups += !slice_equal(docid_group(request->edits[i].id),
				       docid_group(request->edits[i - 1].id));
	growth_of(request, groups, growth);
	return quota_allow(&transaction->payer, growth, &unused) == RC_OK;
}

/* A push that is sent again has all its documents there already: then nothing is tried,
 * as a commit in which something was undone writes pages. */
static enum rc first_is_there(struct insert *insert, bool *is_there)
{
	struct transaction *transaction = insert->transaction;
	const struct slice id = insert->request->edits[0].id;
	sqlite3_stmt *stmt = transaction->sqlite->sql[SQL_IS_THERE];
	enum rc rc = transaction_enter(transaction, docid_group(id));

	*is_there = false;
	if (rc != RC_OK || transaction->group.gid == 0)
		return rc;
	sql_bind_number(stmt, 1, transaction->group.gid);
	sql_bind_text(stmt, 2, id);
	rc = sql_step(stmt, is_there);
	sqlite3_reset(stmt);
	return rc;
}

/* ---- Inserting ------------------------------------------------------------------- */

static enum rc enter_group(struct insert *insert, struct slice name)
{
	struct transaction *transaction = insert->transaction;
	enum rc rc = transaction_enter(transaction, name);

	if (rc != RC_OK || transaction->group.gid != 0)
		return rc;
	insert->new_groups++;
	return transaction_add_group(transaction, transaction->payer.account);
}

/* Binds the rows of edits of the current group, which get the next numbers, and notes
 * their versions. */
static void bind_rows(const struct insert *insert, sqlite3_stmt *stmt, size_t first, size_t count)
{
	struct transaction *transaction = insert->transaction;

	for (size_t i = 0; i < count; i++) {
		struct store_result *result = &insert->results[first + i];

		transaction->state.head++;
		result->version = row_next_version(0);
		row_bind(transaction, stmt, (int)i * ROW_PARAMETERS,
			 &insert->request->edits[first + i], result->version,
			 transaction->payer.account);
	}
}

static void set_results(const struct insert *insert, size_t first, size_t count, uint64_t seq)
{
	for (size_t i = 0; i < count; i++) {
		struct store_result *result = &insert->results[first + i];

		*result = (struct store_result){ .status = STORE_OK,
						 .version = result->version,
						 .seq = seq + i };
	}
}

/* What each document has beside its row. */
static enum rc insert_beside(const struct insert *insert, size_t first, size_t count)
{
	enum rc rc = RC_OK;

	for (size_t i = first; rc == RC_OK && i < first + count; i++) {
		const uint64_t seq = insert->results[i].seq;

		rc = row_move_nested(insert->transaction, 0, seq);
		if (rc == RC_OK)
			rc = row_add_large(insert->transaction, &insert->request->edits[i], seq);
	}
	return rc;
}

/* Inserts one document or ROWS_TOGETHER of them, of one group. */
static enum rc insert_rows(struct insert *insert, size_t first, size_t count, bool *done)
{
	struct transaction *transaction = insert->transaction;
	sqlite3_stmt *stmt = transaction->sqlite->sql[count == 1 ? SQL_PUT_DOC : SQL_PUT_DOCS];
	const uint64_t head = transaction->state.head;
	enum rc rc = enter_group(insert, docid_group(insert->request->edits[first].id));

	if (rc != RC_OK)
		return rc;
	bind_rows(insert, stmt, first, count);
	rc = sql_run(stmt);
	*done = rc == RC_OK && sqlite3_changes(transaction->sqlite->db) == (int)count;
	if (!*done) {
		transaction->state.head = head;
		return rc;
	}
	set_results(insert, first, count, head + 1);
	transaction->state.documents += count;
	transaction->group.seq = transaction->state.head;
	return insert_beside(insert, first, count);
}

/* How many of the edits from this one on are inserted by one statement. */
static size_t count_together(const struct store_request *request, size_t first)
{
	const struct slice group = docid_group(request->edits[first].id);

	if (request->edit_count - first < ROWS_TOGETHER)
		return 1;
	for (size_t i = 1; i < ROWS_TOGETHER; i++)
		if (!slice_equal(docid_group(request->edits[first + i].id), group))
			return 1;
	return ROWS_TOGETHER;
}

static enum rc insert_all(struct insert *insert, bool *done)
{
	enum rc rc = RC_OK;
	size_t count;

	*done = true;
	for (size_t i = 0; rc == RC_OK && *done && i < insert->request->edit_count; i += count) {
		count = count_together(insert->request, i);
		rc = insert_rows(insert, i, count, done);
	}
	return rc;
}

/* Several documents, of which one may be there when others are in. */
static enum rc insert_together(struct insert *insert, bool *done)
{
	struct transaction *transaction = insert->transaction;
	sqlite3_stmt *const *sql = transaction->sqlite->sql;
	const struct store_state state = transaction->state;
	const struct transaction_group group = transaction->group;
	enum rc rc = sql_run(sql[SQL_SAVEPOINT]);

	if (rc == RC_OK)
		rc = insert_all(insert, done);
	if (rc == RC_OK && !*done) {
		transaction->state = state;
		transaction->group = group;
		ancestors_forget(transaction->ancestors);
		memset(insert->results, 0, insert->request->edit_count * sizeof(*insert->results));
		rc = sql_run(sql[SQL_ROLLBACK_TO]);
	}
	return rc == RC_OK ? sql_run(sql[SQL_RELEASE]) : rc;
}

static enum rc insert_try(struct insert *insert, bool *done)
{
	bool is_there;
	enum rc rc;

	/* One alone is put in or not, and nothing need be undone. */
	if (insert->request->edit_count == 1)
		return insert_all(insert, done);
	rc = first_is_there(insert, &is_there);
	return rc == RC_OK && !is_there ? insert_together(insert, done) : rc;
}

enum rc insert_new(struct transaction *transaction, const struct store_request *request,
		   struct store_result *results, bool *done)
{
	struct insert insert = { .transaction = transaction,
				 .request = request,
				 .results = results };
	int64_t growth[STORE_QUOTA_STORED];
	enum rc rc = RC_OK;

	*done = false;
	if (request->edit_count == 0 || !all_are_new(request) ||
	    !quotas_allow(transaction, request))
		return RC_OK;
	if (transaction->payer.counts)
		rc = quota_open_account(transaction->sqlite, &transaction->payer);
	if (rc == RC_OK)
		rc = insert_try(&insert, done);
	if (rc != RC_OK || !*done || !transaction->payer.counts)
		return rc;
	growth_of(request, insert.new_groups, growth);
	quota_grow(transaction, growth);
	return RC_OK;
}
