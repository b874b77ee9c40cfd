/* Checks the claims of a JSON Web Token (RFC 7519, section 4.1) and turns them into a
 * user with grants. Called by auth/jwt.c. */
#include "auth/jwt_claims.h"

#include "auth/grant.h"
#include "base/text.h"

#include <string.h>

#define DATE_MAX 1e12 /* seconds: later than any clock */

static enum rc deny(const char **reason, const char *text)
{
	*reason = text;
	return RC_DENIED;
}

/* A number of seconds, maybe with a fraction. */
static bool read_date(const json_t *value, int64_t *out)
{
	const double seconds = json_number_value(value);

	if (!json_is_number(value) || !(seconds >= 0 && seconds < DATE_MAX))
		return false;
	*out = (int64_t)seconds;
	return true;
}

/* A token that is examined before its end is good until then, one that is examined in
 * the leeway until the end of that. */
static enum rc check_time(const json_t *claims, int64_t now, int64_t *expires, const char **reason)
{
	const json_t *nbf = json_object_get(claims, "nbf");
	int64_t from = 0;

	if (!read_date(json_object_get(claims, "exp"), expires))
		return deny(reason, "it has no date exp");
	if (now >= *expires)
		*expires += JWT_LEEWAY;
	if (now >= *expires)
		return deny(reason, "it has expired");
	if (nbf && !read_date(nbf, &from))
		return deny(reason, "its nbf is no date");
	if (from - JWT_LEEWAY > now)
		return deny(reason, "it is not valid yet");
	return RC_OK;
}

static bool is_text(const json_t *value, const char *wanted)
{
	const char *text = json_string_value(value);

	return text && strcmp(text, wanted) == 0;
}

/* One text, or a list of them. */
static bool has_text(const json_t *value, const char *wanted)
{
	const json_t *one;
	size_t i;

	json_array_foreach(value, i, one) if (is_text(one, wanted)) return true;
	return is_text(value, wanted);
}

static enum rc check_purpose(const json_t *claims, const struct jwt_policy *policy,
			     const char **reason)
{
	if (policy->issuer && !is_text(json_object_get(claims, "iss"), policy->issuer))
		return deny(reason, "it is of another issuer");
	if (policy->audience && !has_text(json_object_get(claims, "aud"), policy->audience))
		return deny(reason, "it is for another audience");
	return RC_OK;
}

static enum rc read_user(const json_t *sub, struct slice *out, const char **reason)
{
	if (!json_is_string(sub))
		return deny(reason, "it has no text sub");
	*out = slice_make(json_string_value(sub), json_string_length(sub));
	if (out->len == 0 || out->len > STORE_USER_MAX || text_has_unsafe(*out))
		return deny(reason, "its sub cannot be a user");
	return RC_OK;
}

/* ---- Groups ---- */

/* False: too many. What is no grant is no right. */
static bool add_grant(struct slice text, struct store_token *token)
{
	struct error unused;
	struct store_grant grant;

	if (text.len == 0 || grant_parse(text, &grant, &unused) != RC_OK)
		return true;
	if (token->grant_count == STORE_GRANTS_MAX)
		return false;
	token->grants[token->grant_count++] = grant;
	return true;
}

static bool read_words(struct slice rest, struct store_token *token)
{
	while (rest.len) {
		const char *space = memchr(rest.data, ' ', rest.len);
		const size_t len = space ? (size_t)(space - rest.data) : rest.len;

		if (!add_grant(slice_make(rest.data, len), token))
			return false;
		rest = slice_make(rest.data + len, rest.len - len);
		if (rest.len)
			rest = slice_make(rest.data + 1, rest.len - 1);
	}
	return true;
}

static bool read_list(const json_t *list, struct store_token *token)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const struct slice text = { json_string_value(one), json_string_length(one) };

		if (!json_is_string(one) || !add_grant(text, token))
			return false;
	}
	return true;
}

/* A claim that is neither a text nor a list of texts, or has too many, grants
 * nothing. */
static void read_groups(const json_t *value, struct store_token *token)
{
	bool is_good = false;

	token->grant_count = 0;
	if (json_is_string(value))
		is_good = read_words(
			slice_make(json_string_value(value), json_string_length(value)), token);
	else if (json_is_array(value))
		is_good = read_list(value, token);
	if (!is_good)
		token->grant_count = 0;
}

enum rc jwt_claims_read(const json_t *claims, const struct jwt_policy *policy, int64_t now,
			struct store_token *token, const char **reason)
{
	enum rc rc = check_time(claims, now, &token->expires, reason);

	if (rc == RC_OK)
		rc = check_purpose(claims, policy, reason);
	if (rc == RC_OK)
		rc = read_user(json_object_get(claims, "sub"), &token->user, reason);
	if (rc == RC_OK)
		read_groups(json_object_get(claims, policy->groups), token);
	return rc;
}
