/* Reads members of bodies. Called by admin/tokens_change.c and admin/invites.c. */
#include "admin/members.h"

#include "auth/grant.h"
#include "auth/quota.h"
#include "auth/token.h"
#include "base/text.h"

#define SECONDS_MAX (INT64_C(36500) * 86400)
#define PLAIN "of UTF-8 without control characters, line separators and marks of direction"

enum rc member_id(const struct json_body *body, size_t field, struct slice *out, struct error *err)
{
	*out = json_body_text(body, field, 0);
	if (token_id_is_valid(*out))
		return RC_OK;
	return error_set(err, RC_MALFORMED, "%s: must be the 16 hex digits of an id",
			 body->fields[field].name);
}

enum rc member_user(const struct json_body *body, size_t field, struct slice *out,
		    struct error *err)
{
	*out = json_body_text(body, field, 0);
	if (out->len && out->len <= STORE_USER_MAX && !text_has_unsafe(*out))
		return RC_OK;
	return error_set(err, RC_MALFORMED, "%s: must be 1 to %d bytes " PLAIN,
			 body->fields[field].name, STORE_USER_MAX);
}

enum rc member_note(const struct json_body *body, size_t field, struct slice *out,
		    struct error *err)
{
	*out = json_body_text(body, field, 0);
	if (out->len <= STORE_NOTE_MAX && !text_has_unsafe(*out))
		return RC_OK;
	return error_set(err, RC_MALFORMED, "%s: must be at most %d bytes " PLAIN,
			 body->fields[field].name, STORE_NOTE_MAX);
}

static bool is_granted(const struct store_grant *grants, size_t count, struct slice group)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal(grants[i].group, group))
			return true;
	return false;
}

enum rc member_grants(const struct json_body *body, size_t field, struct store_grant *grants,
		      size_t *count, struct error *err)
{
	const struct json_field *found = &body->fields[field];

	for (size_t i = 0; i < found->count; i++) {
		struct store_grant grant;
		struct error detail;

		if (*count == STORE_GRANTS_MAX)
			return error_set(err, RC_MALFORMED, "%s: more than %d", found->name,
					 STORE_GRANTS_MAX);
		if (grant_parse(json_body_text(body, field, i), &grant, &detail) != RC_OK)
			return error_set(err, RC_MALFORMED, "%s[%zu]: %.300s", found->name, i,
					 detail.text);
		if (is_granted(grants, *count, grant.group))
			return error_set(err, RC_MALFORMED, "%s[%zu]: is given twice", found->name,
					 i);
		grants[(*count)++] = grant;
	}
	return RC_OK;
}

enum rc member_seconds(const struct json_body *body, size_t field, int64_t *out, struct error *err)
{
	const struct json_field *found = &body->fields[field];

	if (found->number > (uint64_t)SECONDS_MAX)
		return error_set(err, RC_MALFORMED, "%s: more than 36500 days", found->name);
	*out = (int64_t)found->number;
	return RC_OK;
}

enum rc member_quota(const struct json_body *body, size_t field, struct store_quota *out,
		     struct error *err)
{
	struct error detail;

	if (!body->fields[field].is_there ||
	    quota_parse(json_body_text(body, field, 0), true, out, &detail) == RC_OK)
		return RC_OK;
	return error_set(err, RC_MALFORMED, "%s: %.300s", body->fields[field].name, detail.text);
}
