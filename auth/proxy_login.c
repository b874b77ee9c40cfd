/* Reads the fields by which a proxy says who has logged in. Called by worker/dispatch.c
 * and cli/settings.c. */
#include "auth/proxy_login.h"

#include "auth/grant.h"
#include "base/array.h"
#include "base/text.h"

#include <strings.h>

/* The fields that requests have anyway: a client sends them. */
static const char *const taken[] = {
	"Accept",           "Accept-Encoding",
	"Authorization",    "Connection",
	"Content-Encoding", "Content-Length",
	"Content-Type",     "Cookie",
	"Forwarded",        "Host",
	"If-None-Match",    "Last-Event-ID",
	"Origin",           "Range",
	"Referer",          "Transfer-Encoding",
	"User-Agent",       "X-Forwarded-For",
};

enum rc proxy_login_check_name(const char *name, struct error *err)
{
	const size_t len = strspn(name, "!#$%&'*+-.^_`|~0123456789"
					"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (len == 0 || name[len] || len > 64)
		return error_set(err, RC_MALFORMED,
				 "\"%.100s\" is not the name of a header field; write it as "
				 "Remote-User",
				 name);
	for (size_t i = 0; i < COUNT(taken); i++)
		if (strcasecmp(name, taken[i]) == 0)
			return error_set(
				err, RC_MALFORMED,
				"%s is sent by clients themselves; use a field of its own, "
				"such as Remote-User",
				name);
	return RC_OK;
}

/* The part before the next comma or bar. */
static struct slice take_part(struct slice *text)
{
	size_t len = 0;
	struct slice part;

	while (len < text->len && text->data[len] != ',' && text->data[len] != '|')
		len++;
	part = slice_make(text->data, len);
	len += len < text->len;
	*text = slice_make(text->data + len, text->len - len);
	return text_trim(part);
}

static enum rc read_groups(struct slice groups, struct store_token *token, struct error *err)
{
	while (groups.len) {
		const struct slice part = take_part(&groups);
		struct store_grant grant;
		struct error unused;

		if (part.len == 0 || grant_parse(part, &grant, &unused) != RC_OK)
			continue;
		if (token->grant_count == STORE_GRANTS_MAX)
			return error_set(err, RC_MALFORMED, "names more than %d groups",
					 STORE_GRANTS_MAX);
		token->grants[token->grant_count++] = grant;
	}
	return RC_OK;
}

enum rc proxy_login_read(struct slice user, struct slice groups, struct identity **out,
			 struct error *err)
{
	struct store_grant grants[STORE_GRANTS_MAX];
	struct store_token token = { .id = slice_of(IDENTITY_PROXY),
				     .user = text_trim(user),
				     .grants = grants };
	enum rc rc;

	*out = NULL;
	if (token.user.len == 0 || token.user.len > STORE_USER_MAX || !text_is_utf8(token.user) ||
	    text_has_unsafe(token.user) || memchr(token.user.data, ',', token.user.len))
		return error_set(err, RC_MALFORMED,
				 "must be one user: 1 to %d bytes of UTF-8 without commas and "
				 "control characters",
				 STORE_USER_MAX);
	rc = read_groups(groups, &token, err);
	if (rc == RC_OK)
		*out = identity_new(&token);
	return rc;
}
