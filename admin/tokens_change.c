/* POST /api/tokens and what is below it: makes, rotates, revokes and changes tokens, as
 * the commands do. See route.c.
 *
 * A new token is in the response and nowhere else. */
#include "admin/api.h"

#include "admin/writer_client.h"
#include "auth/grant.h"
#include "auth/quota.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "transit/envelope.h"

#include <sodium.h>
#include <stdlib.h>

#define SECONDS_MAX (INT64_C(36500) * 86400)

/* What the writer was asked for, until it answers. */
struct change {
	struct exchange *exchange;
	struct token_minted minted; /* id empty: no new token */
	int status;
};

/* ---- The answer ---- */

static void put_minted(struct buf *out, const struct token_minted *minted)
{
	json_text(out, "id", slice_of(minted->id));
	json_text(out, "token", slice_of(minted->text));
}

static void change_refuse(struct exchange *exchange, enum rc rc)
{
	if (rc == RC_NOT_FOUND)
		request_refuse(&exchange->request, PROBLEM_NOT_FOUND, "there is no such token");
	else if (rc == RC_DENIED)
		answer_bad(exchange, "expires: the token has expired; set when the new one is to");
	else
		answer_failed(exchange, rc);
}

static void on_changed(void *arg, enum rc rc, const struct store_reply *reply)
{
	struct change *change = arg;
	struct buf out = BUF_EMPTY;

	if (rc == RC_OK)
		rc = reply->rc;
	if (rc != RC_OK) {
		change_refuse(change->exchange, rc);
	} else {
		envelope_open(&out);
		if (change->minted.id[0])
			put_minted(&out, &change->minted);
		envelope_close(&out);
		answer_json(change->exchange, change->status, &out);
	}
	token_wipe(&change->minted);
	free(change);
}

static void change_ask(struct change *change, const struct store_request *request)
{
	const struct actor actor = exchange_actor(change->exchange);

	writer_client_ask(change->exchange->admin->writer, &actor, request, on_changed, change);
}

/* Makes the token of a request; NULL: the exchange has been answered. */
static struct change *change_new(struct exchange *exchange, bool mint, struct store_token *token)
{
	struct change *change = mem_alloc(sizeof(*change));

	*change = (struct change){ .exchange = exchange, .status = mint ? 201 : 200 };
	if (mint && token_mint(&change->minted) != RC_OK) {
		answer_failed(exchange, RC_IO);
		free(change);
		return NULL;
	}
	if (mint) {
		token->id = slice_of(change->minted.id);
		memcpy(token->hash, change->minted.hash, sizeof(token->hash));
		token->created = clock_wall();
	}
	return change;
}

/* ---- Members ---- */

enum { ID, USER, GROUPS, ADMIN, EXPIRES, GRACE, QUOTA, FIELDS };

#define MEMBERS \
	{ \
		[ID] = { "id", BODY_TEXT }, [USER] = { "user", BODY_TEXT }, \
		[GROUPS] = { "groups", BODY_TEXTS }, [ADMIN] = { "admin", BODY_FLAG }, \
		[EXPIRES] = { "expires", BODY_NUMBER }, [GRACE] = { "grace", BODY_NUMBER }, \
		[QUOTA] = { "quota", BODY_TEXT }, \
	}

static enum rc read_id(const struct json_body *body, struct slice *id, struct error *err)
{
	*id = json_body_text(body, ID, 0);
	if (token_id_is_valid(*id))
		return RC_OK;
	return error_set(err, RC_MALFORMED, "id: must be the 16 hex digits of a token's id");
}

static enum rc read_user(const struct json_body *body, struct store_token *token, struct error *err)
{
	token->user = json_body_text(body, USER, 0);
	if (token->user.len == 0 || token->user.len > STORE_USER_MAX ||
	    text_has_unsafe(token->user))
		return error_set(err, RC_MALFORMED,
				 "user: must be 1 to %d bytes of UTF-8 without control characters, "
				 "line separators and marks of direction",
				 STORE_USER_MAX);
	return RC_OK;
}

static bool is_granted(const struct store_token *token, struct slice group)
{
	for (size_t i = 0; i < token->grant_count; i++)
		if (slice_equal(token->grants[i].group, group))
			return true;
	return false;
}

/* `token->grants` has room for STORE_GRANTS_MAX. */
static enum rc read_grants(const struct json_body *body, struct store_token *token,
			   struct error *err)
{
	const struct json_field *groups = &body->fields[GROUPS];

