/* Tokens: found here, written by commit.c. See also store/sqlite/tokens.c. */
#include "store/postgres/operations.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/postgres/result.h"

#include <stdlib.h>

/* Columns of PG_TOKEN and PG_TOKENS: a row for each grant, those of one token behind
 * each other. */
enum {
	COLUMN_ID,
	COLUMN_USER,
	COLUMN_HASH,
	COLUMN_CREATED,
	COLUMN_EXPIRES,
	COLUMN_GROUP,
	COLUMN_WRITE,
	COLUMN_QUOTA,
	COLUMN_NOTE = COLUMN_QUOTA + STORE_QUOTA_COUNT,
	COLUMN_INVITE,
	COLUMN_USED,
	COLUMN_USAGE
};

static bool begins_token(const PGresult *result, int row)
{
	return row == 0 || !slice_equal(result_text(result, row - 1, COLUMN_ID),
					result_text(result, row, COLUMN_ID));
}

/* The bytes do not move: room for all has been reserved. */
static struct slice copy(struct buf *bytes, struct slice text)
{
	const char *at = bytes->data + bytes->len;

	buf_put_slice(bytes, text);
	return slice_make(at, text.len);
}

static enum rc read_token(const PGresult *result, int row, struct buf *bytes,
			  struct store_token *out)
{
	const struct slice hash = result_text(result, row, COLUMN_HASH);

	if (hash.len != STORE_TOKEN_HASH_LEN ||
	    PQgetlength(result, row, COLUMN_ID) != STORE_TOKEN_ID_LEN) {
		log_error("store_token_damaged");
		return RC_CORRUPT;
	}
	*out = (struct store_token){
		.id = copy(bytes, result_text(result, row, COLUMN_ID)),
		.user = copy(bytes, result_text(result, row, COLUMN_USER)),
		.created = result_int64(result, row, COLUMN_CREATED),
		.expires = result_int64(result, row, COLUMN_EXPIRES),
		.note = copy(bytes, result_text(result, row, COLUMN_NOTE)),
		.invite = copy(bytes, result_text(result, row, COLUMN_INVITE)),
		.used = result_int64(result, row, COLUMN_USED),
	};
	memcpy(out->hash, hash.data, hash.len);
	for (int i = 0; i < STORE_QUOTA_COUNT; i++)
		out->quota.limits[i] = result_int64(result, row, COLUMN_QUOTA + i);
	for (int i = 0; i < STORE_QUOTA_STORED; i++)
		out->usage[i] = result_number(result, row, COLUMN_USAGE + i);
	return RC_OK;
}

static void read_grant(const PGresult *result, int row, struct buf *bytes,
		       struct store_token *token)
{
	token->grants = mem_resize(token->grants, token->grant_count + 1, sizeof(*token->grants));
	token->grants[token->grant_count++] = (struct store_grant){
		.group = copy(bytes, result_text(result, row, COLUMN_GROUP)),
		.write = result_bool(result, row, COLUMN_WRITE),
	};
}

static size_t text_size(const PGresult *result)
{
	size_t size = 1;

	for (int row = 0; row < PQntuples(result); row++)
		size += (size_t)PQgetlength(result, row, COLUMN_ID) +
			(size_t)PQgetlength(result, row, COLUMN_USER) +
			(size_t)PQgetlength(result, row, COLUMN_NOTE) +
			(size_t)PQgetlength(result, row, COLUMN_INVITE) +
			(size_t)PQgetlength(result, row, COLUMN_GROUP);
	return size;
}

enum rc pg_tokens_read(const PGresult *result, struct store_token **tokens, size_t *count,
		       struct buf *bytes)
{
	const int rows = PQntuples(result);
	enum rc rc = RC_OK;

	*tokens = mem_array((size_t)rows, sizeof(**tokens));
	*count = 0;
	buf_reserve(bytes, text_size(result));
	for (int row = 0; rc == RC_OK && row < rows; row++) {
		if (begins_token(result, row))
			rc = read_token(result, row, bytes, &(*tokens)[(*count)++]);
		if (rc == RC_OK)
			read_grant(result, row, bytes, &(*tokens)[*count - 1]);
	}
	return rc;
}

void pg_tokens_free(struct store_token *tokens, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(tokens[i].grants);
	free(tokens);
}

/* ---- Finding one ---- */

struct find {
	on_store_token *on_token;
	void *arg;
};

static void on_found(void *arg, enum rc rc, const PGresult *result)
{
	struct find *find = arg;
	struct store_token *tokens = NULL;
	struct buf bytes = BUF_EMPTY;
	size_t count = 0;

	if (rc == RC_OK)
		rc = pg_tokens_read(result, &tokens, &count, &bytes);
	if (rc == RC_OK && count == 0)
		rc = RC_NOT_FOUND;
	find->on_token(find->arg, rc, rc == RC_OK ? tokens : NULL);
	pg_tokens_free(tokens, count);
	buf_free(&bytes);
	free(find);
}

void postgres_token_find(struct store *store, struct slice id, on_store_token *on_token, void *arg)
{
	struct find *find = mem_alloc(sizeof(*find));
	struct params params = { .count = 0 };

	*find = (struct find){ on_token, arg };
	params_text(&params, id);
	line_send(postgres_of(store)->main, PG_TOKEN, &params, on_found, find);
	params_free(&params);
}

/* ---- Writing one ---- */

void pg_quota_param(struct params *params, const struct store_quota *quota)
{
	params_array(params, PARAMS_INT8, STORE_QUOTA_COUNT);
	for (size_t i = 0; i < STORE_QUOTA_COUNT; i++)
		element_int8(params, quota->limits[i]);
}

void pg_grants_params(struct params *params, const struct store_grant *grants, size_t count)
{
	params_array(params, PARAMS_TEXT, count);
	for (size_t i = 0; i < count; i++)
		element_text(params, grants[i].group);
	params_array(params, PARAMS_BOOL, count);
	for (size_t i = 0; i < count; i++)
		element_bool(params, grants[i].write);
}

void pg_tokens_add_params(struct params *params, const struct store_token *token)
{
	params_text(params, token->id);
	params_text(params, token->user);
	params_text(params, slice_make((const char *)token->hash, sizeof(token->hash)));
	params_int8(params, token->created);
	params_int8(params, token->expires);
	pg_grants_params(params, token->grants, token->grant_count);
	pg_quota_param(params, &token->quota);
	params_text(params, token->note);
}

void pg_token_set_params(struct params *params, const struct store_request *request)
{
	params_text(params, request->token.id);
	pg_quota_param(params, &request->token.quota);
	params_int8(params, request->token.expires);
	pg_grants_params(params, request->token.grants, request->token.grant_count);
	params_bool(params, request->sets_note);
	params_text(params, request->token.note);
}

void pg_token_used_params(struct params *params, const struct store_request *request, int64_t now)
{
	params_array(params, PARAMS_TEXT, request->used_count);
	for (size_t i = 0; i < request->used_count; i++)
		element_text(params, request->used[i]);
	params_int8(params, now);
	params_int8(params, STORE_USED_SECONDS);
}
