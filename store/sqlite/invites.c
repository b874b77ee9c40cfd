/* Invitations and joins, in the transactions of commit.c. See also
 * store/postgres/functions.sql, which decides the same. */
#include "store/sqlite/invites.h"

#include "store/sqlite/tokens.h"

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>

/* ---- Reading ---- */

enum {
	COLUMN_ID,
	COLUMN_HASH,
	COLUMN_SOURCE,
	COLUMN_NOTE,
	COLUMN_CREATED,
	COLUMN_EXPIRES,
	COLUMN_USES,
	COLUMN_USED,
	COLUMN_GROUP,
	COLUMN_WRITE,
	COLUMN_USER
};

struct invite_list {
	struct store_invite *invites;
	size_t count;
	size_t room;
	struct buf *bytes; /* of each: id, source, user, note, the groups of its grants */
};

static struct slice keep_text(struct invite_list *list, struct slice text)
{
	buf_put_slice(list->bytes, text);
	return slice_make(NULL, text.len);
}

static enum rc add_invite(struct invite_list *list, sqlite3_stmt *stmt)
{
	struct slice id = sql_text(stmt, COLUMN_ID), hash = sql_text(stmt, COLUMN_HASH);
	struct store_invite *invite;

	if (id.len != STORE_TOKEN_ID_LEN || hash.len != STORE_TOKEN_HASH_LEN) {
		log_error("store_invite_damaged");
		return RC_CORRUPT;
	}
	list->invites =
		mem_grow(list->invites, &list->room, list->count + 1, sizeof(*list->invites));
	invite = &list->invites[list->count++];
	*invite = (struct store_invite){
		.created = (int64_t)sql_number(stmt, COLUMN_CREATED),
		.expires = (int64_t)sql_number(stmt, COLUMN_EXPIRES),
		.uses = sql_number(stmt, COLUMN_USES),
		.used = sql_number(stmt, COLUMN_USED),
	};
	memcpy(invite->hash, hash.data, STORE_TOKEN_HASH_LEN);
	invite->id = keep_text(list, id);
	invite->source = keep_text(list, sql_text(stmt, COLUMN_SOURCE));
	invite->user = keep_text(list, sql_text(stmt, COLUMN_USER));
	invite->note = keep_text(list, sql_text(stmt, COLUMN_NOTE));
	return RC_OK;
}

static void add_grant(struct invite_list *list, sqlite3_stmt *stmt)
{
	struct store_invite *invite = &list->invites[list->count - 1];

	if (sql_is_null(stmt, COLUMN_GROUP))
		return;
	invite->grants =
		mem_resize(invite->grants, invite->grant_count + 1, sizeof(*invite->grants));
	invite->grants[invite->grant_count++] = (struct store_grant){
		.group = keep_text(list, sql_text(stmt, COLUMN_GROUP)),
		.write = sql_number(stmt, COLUMN_WRITE) != 0,
	};
}

static void set_slices(struct invite_list *list)
{
	const char *at = list->bytes->data;

	for (size_t n = 0; n < list->count; n++) {
		struct store_invite *invite = &list->invites[n];

		invite->id.data = at;
		invite->source.data = at += invite->id.len;
		invite->user.data = at += invite->source.len;
		invite->note.data = at += invite->user.len;
		at += invite->note.len;
		for (size_t i = 0; i < invite->grant_count; i++) {
			invite->grants[i].group.data = at;
			at += invite->grants[i].group.len;
		}
	}
}

enum rc invites_read(sqlite3_stmt *stmt, struct store_reply *reply, struct buf *bytes)
{
	struct invite_list list = { .bytes = bytes };
	size_t id_at = 0;
	enum rc rc;
	bool row;

	while ((rc = sql_step(stmt, &row)) == RC_OK && row) {
		if (list.count == 0 ||
		    !slice_equal(slice_make(bytes->data + id_at, STORE_TOKEN_ID_LEN),
				 sql_text(stmt, COLUMN_ID))) {
			id_at = bytes->len;
			rc = add_invite(&list, stmt);
			if (rc != RC_OK)
				break;
		}
		add_grant(&list, stmt);
	}
	sqlite3_reset(stmt);
	set_slices(&list);
	reply->invites = list.invites;
	reply->invite_count = list.count;
	return rc;
}

