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

static enum rc insert_row(struct insert *insert, const struct store_edit *edit,
			  struct store_result *result, bool *done)
{
	struct transaction *transaction = insert->transaction;
	sqlite3_stmt *stmt = transaction->sqlite->sql[SQL_PUT_DOC];
	const uint64_t version = row_next_version(0);
	enum rc rc;

	transaction->state.head++;
	row_bind(transaction, stmt, edit, version, transaction->payer.account);
	rc = sql_run(stmt);
	*done = rc == RC_OK && sqlite3_changes(transaction->sqlite->db) == 1;
	if (!*done) {
		transaction->state.head--;
		return rc;
	}
	transaction->state.documents++;
	transaction->group.seq = transaction->state.head;
	*result = (struct store_result){ .status = STORE_OK,
					 .version = version,
					 .seq = transaction->state.head };
	return RC_OK;
}

static enum rc insert_one(struct insert *insert, size_t i, bool *done)
{
	struct transaction *transaction = insert->transaction;
	const struct store_edit *edit = &insert->request->edits[i];
	enum rc rc = transaction_enter(transaction, docid_group(edit->id));

	if (rc == RC_OK && transaction->group.gid == 0) {
		rc = transaction_add_group(transaction, transaction->payer.account);
		insert->new_groups++;
	}
	if (rc == RC_OK)
		rc = insert_row(insert, edit, &insert->results[i], done);
	if (rc != RC_OK || !*done)
		return rc;
	rc = row_move_nested(transaction, 0, transaction->state.head);
	return rc == RC_OK ? row_add_large(transaction, edit, transaction->state.head) : rc;
}

static enum rc insert_all(struct insert *insert, bool *done)
{
	enum rc rc = RC_OK;

	*done = true;
	for (size_t i = 0; rc == RC_OK && *done && i < insert->request->edit_count; i++)
		rc = insert_one(insert, i, done);
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
