/* Invitations: lists, and the parameters of the functions that commit.c calls. See also
 * store/sqlite/invites.c. */
#include "store/postgres/operations.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/postgres/result.h"

#include <stdlib.h>
#include <string.h>

/* Columns of PG_INVITES: a row for each grant, those of one invitation behind each
 * other, or one without a grant. */
enum {
	COLUMN_ID,
	COLUMN_HASH,
	COLUMN_SOURCE,
	COLUMN_NOTE,
	COLUMN_CREATED,
	COLUMN_EXPIRES,
	COLUMN_USES,
	COLUMN_USED,
	COLUMN_USER,
	COLUMN_GROUP,
	COLUMN_WRITE
};

/* The bytes do not move: room for all has been reserved. */
static struct slice copy(struct buf *bytes, struct slice text)
{
	const char *at = bytes->data + bytes->len;

	buf_put_slice(bytes, text);
	return slice_make(at, text.len);
}

static size_t text_size(const PGresult *result)
{
	static const int texts[] = { COLUMN_ID, COLUMN_SOURCE, COLUMN_NOTE, COLUMN_USER,
				     COLUMN_GROUP };
	size_t size = 1;

	for (int row = 0; row < PQntuples(result); row++)
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			size += (size_t)PQgetlength(result, row, texts[i]);
	return size;
}

static enum rc read_invite(const PGresult *result, int row, struct buf *bytes,
			   struct store_invite *out)
{
	const struct slice hash = result_text(result, row, COLUMN_HASH);

	if (hash.len != STORE_TOKEN_HASH_LEN ||
	    PQgetlength(result, row, COLUMN_ID) != STORE_TOKEN_ID_LEN) {
		log_error("store_invite_damaged");
		return RC_CORRUPT;
	}
	*out = (struct store_invite){
		.id = copy(bytes, result_text(result, row, COLUMN_ID)),
		.source = copy(bytes, result_text(result, row, COLUMN_SOURCE)),
		.user = copy(bytes, result_text(result, row, COLUMN_USER)),
		.note = copy(bytes, result_text(result, row, COLUMN_NOTE)),
		.created = result_int64(result, row, COLUMN_CREATED),
		.expires = result_int64(result, row, COLUMN_EXPIRES),
		.uses = result_number(result, row, COLUMN_USES),
		.used = result_number(result, row, COLUMN_USED),
	};
	memcpy(out->hash, hash.data, hash.len);
	return RC_OK;
}

static void read_grant(const PGresult *result, int row, struct buf *bytes,
		       struct store_invite *invite)
{
	if (PQgetisnull(result, row, COLUMN_GROUP))
		return;
	invite->grants =
		mem_resize(invite->grants, invite->grant_count + 1, sizeof(*invite->grants));
	invite->grants[invite->grant_count++] = (struct store_grant){
		.group = copy(bytes, result_text(result, row, COLUMN_GROUP)),
		.write = result_bool(result, row, COLUMN_WRITE),
	};
}

enum rc pg_invites_read(const PGresult *result, struct store_reply *reply, struct buf *bytes)
{
	const int rows = PQntuples(result);
	enum rc rc = RC_OK;

	reply->invites = mem_array((size_t)rows, sizeof(*reply->invites));
	buf_reserve(bytes, text_size(result));
	for (int row = 0; rc == RC_OK && row < rows; row++) {
		if (row == 0 || !slice_equal(result_text(result, row - 1, COLUMN_ID),
					     result_text(result, row, COLUMN_ID)))
			rc = read_invite(result, row, bytes,
					 &reply->invites[reply->invite_count++]);
		if (rc == RC_OK)
			read_grant(result, row, bytes, &reply->invites[reply->invite_count - 1]);
	}
	return rc;
}

void pg_invites_free(struct store_invite *invites, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(invites[i].grants);
	free(invites);
}

static struct slice hash_slice(const unsigned char hash[STORE_TOKEN_HASH_LEN])
{
	return slice_make((const char *)hash, STORE_TOKEN_HASH_LEN);
}

void pg_invite_add_params(struct params *params, const struct store_invite *invite)
{
	params_text(params, invite->id);
	params_text(params, hash_slice(invite->hash));
	params_text(params, invite->note);
	params_int8(params, invite->created);
	params_int8(params, invite->expires);
	params_int8(params, (int64_t)invite->uses);
	pg_grants_params(params, invite->grants, invite->grant_count);
}

void pg_invite_device_params(struct params *params, const struct store_request *request,
			     int64_t now)
{
	params_text(params, slice_of(request->proof.id));
	params_text(params, hash_slice(request->proof.hash));
	params_text(params, request->invite.id);
	params_text(params, hash_slice(request->invite.hash));
	params_text(params, slice_of(STORE_DEVICE_NOTE));
	params_int8(params, now);
	params_int8(params, now + STORE_DEVICE_SECONDS);
}

/* Without a retry an empty one, which no token has. */
void pg_join_params(struct params *params, const struct store_request *request, int64_t now)
{
	static const unsigned char none[STORE_TOKEN_HASH_LEN];
	const bool has_retry = memcmp(request->retry, none, sizeof(none)) != 0;

	params_text(params, slice_of(request->proof.id));
	params_text(params, hash_slice(request->proof.hash));
	params_text(params, request->token.id);
	params_text(params, hash_slice(request->token.hash));
	params_text(params, request->token.user);
	params_text(params, has_retry ? hash_slice(request->retry) : slice_of(""));
	params_int8(params, now);
}
