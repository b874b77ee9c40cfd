/* Tokens: found by the worker, written in the transactions of commit.c. */
#include "store/sqlite/tokens.h"

#include "store/sqlite/operations.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>

/* ---- Reading ---- */

/* Those of SQL_TOKEN and SQL_TOKENS behind the first ones. */
enum {
	COLUMN_QUOTA = 7,
	COLUMN_NOTE = COLUMN_QUOTA + STORE_QUOTA_COUNT,
	COLUMN_INVITE,
	COLUMN_USED,
	COLUMN_USAGE
};

struct token_list {
	struct store_token *tokens;
	size_t count;
	size_t room;
	struct buf *bytes; /* of each token: id, user, note, invite, groups of its grants */
};

static struct slice keep_text(struct token_list *list, struct slice text)
{
	buf_put_slice(list->bytes, text);
	return slice_make(NULL, text.len);
}

/* One row for each grant; the rows of one token are adjacent. */
static bool is_same_token(const struct token_list *list, uint64_t id_at, struct slice id)
{
	return list->count > 0 &&
	       slice_equal(slice_make(list->bytes->data + id_at, STORE_TOKEN_ID_LEN), id);
}

static enum rc add_token(struct token_list *list, sqlite3_stmt *stmt)
{
	struct slice id = sql_text(stmt, 0), user = sql_text(stmt, 1), hash = sql_text(stmt, 2);
	struct store_token *token;

	if (id.len != STORE_TOKEN_ID_LEN || hash.len != STORE_TOKEN_HASH_LEN) {
		log_error("store_token_damaged");
		return RC_CORRUPT;
	}
	list->tokens = mem_grow(list->tokens, &list->room, list->count + 1, sizeof(*list->tokens));
	token = &list->tokens[list->count++];
	*token = (struct store_token){ .used = (int64_t)sql_number(stmt, COLUMN_USED) };
	token->id = keep_text(list, id);
	token->user = keep_text(list, user);
	token->note = keep_text(list, sql_text(stmt, COLUMN_NOTE));
	token->invite = keep_text(list, sql_text(stmt, COLUMN_INVITE));
	memcpy(token->hash, hash.data, STORE_TOKEN_HASH_LEN);
	token->created = (int64_t)sql_number(stmt, 3);
	token->expires = (int64_t)sql_number(stmt, 4);
	for (int i = 0; i < STORE_QUOTA_COUNT; i++)
		token->quota.limits[i] = (int64_t)sql_number(stmt, COLUMN_QUOTA + i);
	for (int i = 0; i < STORE_QUOTA_STORED; i++)
		token->usage[i] = sql_number(stmt, COLUMN_USAGE + i);
	return RC_OK;
}

static void add_grant(struct token_list *list, sqlite3_stmt *stmt)
{
	struct store_token *token = &list->tokens[list->count - 1];

	token->grants = mem_resize(token->grants, token->grant_count + 1, sizeof(*token->grants));
	token->grants[token->grant_count++] = (struct store_grant){
		.group = keep_text(list, sql_text(stmt, 5)),
		.write = sql_number(stmt, 6) != 0,
	};
}

static void set_slices(struct token_list *list)
{
	const char *at = list->bytes->data;

	for (size_t n = 0; n < list->count; n++) {
		struct store_token *token = &list->tokens[n];

		token->id.data = at;
		token->user.data = at += token->id.len;
		token->note.data = at += token->user.len;
		token->invite.data = at += token->note.len;
		at += token->invite.len;
		for (size_t i = 0; i < token->grant_count; i++) {
			token->grants[i].group.data = at;
			at += token->grants[i].group.len;
		}
	}
}

enum rc tokens_read(sqlite3_stmt *stmt, struct store_token **tokens, size_t *count,
		    struct buf *bytes)
{
	struct token_list list = { .bytes = bytes };
	size_t id_at = 0;
	enum rc rc;
	bool row;

	while ((rc = sql_step(stmt, &row)) == RC_OK && row) {
		if (!is_same_token(&list, id_at, sql_text(stmt, 0))) {
			id_at = bytes->len;
			rc = add_token(&list, stmt);
			if (rc != RC_OK)
				break;
		}
		add_grant(&list, stmt);
	}
	sqlite3_reset(stmt);
	set_slices(&list);
	*tokens = list.tokens;
	*count = list.count;
	return rc;
}