void invites_free(struct store_invite *invites, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(invites[i].grants);
	free(invites);
}

static enum rc read_one(struct sqlite *sqlite, struct slice id, struct store_reply *reply,
			struct buf *bytes)
{
	sql_bind_text(sqlite->sql[SQL_INVITE], 1, id);
	return invites_read(sqlite->sql[SQL_INVITE], reply, bytes);
}

/* Hashes of secrets: how far two of them agree does not help to find a secret. */
static bool hash_equal(const unsigned char a[STORE_TOKEN_HASH_LEN],
		       const unsigned char b[STORE_TOKEN_HASH_LEN])
{
	return memcmp(a, b, STORE_TOKEN_HASH_LEN) == 0;
}

/* ---- Adding and removing ---- */

enum rc invites_add(struct sqlite *sqlite, const struct store_invite *invite)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_ADD_INVITE],
		     *grant = sqlite->sql[SQL_ADD_INVITE_GRANT];
	enum rc rc;

	sql_bind_text(stmt, 1, invite->id);
	sql_bind_bytes(stmt, 2, invite->hash, sizeof(invite->hash));
	sql_bind_text(stmt, 3, invite->source);
	sql_bind_text(stmt, 4, invite->note);
	sql_bind_number(stmt, 5, (uint64_t)invite->created);
	sql_bind_number(stmt, 6, (uint64_t)invite->expires);
	sql_bind_number(stmt, 7, invite->uses);
	rc = sql_run(stmt);
	if (rc == RC_OK && sqlite3_changes(sqlite->db) == 0)
		rc = RC_EXISTS;
	for (size_t n = 0; rc == RC_OK && n < invite->grant_count; n++) {
		sql_bind_text(grant, 1, invite->id);
		sql_bind_number(grant, 2, n);
		sql_bind_text(grant, 3, invite->grants[n].group);
		sql_bind_number(grant, 4, invite->grants[n].write);
		rc = sql_run(grant);
	}
	return rc;
}

static bool is_current(const struct store_token *token, int64_t now)
{
	return token->expires == 0 || token->expires > now;
}

static enum rc drop_devices(struct sqlite *sqlite, struct slice source, int64_t now)
{
	sql_bind_text(sqlite->sql[SQL_DROP_DEVICES], 1, source);
	sql_bind_number(sqlite->sql[SQL_DROP_DEVICES], 2, (uint64_t)now);
	return sql_run(sqlite->sql[SQL_DROP_DEVICES]);
}

enum rc invites_add_device(struct sqlite *sqlite, const struct store_request *request, int64_t now,
			   struct store_reply *reply, struct buf *bytes)
{
	struct store_invite invite = { .id = request->invite.id,
				       .source = slice_of(request->proof.id),
				       .note = slice_of(STORE_DEVICE_NOTE),
				       .created = now,
				       .expires = now + STORE_DEVICE_SECONDS,
				       .uses = 1 };
	enum rc rc = tokens_read_one(sqlite, invite.source, reply, bytes);

	if (rc != RC_OK)
		return rc;
	if (reply->token_count == 0 || !is_current(reply->tokens, now) ||
	    !hash_equal(reply->tokens->hash, request->proof.hash))
		return RC_DENIED;
	memcpy(invite.hash, request->invite.hash, sizeof(invite.hash));
	rc = drop_devices(sqlite, invite.source, now);
	return rc == RC_OK ? invites_add(sqlite, &invite) : rc;
}

