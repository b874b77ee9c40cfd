/* POST /api/tokens and what is below it: makes, rotates, revokes and changes tokens, as
 * the commands do. See route.c. */
#include "admin/api.h"

#include "admin/change.h"
#include "admin/members.h"
#include "auth/grant.h"
#include "base/clock.h"

enum { ID, USER, GROUPS, ADMIN, EXPIRES, GRACE, QUOTA, NOTE, FIELDS };

#define MEMBERS \
	{ \
		[ID] = { "id", BODY_TEXT }, [USER] = { "user", BODY_TEXT }, \
		[GROUPS] = { "groups", BODY_TEXTS }, [ADMIN] = { "admin", BODY_FLAG }, \
		[EXPIRES] = { "expires", BODY_NUMBER }, [GRACE] = { "grace", BODY_NUMBER }, \
		[QUOTA] = { "quota", BODY_TEXT }, [NOTE] = { "note", BODY_TEXT }, \
	}

/* The members of each request, as doc/admin.schema.json has them. */
#define OF(member) (1U << (member))
#define OF_ADD (OF(USER) | OF(GROUPS) | OF(ADMIN) | OF(EXPIRES) | OF(QUOTA) | OF(NOTE))
#define OF_SET (OF(ID) | OF(GROUPS) | OF(ADMIN) | OF(EXPIRES) | OF(QUOTA) | OF(NOTE))
#define OF_ROTATE (OF(ID) | OF(EXPIRES) | OF(GRACE))
#define OF_REVOKE OF(ID)

/* json_body_read with these members alone. */
static bool read_members(struct exchange *exchange, struct json_body *body, unsigned members)
{
	for (size_t i = 0; i < body->count; i++)
		if (!(members & OF(i)))
			body->fields[i].name = NULL;
	return json_body_read(exchange, body);
}

/* ---- Groups ---- */

static enum rc need_grants(const struct store_token *token, struct error *err)
{
	return token->grant_count ? RC_OK
				  : error_set(err, RC_MALFORMED, "groups: at least one is needed");
}

static void put_admin(struct store_token *token)
{
	token->grants[token->grant_count++] =
		(struct store_grant){ slice_of(STORE_GRANT_ADMIN), true };
}

/* `token->grants` has room for STORE_GRANTS_MAX. */
static enum rc read_grants(const struct json_body *body, bool admin, struct store_token *token,
			   struct error *err)
{
	if (admin)
		put_admin(token);
	return member_grants(body, GROUPS, token->grants, &token->grant_count, err);
}

/* The grants of a token that is `old` now; members that the body lacks stay as they
 * are. */
static enum rc change_grants(const struct json_body *body, const struct store_token *old,
			     struct store_token *token, struct error *err)
{
	const bool admin = body->fields[ADMIN].is_there
				   ? body->fields[ADMIN].flag
				   : grants_have_admin(old->grants, old->grant_count);
	enum rc rc;

	if (body->fields[GROUPS].is_there) {
		rc = read_grants(body, admin, token, err);
		return rc == RC_OK ? need_grants(token, err) : rc;
	}
	if (admin)
		put_admin(token);
	for (size_t i = 0; i < old->grant_count && token->grant_count < STORE_GRANTS_MAX; i++)
		if (!grant_is_admin(&old->grants[i]))
			token->grants[token->grant_count++] = old->grants[i];
	return need_grants(token, err);
}

/* ---- Adding, revoking, rotating ---- */

static enum rc read_added(const struct json_body *body, struct store_token *token,
			  struct error *err)
{
	int64_t lasts = 0;
	enum rc rc = member_user(body, USER, &token->user, err);

	if (rc == RC_OK)
		rc = read_grants(body, body->fields[ADMIN].flag, token, err);
	if (rc == RC_OK)
		rc = need_grants(token, err);
	if (rc == RC_OK)
		rc = member_seconds(body, EXPIRES, &lasts, err);
	if (rc == RC_OK)
		rc = member_note(body, NOTE, &token->note, err);
	if (rc == RC_OK)
		rc = member_quota(body, QUOTA, &token->quota, err);
	token->expires = lasts ? clock_wall() + lasts : 0;
	return rc;
}

static struct change *change_mint_token(struct exchange *exchange, struct store_token *token)
{
	struct change *change = change_mint(exchange, &change_token);

	if (change == NULL)
		return NULL;
	token->id = slice_of(change->minted.id);
	memcpy(token->hash, change->minted.hash, sizeof(token->hash));
	token->created = clock_wall();
	return change;
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
	change = change_mint_token(exchange, &request.token);
	if (change)
		change_ask(change, &request);
}