void tokens_free(struct store_token *tokens, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(tokens[i].grants);
	free(tokens);
}

void sqlite_token_find(struct store *store, struct slice id, on_store_token *on_token, void *arg)
{
	sqlite3_stmt *stmt = sqlite_of(store)->sql[SQL_TOKEN];
	struct buf bytes = BUF_EMPTY;
	struct store_token *tokens;
	size_t count;
	enum rc rc;

	sql_bind_text(stmt, 1, id);
	rc = tokens_read(stmt, &tokens, &count, &bytes);
	if (rc == RC_OK && count == 0)
		rc = RC_NOT_FOUND;
	on_token(arg, rc, rc == RC_OK ? tokens : NULL);
	tokens_free(tokens, count);
	buf_free(&bytes);
}

/* ---- Writing ---- */

static enum rc add_grant_row(struct sqlite *sqlite, const struct store_token *token, size_t n)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_ADD_GRANT];

	sql_bind_text(stmt, 1, token->id);
	sql_bind_number(stmt, 2, n);
	sql_bind_text(stmt, 3, token->grants[n].group);
	sql_bind_number(stmt, 4, token->grants[n].write);
	return sql_run(stmt);
}

/* Binds the limits from parameter `at` on. */
static void bind_quota(struct sqlite *sqlite, enum sql statement, int at,
		       const struct store_quota *quota)
{
	for (int i = 0; i < STORE_QUOTA_COUNT; i++) {
		sql_bind_number(sqlite->sql[statement], at + i, (uint64_t)quota->limits[i]);
		if (quota->limits[i])
			sqlite->quotas = QUOTAS_USED;
	}
}

enum rc tokens_add(struct sqlite *sqlite, const struct store_token *token)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_ADD_TOKEN];
	enum rc rc;

	sql_bind_text(stmt, 1, token->id);
	sql_bind_text(stmt, 2, token->user);
	sql_bind_bytes(stmt, 3, token->hash, sizeof(token->hash));
	sql_bind_number(stmt, 4, (uint64_t)token->created);
	sql_bind_number(stmt, 5, (uint64_t)token->expires);
	bind_quota(sqlite, SQL_ADD_TOKEN, 6, &token->quota);
	sql_bind_text(stmt, 11, token->note);
	sql_bind_text(stmt, 12, token->invite);
	rc = sql_run(stmt);
	if (rc == RC_OK && sqlite3_changes(sqlite->db) == 0)
		rc = RC_EXISTS;
	for (size_t n = 0; rc == RC_OK && n < token->grant_count; n++)
		rc = add_grant_row(sqlite, token, n);
	return rc;
}

enum rc tokens_revoke(struct sqlite *sqlite, struct slice id)
{
	sqlite3_stmt *token = sqlite->sql[SQL_DROP_TOKEN], *grants = sqlite->sql[SQL_DROP_GRANTS];
	enum rc rc;

	sql_bind_text(sqlite->sql[SQL_KEEP_REVOKED], 1, id);
	rc = sql_run(sqlite->sql[SQL_KEEP_REVOKED]);
	if (rc != RC_OK)
		return rc;
	sql_bind_text(token, 1, id);
	rc = sql_run(token);
	if (rc == RC_OK && sqlite3_changes(sqlite->db) == 0)
		rc = RC_NOT_FOUND;
	if (rc != RC_OK)
		return rc;
	sql_bind_text(grants, 1, id);
	return sql_run(grants);
}

enum rc tokens_read_one(struct sqlite *sqlite, struct slice id, struct store_reply *reply,
			struct buf *bytes)
{
	sql_bind_text(sqlite->sql[SQL_TOKEN], 1, id);
	return tokens_read(sqlite->sql[SQL_TOKEN], &reply->tokens, &reply->token_count, bytes);
}

static enum rc end_old(struct sqlite *sqlite, const struct store_request *request,
		       const struct store_token *old)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_SET_EXPIRY];

	if (request->old_ends <= request->token.created)
		return tokens_revoke(sqlite, request->old);
	if (old->expires && old->expires <= request->old_ends)
		return RC_OK;
	sql_bind_text(stmt, 1, request->old);
	sql_bind_number(stmt, 2, (uint64_t)request->old_ends);
	return sql_run(stmt);
}

static enum rc replace(struct sqlite *sqlite, const struct store_request *request,
		       struct store_token *token)
{
	const struct store_token old = *token;
	bool keeps_expiry = request->token.expires == STORE_EXPIRES_KEPT;
	enum rc rc;