enum rc invites_remove(struct sqlite *sqlite, struct slice id)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_DROP_INVITE];
	enum rc rc;

	sql_bind_text(stmt, 1, id);
	rc = sql_run(stmt);
	if (rc == RC_OK && sqlite3_changes(sqlite->db) == 0)
		rc = RC_NOT_FOUND;
	if (rc != RC_OK)
		return rc;
	sql_bind_text(sqlite->sql[SQL_DROP_INVITE_GRANTS], 1, id);
	sql_bind_text(sqlite->sql[SQL_DROP_REVOKED], 1, id);
	rc = sql_run(sqlite->sql[SQL_DROP_INVITE_GRANTS]);
	return rc == RC_OK ? sql_run(sqlite->sql[SQL_DROP_REVOKED]) : rc;
}

/* ---- Joining ---- */

/* What a join reads, before it writes anything. */
struct join {
	struct sqlite *sqlite;
	const struct store_request *request;
	int64_t now;
	struct store_reply invites; /* with the invitation, if it exists */
	struct store_reply source;  /* with the token of the first device */
	struct buf bytes;
	struct buf source_bytes;
};

static void join_free(struct join *join)
{
	invites_free(join->invites.invites, join->invites.invite_count);
	tokens_free(join->source.tokens, join->source.token_count);
	buf_free(&join->bytes);
	buf_free(&join->source_bytes);
}

static enum rc refuse(struct store_reply *reply, enum store_join why)
{
	reply->join = why;
	return RC_DENIED;
}

/* Has the statement a row? Its first column is appended to `out`, unless that is
 * NULL. */
static enum rc find_row(sqlite3_stmt *stmt, bool *found, struct buf *out)
{
	enum rc rc = sql_step(stmt, found);

	if (rc == RC_OK && *found && out)
		buf_put_slice(out, sql_text(stmt, 0));
	sqlite3_reset(stmt);
	return rc;
}

static bool has_retry(const struct store_request *request)
{
	static const unsigned char none[STORE_TOKEN_HASH_LEN];

	return memcmp(request->retry, none, sizeof(none)) != 0;
}

/* The id of the token that the same join has made before. */
static enum rc find_repeated(struct join *join, bool *found, struct buf *id)
{
	sqlite3_stmt *stmt = join->sqlite->sql[SQL_JOINED];

	*found = false;
	if (!has_retry(join->request))
		return RC_OK;
	sql_bind_bytes(stmt, 1, join->request->retry, sizeof(join->request->retry));
	sql_bind_text(stmt, 2, join->invites.invites->id);
	/* An invitation with a source has a user of its own. */
	sql_bind_text(stmt, 3,
		      join->invites.invites->source.len ? slice_of("") : join->request->token.user);
	return find_row(stmt, found, id);
}

/* Has the same join made a token that was revoked since? */
static enum rc find_revoked(struct join *join, bool *found)
{
	sqlite3_stmt *stmt = join->sqlite->sql[SQL_WAS_REVOKED];

	*found = false;
	if (!has_retry(join->request))
		return RC_OK;
	sql_bind_text(stmt, 1, join->invites.invites->id);
	sql_bind_bytes(stmt, 2, join->request->retry, sizeof(join->request->retry));
	sql_bind_text(stmt, 3, join->request->token.user);
	return find_row(stmt, found, NULL);
}

/* The rights of an administrator are given by administrators only. */
static void drop_admin(struct store_token *token)
{
	size_t kept = 0;

	for (size_t i = 0; i < token->grant_count; i++)
		if (!slice_is(token->grants[i].group, STORE_GRANT_ADMIN))
			token->grants[kept++] = token->grants[i];
	token->grant_count = kept;
}

/* The token to be made, apart from its grants: of an invitation with a source it is a
 * copy. */
static enum rc make_copy(struct join *join, struct store_token *token, struct store_reply *reply)
{
	const struct store_invite *invite = join->invites.invites;
	enum rc rc =
		tokens_read_one(join->sqlite, invite->source, &join->source, &join->source_bytes);

	if (rc != RC_OK)
		return rc;
	if (join->source.token_count == 0 || !is_current(join->source.tokens, join->now))
		return refuse(reply, STORE_JOIN_UNKNOWN);
	drop_admin(join->source.tokens);
	if (join->source.tokens->grant_count == 0)
		return refuse(reply, STORE_JOIN_UNKNOWN);
	*token = *join->source.tokens;
	return RC_OK;
}

