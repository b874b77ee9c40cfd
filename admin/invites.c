/* GET /api/invites, POST /api/invites and /api/invites/end: lists, makes and withdraws
 * invitations, as the commands do. See route.c. */
#include "admin/api.h"

#include "admin/change.h"
#include "admin/list.h"
#include "admin/members.h"
#include "base/clock.h"
#include "transit/envelope.h"

#define EXPIRES_DEFAULT (INT64_C(7) * 86400) /* as of `token invite` */

/* ---- The list ---- */

static const char *state_of(const struct store_invite *invite)
{
	return invite->used >= invite->uses      ? "used up"
	       : invite->expires <= clock_wall() ? "ended"
						 : "open";
}

static void put_invite(struct buf *out, const struct store_invite *invite)
{
	envelope_next(out);
	envelope_open(out);
	json_text(out, "id", invite->id);
	json_text(out, "state", slice_of(state_of(invite)));
	if (invite->source.len)
		json_text(out, "user", invite->user);
	json_grants(out, invite->grants, invite->grant_count);
	json_number(out, "uses", invite->uses);
	json_number(out, "used", invite->used);
	json_time(out, "created", invite->created);
	json_time(out, "expires", invite->expires);
	json_text(out, "note", invite->note);
	envelope_close(out);
}

static void put_invites(struct buf *out, const struct store_reply *reply)
{
	for (size_t i = 0; i < reply->invite_count; i++)
		put_invite(out, &reply->invites[i]);
}

void api_invites(struct exchange *exchange)
{
	static const struct list_kind invites = { STORE_INVITE_LIST, "invites", put_invites };

	list_answer(exchange, &invites);
}

/* ---- Making ---- */

enum { GROUPS, USES, EXPIRES, NOTE, ADD_FIELDS };

static enum rc read_uses(const struct json_body *body, uint64_t *out, struct error *err)
{
	const struct json_field *field = &body->fields[USES];

	*out = field->is_there ? field->number : 1;
	if (*out >= 1 && *out <= STORE_USES_MAX)
		return RC_OK;
	return error_set(err, RC_MALFORMED, "uses: must be from 1 to %d", STORE_USES_MAX);
}

/* `invite->grants` has room for STORE_GRANTS_MAX. */
static enum rc read_invite(const struct json_body *body, struct store_invite *invite,
			   struct error *err)
{
	int64_t lasts;
	enum rc rc = member_grants(body, GROUPS, invite->grants, &invite->grant_count, err);

	if (rc == RC_OK && invite->grant_count == 0)
		rc = error_set(err, RC_MALFORMED, "groups: at least one is needed");
	if (rc == RC_OK)
		rc = read_uses(body, &invite->uses, err);
	if (rc == RC_OK)
		rc = member_note(body, NOTE, &invite->note, err);
	if (rc == RC_OK)
		rc = member_seconds(body, EXPIRES, &lasts, err);
	if (rc != RC_OK)
		return rc;
	if (body->fields[EXPIRES].is_there && lasts == 0)
		return error_set(err, RC_MALFORMED, "expires: must be at least 1");
	invite->created = clock_wall();
	invite->expires = invite->created + (lasts ? lasts : EXPIRES_DEFAULT);
	return RC_OK;
}

static void add(struct exchange *exchange, const struct json_body *body)
{
	struct store_grant grants[STORE_GRANTS_MAX];
	struct store_request request = { .kind = STORE_INVITE_ADD, .invite = { .grants = grants } };
	struct change *change;
	struct error err;

	if (read_invite(body, &request.invite, &err) != RC_OK) {
		answer_bad(exchange, err.text);
		return;
	}
	change = change_mint(exchange, &change_invite);
	if (change == NULL)
		return;
	request.invite.id = slice_of(change->minted.id);
	memcpy(request.invite.hash, change->minted.hash, sizeof(request.invite.hash));
	change_ask(change, &request);
}

void api_invite_add(struct exchange *exchange)
{
	struct json_field fields[ADD_FIELDS] = {
		[GROUPS] = { "groups", BODY_TEXTS, .required = true },
		[USES] = { "uses", BODY_NUMBER },
		[EXPIRES] = { "expires", BODY_NUMBER },
		[NOTE] = { "note", BODY_TEXT },
	};
	struct json_body body = { fields, ADD_FIELDS, BUF_EMPTY };

	if (json_body_read(exchange, &body))
		add(exchange, &body);
	json_body_free(&body);
}

/* ---- Withdrawing ---- */

void api_invite_end(struct exchange *exchange)
{
	struct json_field id = { "id", BODY_TEXT, .required = true };
	struct json_body body = { &id, 1, BUF_EMPTY };
	struct store_request request = { .kind = STORE_INVITE_REMOVE };
	struct error err;

	if (json_body_read(exchange, &body)) {
		if (member_id(&body, 0, &request.invite.id, &err) != RC_OK)
			answer_bad(exchange, err.text);
		else
			change_ask(change_new(exchange, &change_invite), &request);
	}
	json_body_free(&body);
}
