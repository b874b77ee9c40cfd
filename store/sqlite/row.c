/* Writes the rows of documents. Called by push.c and insert.c. */
#include "store/sqlite/row.h"

#include "store/sqlite/checksum.h"
#include "store/sqlite/statements.h"

#include "base/fault.h"

int64_t row_charge(const struct store_edit *edit)
{
	return (int64_t)(edit->id.len + edit->value.len);
}

uint64_t row_next_version(uint64_t version)
{
	return version + (FAULT_MUTANT("version_skipped") ? 2 : 1);
}

static int64_t sum_of(const struct transaction *transaction, const struct store_edit *edit,
		      uint64_t version)
{
	const struct checksum_of of = {
		.id = edit->id,
		.op = edit->op,
		.value = edit->value,
		.seq = transaction->state.head,
		.version = version,
		.is_deleted = edit->deleted,
		.deleted_at = edit->deleted ? (uint64_t)transaction->now : 0,
		.plain = edit->plain,
	};

	return checksum_make(&of);
}

/* Who writes, and when: as the edit says itself, or else now. */
static void bind_written(const struct transaction *transaction, sqlite3_stmt *stmt, int bound,
			 const struct store_edit *edit)
{
	const struct store_meta now = { .at = transaction->now, .by = transaction->user };
	const struct store_meta *meta = edit->meta.at ? &edit->meta : &now;

	sql_bind_number(stmt, bound + 12, (uint64_t)meta->at);
	if (meta->by.len)
		sql_bind_text(stmt, bound + 13, meta->by);
	else
		sql_bind_null(stmt, bound + 13);
	sql_bind_number(stmt, bound + 14,
			(uint64_t)checksum_written(transaction->state.head, meta));
}

void row_bind(const struct transaction *transaction, sqlite3_stmt *stmt, int bound,
	      const struct store_edit *edit, uint64_t version, uint64_t account)
{
	sql_bind_number(stmt, bound + 1, transaction->group.gid);
	sql_bind_number(stmt, bound + 2, transaction->state.head);
	sql_bind_text(stmt, bound + 3, edit->id);
	sql_bind_number(stmt, bound + 4, version);
	if (edit->deleted)
		sql_bind_number(stmt, bound + 5, (uint64_t)transaction->now);
	else
		sql_bind_null(stmt, bound + 5);
	sql_bind_text(stmt, bound + 6, FAULT_MUTANT("op_forgotten") ? slice_make("", 0) : edit->op);
	sql_bind_number(stmt, bound + 7, edit->plain);
	if (edit->deleted || edit->value.len > SQLITE_VALUE_INLINE)
		sql_bind_null(stmt, bound + 8);
	else
		sql_bind_text(stmt, bound + 8, edit->value);
	sql_bind_number(stmt, bound + 9, account);
	sql_bind_number(stmt, bound + 10, account ? (uint64_t)row_charge(edit) : 0);
	sql_bind_number(stmt, bound + 11, (uint64_t)sum_of(transaction, edit, version));
	bind_written(transaction, stmt, bound, edit);
}

enum rc row_add_large(struct transaction *transaction, const struct store_edit *edit, uint64_t seq)
{
	sqlite3_stmt *stmt = transaction->sqlite->sql[SQL_ADD_LARGE];

	if (edit->value.len <= SQLITE_VALUE_INLINE)
		return RC_OK;
	sql_bind_number(stmt, 1, seq);
	sql_bind_text(stmt, 2, edit->value);
	return sql_run(stmt);
}

enum rc row_drop_large(struct transaction *transaction, uint64_t seq)
{
	sqlite3_stmt *stmt = transaction->sqlite->sql[SQL_DROP_LARGE];

	sql_bind_number(stmt, 1, seq);
	return sql_run(stmt);
}

enum rc row_move_nested(struct transaction *transaction, uint64_t from, uint64_t to)
{
	const struct slice group = transaction->group.name;
	enum rc rc;

	if (memchr(group.data, ':', group.len) == NULL || FAULT_MUTANT("nested_forgotten"))
		return RC_OK;
	rc = ancestors_find(transaction->sqlite, transaction->ancestors, group);
	return rc == RC_OK ? ancestors_move(transaction->sqlite, transaction->ancestors,
					    transaction->group.gid, from, to)
			   : rc;
}