static enum rc make_own(const struct join *join, struct store_token *token,
			struct store_reply *reply)
{
	const struct store_invite *invite = join->invites.invites;
	sqlite3_stmt *stmt = join->sqlite->sql[SQL_HAS_USER];
	bool taken;
	enum rc rc;

	if (join->request->token.user.len == 0)
		return refuse(reply, STORE_JOIN_NAMELESS);
	sql_bind_text(stmt, 1, join->request->token.user);
	rc = find_row(stmt, &taken, NULL);
	if (rc != RC_OK)
		return rc;
	if (taken)
		return refuse(reply, STORE_JOIN_TAKEN);
	*token = (struct store_token){ .user = join->request->token.user,
				       .grants = invite->grants,
				       .grant_count = invite->grant_count };
	return RC_OK;
}

static enum rc make_token(struct join *join, struct store_token *token, struct store_reply *reply)
{
	const struct store_invite *invite = join->invites.invites;
	enum rc rc;

	if (invite->expires <= join->now)
		return refuse(reply, STORE_JOIN_ENDED);
	if (invite->used >= invite->uses)
		return refuse(reply, STORE_JOIN_USED);
	rc = invite->source.len ? make_copy(join, token, reply) : make_own(join, token, reply);
	token->id = join->request->token.id;
	memcpy(token->hash, join->request->token.hash, sizeof(token->hash));
	token->created = join->now;
	token->note = invite->note;
	token->invite = invite->id;
	return rc;
}

static enum rc add_and_count(const struct join *join, const struct store_token *token)
{
	sqlite3_stmt *retry = join->sqlite->sql[SQL_SET_RETRY];
	sqlite3_stmt *count = join->sqlite->sql[SQL_COUNT_INVITE];
	enum rc rc = tokens_add(join->sqlite, token);

	if (rc == RC_OK && has_retry(join->request) && !FAULT_MUTANT("join_forgotten")) {
		sql_bind_text(retry, 1, token->id);
		sql_bind_bytes(retry, 2, join->request->retry, sizeof(join->request->retry));
		rc = sql_run(retry);
	}
	if (rc != RC_OK || FAULT_MUTANT("join_uncounted"))
		return rc;
	sql_bind_text(count, 1, token->invite);
	return sql_run(count);
}

static enum rc join_run(struct join *join, struct store_reply *reply, struct buf *bytes)
{
	struct buf id = BUF_EMPTY;
	struct store_token token = { .created = 0 };
	bool was_revoked = false;
	enum rc rc = find_repeated(join, &reply->repeated, &id);

	if (rc == RC_OK && reply->repeated)
		rc = tokens_read_one(join->sqlite, buf_slice(&id), reply, bytes);
	buf_free(&id);
	if (rc != RC_OK || reply->repeated)
		return rc;
	rc = find_revoked(join, &was_revoked);
	if (rc == RC_OK)
		rc = was_revoked ? refuse(reply, STORE_JOIN_USED) : make_token(join, &token, reply);
	if (rc == RC_OK)
		rc = add_and_count(join, &token);
	return rc == RC_OK ? tokens_read_one(join->sqlite, token.id, reply, bytes) : rc;
}

enum rc invites_join(struct sqlite *sqlite, const struct store_request *request, int64_t now,
		     struct store_reply *reply, struct buf *bytes)
{
	struct join join = { .sqlite = sqlite, .request = request, .now = now };
	enum rc rc = read_one(sqlite, slice_of(request->proof.id), &join.invites, &join.bytes);

	if (rc == RC_OK && (join.invites.invite_count == 0 ||
			    !hash_equal(join.invites.invites->hash, request->proof.hash)))
		rc = refuse(reply, STORE_JOIN_UNKNOWN);
	if (rc == RC_OK)
		rc = join_run(&join, reply, bytes);
	join_free(&join);
	return rc;
}
