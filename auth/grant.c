/* Parses and formats grants. The token commands (cli/token.c) and the control protocol
 * use it. */
#include "auth/grant.h"

#include "store/docid.h"

#define MODE_LEN 3

enum rc grant_parse(struct slice text, struct store_grant *out, struct error *err)
{
	struct slice mode = slice_of("");

	if (text.len >= MODE_LEN)
		mode = slice_make(text.data + text.len - MODE_LEN, MODE_LEN);
	out->write = !slice_is(mode, ":ro");
	out->group = text;
	if (slice_is(mode, ":ro") || slice_is(mode, ":rw"))
		out->group.len -= MODE_LEN;
	if (out->group.len == 0)
		return error_set(err, RC_MALFORMED, "the group is empty");
	if (out->group.len > GROUP_MAX)
		return error_set(err, RC_MALFORMED, "the group is longer than %d bytes", GROUP_MAX);
	if (!group_is_valid(out->group))
		return error_set(err, RC_MALFORMED,
				 "the group must be UTF-8 without control characters");
	if (group_fault(out->group))
		return error_set(err, RC_MALFORMED, "the group %s", group_fault(out->group));
	return RC_OK;
}

bool grant_is_admin(const struct store_grant *grant)
{
	return grant->write && slice_is(grant->group, STORE_GRANT_ADMIN);
}

bool grants_have_admin(const struct store_grant *grants, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (grant_is_admin(&grants[i]))
			return true;
	return false;
}

void grant_format(const struct store_grant *grant, struct buf *out)
{
	if (grant_is_admin(grant)) {
		buf_put_text(out, "admin");
		return;
	}
	buf_put_slice(out, grant->group);
	buf_put_text(out, grant->write ? ":rw" : ":ro");
}
