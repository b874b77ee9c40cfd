/* Accounts of stored data. Called by push.c for every push, and by purge.c for groups
 * that go. */
#include "store/sqlite/quota.h"

#include "store/sqlite/payers.h"

#include "base/fault.h"
#include "base/mem.h"

#include <stdlib.h>

enum { AT_USER, AT_LIMITS, AT_ACCOUNT = AT_LIMITS + STORE_QUOTA_STORED, AT_USAGE };

/* Does any limit apply, or has any? Asked once, and again after a token has got one. */
static enum rc are_used(struct sqlite *sqlite, bool *used)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_HAS_QUOTAS];
	enum rc rc = RC_OK;
	bool row;

	if (sqlite->quotas == QUOTAS_UNKNOWN) {
		rc = sql_step(stmt, &row);
		if (rc == RC_OK && row)
			sqlite->quotas = sql_number(stmt, 0) ? QUOTAS_USED : QUOTAS_UNUSED;
		sqlite3_reset(stmt);
	}
	*used = sqlite->quotas == QUOTAS_USED;
	return rc;
}

static bool has_limit(const int64_t *limits)
{
	for (size_t i = 0; i < STORE_QUOTA_STORED; i++)
		if (limits[i] > 0)
			return true;
	return false;
}

static void read_payer(sqlite3_stmt *stmt, struct quota_payer *out)
{
	const struct slice user = sql_text(stmt, AT_USER);

	out->user = slice_make(mem_copy(user.data, user.len), user.len);
	out->account = sql_number(stmt, AT_ACCOUNT);
	for (int i = 0; i < STORE_QUOTA_STORED; i++) {
		out->limits[i] = (int64_t)sql_number(stmt, AT_LIMITS + i);
		out->usage[i] = (int64_t)sql_number(stmt, AT_USAGE + i);
	}
}

static enum rc ask_payer(struct sqlite *sqlite, struct slice token, struct quota_payer *out)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_PAYER];
	enum rc rc;
	bool row;

	sql_bind_text(stmt, 1, token);
	rc = sql_step(stmt, &row);
	if (rc == RC_OK && row)
		read_payer(stmt, out);
	sqlite3_reset(stmt);
	if (rc == RC_OK && row)
		payers_keep(&sqlite->payers, token, out);
	return rc == RC_OK && !row ? RC_DENIED : rc;
}

static enum rc find_payer(struct sqlite *sqlite, const struct store_request *request,
			  struct quota_payer *out)
{
	bool used = false;
	enum rc rc = are_used(sqlite, &used);

	if (rc != RC_OK || (!used && !has_limit(request->quota.limits)))
		return rc;
	if (!payers_find(sqlite->payers, request->payer, out))
		rc = ask_payer(sqlite, request->payer, out);
	if (rc != RC_OK)
		return rc;
	for (int i = 0; i < STORE_QUOTA_STORED; i++)
		if (out->limits[i] == STORE_QUOTA_DEFAULT)
			out->limits[i] = request->quota.limits[i];
	out->counts = out->account || has_limit(out->limits);
	return RC_OK;
}

enum rc quota_enter(struct transaction *transaction, const struct store_request *request)
{
	enum rc rc;

	if (transaction->payer_token.len && slice_equal(transaction->payer_token, request->payer))
		return RC_OK;
	rc = quota_leave(transaction);
	if (rc != RC_OK || request->payer.len == 0)
		return rc;
	rc = find_payer(transaction->sqlite, request, &transaction->payer);
	if (rc == RC_OK)
		transaction->payer_token = request->payer;
	return rc;
}

static bool has_grown(const struct transaction *transaction)
{
	for (size_t i = 0; i < STORE_QUOTA_STORED; i++)
		if (transaction->growth[i] != 0)
			return true;
	return false;
}

enum rc quota_leave(struct transaction *transaction)
{
	enum rc rc = RC_OK;

	if (has_grown(transaction) && !FAULT_MUTANT("tally_not_kept"))
		rc = quota_charge(transaction->sqlite, transaction->payer.account,
				  transaction->growth);
	quota_forget(transaction);
	return rc;
}

void quota_forget(struct transaction *transaction)
{
	free((void *)transaction->payer.user.data);
	transaction->payer = (struct quota_payer){ .counts = false };
	transaction->payer_token = slice_make("", 0);
	memset(transaction->growth, 0, sizeof(transaction->growth));
}

void quota_grow(struct transaction *transaction, const int64_t growth[STORE_QUOTA_STORED])
{
	for (size_t i = 0; i < STORE_QUOTA_STORED; i++) {
		transaction->growth[i] += growth[i];
		transaction->payer.usage[i] += growth[i];
	}
}

enum rc quota_allow(const struct quota_payer *payer, const int64_t growth[STORE_QUOTA_STORED],
		    struct store_reply *reply)
{
	for (size_t i = 0; i < STORE_QUOTA_STORED; i++) {
		const int64_t limit = payer->limits[i];

		if (limit <= 0 || growth[i] <= 0 || FAULT_MUTANT("quota_ignored") ||
		    (growth[i] <= limit && payer->usage[i] <= limit - growth[i]))
			continue;
		reply->over = (enum store_quota_kind)i;
		reply->over_limit = (uint64_t)limit;
		return RC_OVER_QUOTA;
	}
	return RC_OK;
}

enum rc quota_open_account(struct sqlite *sqlite, struct quota_payer *payer)
{
	enum rc rc;

	if (payer->account)
		return RC_OK;
	sql_bind_text(sqlite->sql[SQL_ADD_ACCOUNT], 1, payer->user);
	rc = sql_run(sqlite->sql[SQL_ADD_ACCOUNT]);
	if (rc != RC_OK)
		return rc;
	payer->account = (uint64_t)sqlite3_last_insert_rowid(sqlite->db);
	payers_forget(sqlite->payers); /* also other tokens of the user have it now */
	sqlite->quotas = QUOTAS_USED;  /* also if the transaction is rolled back: that only costs */
	return RC_OK;
}

enum rc quota_charge(struct sqlite *sqlite, uint64_t account,
		     const int64_t growth[STORE_QUOTA_STORED])
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_CHARGE];

	payers_charge(sqlite->payers, account, growth);
	sql_bind_number(stmt, 1, account);
	for (int i = 0; i < STORE_QUOTA_STORED; i++)
		sql_bind_number(stmt, 2 + i, (uint64_t)growth[i]);
	return sql_run(stmt);
}
