/* Quotas as text. Called by cli/settings.c, cli/token.c and workers; see also
 * store/sqlite/quota.c. */
#include "auth/quota.h"

#include "base/array.h"
#include "base/text.h"
#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const names[STORE_QUOTA_COUNT] = {
	[STORE_QUOTA_BYTES] = "bytes",   [STORE_QUOTA_DOCUMENTS] = "documents",
	[STORE_QUOTA_GROUPS] = "groups", [STORE_QUOTA_STREAMS] = "streams",
	[STORE_QUOTA_PUSHES] = "pushes",
};

const char *quota_name(enum store_quota_kind kind)
{
	return names[kind];
}

static enum rc find_name(struct slice name, size_t *kind, struct error *err)
{
	for (*kind = 0; *kind < COUNT(names); ++*kind)
		if (slice_is(name, names[*kind]))
			return RC_OK;
	return error_set(err, RC_MALFORMED,
			 "\"%.*s\" is not bytes, documents, groups, streams or pushes",
			 (int)(name.len < 64 ? name.len : 64), name.data);
}

/* A number that fits a column of the database. */
static enum rc read_limit(struct slice text, size_t kind, int64_t *out)
{
	uint64_t number = 0;
	enum rc rc = kind == STORE_QUOTA_BYTES ? units_size(text, &number)
					       : text_number(text, INT64_MAX, &number);

	if (rc != RC_OK || number == 0 || number > INT64_MAX)
		return RC_MALFORMED;
	*out = (int64_t)number;
	return RC_OK;
}

static enum rc read_value(struct slice text, size_t kind, bool has_default, int64_t *out,
			  struct error *err)
{
	if (slice_is(text, "off")) {
		*out = STORE_QUOTA_OFF;
		return RC_OK;
	}
	if (has_default && slice_is(text, "default")) {
		*out = STORE_QUOTA_DEFAULT;
		return RC_OK;
	}
	if (read_limit(text, kind, out) == RC_OK)
		return RC_OK;
	return error_set(err, RC_MALFORMED, "%s: \"%.*s\" is neither a %s of at least 1 nor off%s",
			 names[kind], (int)(text.len < 64 ? text.len : 64), text.data,
			 kind == STORE_QUOTA_BYTES ? "size (such as 500M or 2G)" : "number",
			 has_default ? " or default" : "");
}

static struct slice take_until(struct slice *rest, char end)
{
	const char *at = rest->len ? memchr(rest->data, end, rest->len) : NULL;
	const size_t len = at ? (size_t)(at - rest->data) : rest->len;
	struct slice taken = slice_make(rest->data, len);

	*rest = at ? slice_make(at + 1, rest->len - len - 1) : slice_of("");
	return taken;
}

enum rc quota_parse(struct slice text, bool has_default, struct store_quota *out, struct error *err)
{
	bool given[STORE_QUOTA_COUNT] = { false };
	enum rc rc = RC_OK;

	if (text.len && text.data[text.len - 1] == ',')
		return error_set(err, RC_MALFORMED, "nothing follows the last comma");
	do {
		struct slice value = take_until(&text, ',');
		struct slice name = take_until(&value, '=');
		size_t kind;

		rc = find_name(name, &kind, err);
		if (rc == RC_OK && given[kind])
			rc = error_set(err, RC_MALFORMED, "%s is given twice", names[kind]);
		if (rc == RC_OK)
			rc = read_value(value, kind, has_default, &out->limits[kind], err);
		if (rc == RC_OK)
			given[kind] = true;
	} while (rc == RC_OK && text.len);
	return rc;
}

void quota_format(const struct store_quota *quota, struct buf *out)
{
	const char *separator = "";

	for (size_t i = 0; i < STORE_QUOTA_COUNT; i++) {
		char text[UNITS_TEXT_MAX];
		const int64_t limit = quota->limits[i];

		if (limit == STORE_QUOTA_DEFAULT)
			continue;
		if (limit < 0)
			(void)snprintf(text, sizeof(text), "off");
		else if (i == STORE_QUOTA_BYTES)
			units_size_format((uint64_t)limit, text);
		else
			(void)snprintf(text, sizeof(text), "%" PRId64, limit);
		buf_putf(out, "%s%s=%s", separator, names[i], text);
		separator = ",";
	}
}

int64_t quota_limit(const struct store_quota *token, const struct store_quota *server,
		    enum store_quota_kind kind)
{
	const int64_t own = token->limits[kind];
	const int64_t limit = own == STORE_QUOTA_DEFAULT ? server->limits[kind] : own;

	return limit > 0 ? limit : STORE_QUOTA_OFF;
}

bool quota_counts(const struct store_token *token, const struct store_quota *server)
{
	for (unsigned kind = 0; kind < STORE_QUOTA_STORED; kind++)
		if (token->usage[kind] ||
		    quota_limit(&token->quota, server, (enum store_quota_kind)kind) > 0)
			return true;
	return false;
}