static void revoke(struct exchange *exchange, const struct json_body *body)
{
	struct store_request request = { .kind = STORE_TOKEN_REVOKE };
	struct error err;

	if (member_id(body, ID, &request.token.id, &err) != RC_OK)
		answer_bad(exchange, err.text);
	else
		change_ask(change_new(exchange, &change_token), &request);
}

static void rotate(struct exchange *exchange, const struct json_body *body)
{
	struct store_request request = { .kind = STORE_TOKEN_ROTATE };
	int64_t lasts = 0, grace = 0;
	struct change *change;
	struct error err;

	if (member_id(body, ID, &request.old, &err) != RC_OK ||
	    member_seconds(body, EXPIRES, &lasts, &err) != RC_OK ||
	    member_seconds(body, GRACE, &grace, &err) != RC_OK) {
		answer_bad(exchange, err.text);
		return;
	}
	change = change_mint_token(exchange, &request.token);
	if (change == NULL)
		return;
	request.token.expires = STORE_EXPIRES_KEPT;
	if (body->fields[EXPIRES].is_there)
		request.token.expires = lasts ? request.token.created + lasts : 0;
	request.old_ends = request.token.created + grace;
	change_ask(change, &request);
}

/* ---- Setting ---- */

/* All but the groups. */
static enum rc read_set(const struct json_body *body, struct store_request *out, struct error *err)
{
	int64_t lasts = 0;
	enum rc rc = member_id(body, ID, &out->token.id, err);

	for (size_t i = 0; i < STORE_QUOTA_COUNT; i++)
		out->token.quota.limits[i] = STORE_QUOTA_KEPT;
	out->sets_note = body->fields[NOTE].is_there;
	if (rc == RC_OK)
		rc = member_seconds(body, EXPIRES, &lasts, err);
	if (rc == RC_OK)
		rc = member_note(body, NOTE, &out->token.note, err);
	if (rc == RC_OK)
		rc = member_quota(body, QUOTA, &out->token.quota, err);
	out->token.expires = STORE_EXPIRES_KEPT;
	if (body->fields[EXPIRES].is_there)
		out->token.expires = lasts ? clock_wall() + lasts : 0;
	return rc;
}

/* `old`: NULL if the groups stay. */
static void set_as(struct exchange *exchange, const struct json_body *body,
		   const struct store_token *old)
{
	struct store_grant grants[STORE_GRANTS_MAX];
	struct store_request request = { .kind = STORE_TOKEN_SET, .token = { .grants = grants } };
	struct error err;

	if (read_set(body, &request, &err) != RC_OK ||
	    (old && change_grants(body, old, &request.token, &err) != RC_OK))
		answer_bad(exchange, err.text);
	else
		change_ask(change_new(exchange, &change_token), &request);
}

/* The groups replace all that the token has, and what makes it an administrator's is
 * one of those. */
static void on_found(void *arg, enum rc rc, const struct store_token *token)
{
	struct exchange *exchange = arg;
	struct json_field fields[FIELDS] = MEMBERS;
	struct json_body body = { fields, FIELDS, BUF_EMPTY };

	if (rc == RC_NOT_FOUND)
		request_refuse(&exchange->request, PROBLEM_NOT_FOUND, "there is no such token");
	else if (rc != RC_OK)
		answer_failed(exchange, rc);
	else if (read_members(exchange, &body, OF_SET))
		set_as(exchange, &body, token);
	json_body_free(&body);
}

static void set(struct exchange *exchange, const struct json_body *body)
{
	struct slice id;
	struct error err;

	if (!body->fields[GROUPS].is_there && !body->fields[ADMIN].is_there)
		set_as(exchange, body, NULL);
	else if (member_id(body, ID, &id, &err) != RC_OK)
		answer_bad(exchange, err.text);
	else
		store_token_find(exchange->admin->store, id, on_found, exchange);
}

/* ---- Requests ---- */

static void with_body(struct exchange *exchange, unsigned members,
		      void (*change)(struct exchange *, const struct json_body *))
{
	struct json_field fields[FIELDS] = MEMBERS;
	struct json_body body = { fields, FIELDS, BUF_EMPTY };

	if (read_members(exchange, &body, members))
		change(exchange, &body);
	json_body_free(&body);
}

void api_token_add(struct exchange *exchange)
{
	with_body(exchange, OF_ADD, add);
}

void api_token_rotate(struct exchange *exchange)
{
	with_body(exchange, OF_ROTATE, rotate);
}

void api_token_revoke(struct exchange *exchange)
{
	with_body(exchange, OF_REVOKE, revoke);
}

void api_token_set(struct exchange *exchange)
{
	with_body(exchange, OF_SET, set);
}