	if (body->fields[ADMIN].flag)
		token->grants[token->grant_count++] =
			(struct store_grant){ slice_of(STORE_GRANT_ADMIN), true };
	for (size_t i = 0; i < groups->count; i++) {
		struct store_grant grant;
		struct error detail;

		if (token->grant_count == STORE_GRANTS_MAX)
			return error_set(err, RC_MALFORMED, "groups: more than %d",
					 STORE_GRANTS_MAX);
		if (grant_parse(json_body_text(body, GROUPS, i), &grant, &detail) != RC_OK)
			return error_set(err, RC_MALFORMED, "groups[%zu]: %.300s", i, detail.text);
		if (is_granted(token, grant.group))
			return error_set(err, RC_MALFORMED, "groups[%zu]: is given twice", i);
		token->grants[token->grant_count++] = grant;
	}
	if (token->grant_count == 0)
		return error_set(err, RC_MALFORMED, "groups: at least one is needed");
	return RC_OK;
}

static enum rc read_seconds(const struct json_body *body, size_t field, int64_t *out,
			    struct error *err)
{
	const struct json_field *found = &body->fields[field];

	if (found->number > (uint64_t)SECONDS_MAX)
		return error_set(err, RC_MALFORMED, "%s: more than 36500 days", found->name);
	*out = (int64_t)found->number;
	return RC_OK;
}

static enum rc read_quota(const struct json_body *body, struct store_quota *out, struct error *err)
{
	struct error detail;

	if (!body->fields[QUOTA].is_there ||
	    quota_parse(json_body_text(body, QUOTA, 0), true, out, &detail) == RC_OK)
		return RC_OK;
	return error_set(err, RC_MALFORMED, "quota: %.300s", detail.text);
}

/* ---- Requests ---- */

static enum rc read_added(const struct json_body *body, struct store_token *token,
			  struct error *err)
{
	int64_t lasts = 0;
	enum rc rc = read_user(body, token, err);

	if (rc == RC_OK)
		rc = read_grants(body, token, err);
	if (rc == RC_OK)
		rc = read_seconds(body, EXPIRES, &lasts, err);
	if (rc == RC_OK)
		rc = read_quota(body, &token->quota, err);
	token->expires = lasts ? clock_wall() + lasts : 0;
	return rc;
}

static void add(struct exchange *exchange, const struct json_body *body)
{
	struct store_grant grants[STORE_GRANTS_MAX];
	struct store_request request = { .kind = STORE_TOKEN_ADD, .token = { .grants = grants } };
	struct change *change;
	struct error err;

	if (read_added(body, &request.token, &err) != RC_OK) {
		answer_bad(exchange, err.text);
		return;
	}
	change = change_new(exchange, true, &request.token);
	if (change)
		change_ask(change, &request);
}

static void revoke(struct exchange *exchange, const struct json_body *body)
{
	struct store_request request = { .kind = STORE_TOKEN_REVOKE };
	struct error err;

	if (read_id(body, &request.token.id, &err) != RC_OK)
		answer_bad(exchange, err.text);
	else
		change_ask(change_new(exchange, false, &request.token), &request);
}

static void rotate(struct exchange *exchange, const struct json_body *body)
{
	struct store_request request = { .kind = STORE_TOKEN_ROTATE };
	int64_t lasts = 0, grace = 0;
	struct change *change;
	struct error err;

	if (read_id(body, &request.old, &err) != RC_OK ||
	    read_seconds(body, EXPIRES, &lasts, &err) != RC_OK ||
	    read_seconds(body, GRACE, &grace, &err) != RC_OK) {
		answer_bad(exchange, err.text);
		return;
	}
	change = change_new(exchange, true, &request.token);
	if (change == NULL)
		return;
	request.token.expires = STORE_EXPIRES_KEPT;
	if (body->fields[EXPIRES].is_there)
		request.token.expires = lasts ? request.token.created + lasts : 0;
	request.old_ends = request.token.created + grace;
	change_ask(change, &request);
}

static void set(struct exchange *exchange, const struct json_body *body)
{
	struct store_request request = { .kind = STORE_TOKEN_SET,
					 .token = { .expires = STORE_EXPIRES_KEPT } };
	struct error err;

	request.token.expires = STORE_EXPIRES_KEPT;
	for (size_t i = 0; i < STORE_QUOTA_COUNT; i++)
		request.token.quota.limits[i] = STORE_QUOTA_KEPT;
	if (read_id(body, &request.token.id, &err) != RC_OK ||
	    read_quota(body, &request.token.quota, &err) != RC_OK)
		answer_bad(exchange, err.text);
	else
		change_ask(change_new(exchange, false, &request.token), &request);
}

static void with_body(struct exchange *exchange,
		      void (*change)(struct exchange *, const struct json_body *))
{
	struct json_field fields[FIELDS] = MEMBERS;
	struct json_body body = { fields, FIELDS, BUF_EMPTY };

	if (json_body_read(exchange, &body))
		change(exchange, &body);
	json_body_free(&body);
}

void api_token_add(struct exchange *exchange)
{
	with_body(exchange, add);
}

void api_token_rotate(struct exchange *exchange)
{
	with_body(exchange, rotate);
}

void api_token_revoke(struct exchange *exchange)
{
	with_body(exchange, revoke);
}

void api_token_set(struct exchange *exchange)
{
	with_body(exchange, set);
}