	if (keeps_expiry && old.expires && old.expires <= request->token.created)
		return RC_DENIED;
	token->id = request->token.id;
	memcpy(token->hash, request->token.hash, sizeof(token->hash));
	token->created = request->token.created;
	token->expires = keeps_expiry ? old.expires : request->token.expires;
	rc = tokens_add(sqlite, token);
	return rc == RC_OK ? end_old(sqlite, request, &old) : rc;
}

enum rc tokens_rotate(struct sqlite *sqlite, const struct store_request *request,
		      struct store_reply *reply, struct buf *bytes)
{
	enum rc rc = tokens_read_one(sqlite, request->token.id, reply, bytes);

	if (rc == RC_OK && reply->token_count)
		return memcmp(reply->tokens->hash, request->token.hash, STORE_TOKEN_HASH_LEN) == 0
			       ? RC_OK
			       : RC_EXISTS;
	if (rc == RC_OK)
		rc = tokens_read_one(sqlite, request->old, reply, bytes);
	if (rc == RC_OK && reply->token_count == 0)
		rc = RC_NOT_FOUND;
	return rc == RC_OK ? replace(sqlite, request, reply->tokens) : rc;
}

/* ---- Setting ---- */

static enum rc set_quota(struct sqlite *sqlite, const struct store_request *request,
			 const struct store_token *before)
{
	struct store_quota quota = before->quota;

	for (size_t i = 0; i < STORE_QUOTA_COUNT; i++)
		if (request->token.quota.limits[i] != STORE_QUOTA_KEPT)
			quota.limits[i] = request->token.quota.limits[i];
	sql_bind_text(sqlite->sql[SQL_SET_QUOTA], 1, request->token.id);
	bind_quota(sqlite, SQL_SET_QUOTA, 2, &quota);
	return sql_run(sqlite->sql[SQL_SET_QUOTA]);
}

static enum rc set_expiry(struct sqlite *sqlite, const struct store_request *request)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_SET_EXPIRY];

	if (request->token.expires == STORE_EXPIRES_KEPT)
		return RC_OK;
	sql_bind_text(stmt, 1, request->token.id);
	sql_bind_number(stmt, 2, (uint64_t)request->token.expires);
	return sql_run(stmt);
}

static enum rc set_note(struct sqlite *sqlite, const struct store_request *request)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_SET_NOTE];

	if (!request->sets_note)
		return RC_OK;
	sql_bind_text(stmt, 1, request->token.id);
	sql_bind_text(stmt, 2, request->token.note);
	return sql_run(stmt);
}

static enum rc set_grants(struct sqlite *sqlite, const struct store_token *token)
{
	enum rc rc;

	if (token->grant_count == 0)
		return RC_OK;
	sql_bind_text(sqlite->sql[SQL_DROP_GRANTS], 1, token->id);
	rc = sql_run(sqlite->sql[SQL_DROP_GRANTS]);
	for (size_t n = 0; rc == RC_OK && n < token->grant_count; n++)
		rc = add_grant_row(sqlite, token, n);
	return rc;
}

enum rc tokens_set(struct sqlite *sqlite, const struct store_request *request,
		   struct store_reply *reply, struct buf *bytes)
{
	enum rc rc = tokens_read_one(sqlite, request->token.id, reply, bytes);

	if (rc == RC_OK && reply->token_count == 0)
		return RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = set_quota(sqlite, request, reply->tokens);
	if (rc == RC_OK)
		rc = set_expiry(sqlite, request);
	if (rc == RC_OK)
		rc = set_note(sqlite, request);
	if (rc == RC_OK)
		rc = set_grants(sqlite, &request->token);
	if (rc != RC_OK)
		return rc;
	tokens_free(reply->tokens, reply->token_count);
	buf_clear(bytes);
	return tokens_read_one(sqlite, request->token.id, reply, bytes);
}

enum rc tokens_used(struct sqlite *sqlite, const struct slice *ids, size_t count, int64_t now)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_SET_USED];
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < count; i++) {
		sql_bind_text(stmt, 1, ids[i]);
		sql_bind_number(stmt, 2, (uint64_t)now);
		sql_bind_number(stmt, 3, STORE_USED_SECONDS);
		rc = sql_run(stmt);
	}
	return rc;
}
