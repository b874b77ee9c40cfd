/* Syntax of document ids and groups. Called by the worker, the writer, the store and
 * commands that take ids. */
#include "store/docid.h"

#include "base/hash.h"
#include "base/text.h"

#include <assert.h>

bool docid_is_valid(struct slice id)
{
	if (id.len < 3 || id.len > DOCID_MAX)
		return false;
	if (memchr(id.data + 1, ':', id.len - 2) == NULL)
		return false;
	return text_is_utf8(id) && !text_has_control(id);
}

bool group_is_valid(struct slice group)
{
	return group.len >= 1 && group.len <= GROUP_MAX && text_is_utf8(group) &&
	       !text_has_control(group);
}

/* A colon at the very beginning ends no name. */
static size_t count_colons(struct slice name)
{
	size_t count = 0;

	for (size_t i = 1; i < name.len; i++)
		count += name.data[i] == ':';
	return count;
}

bool docid_is_deep(struct slice id)
{
	return count_colons(id) > NESTING_MAX;
}

const char *group_fault(struct slice group)
{
	if (!group_is_valid(group))
		return "must be 1 to 511 bytes of UTF-8 without control characters";
	if (group.data[group.len - 1] == ':')
		return "must not end in a colon: the document a:1 is in the group a";
	if (count_colons(group) + 1 > NESTING_MAX)
		return "is nested in more than 31 groups";
	return NULL;
}

struct slice docid_group(struct slice id)
{
	const char *colon = memrchr(id.data, ':', id.len);

	assert(colon != NULL);
	return slice_make(id.data, (size_t)(colon - id.data));
}

bool group_is_all(struct slice group)
{
	return slice_is(group, "*");
}

bool group_covers(struct slice group, struct slice name, bool or_equal)
{
	if (group_is_all(group))
		return or_equal || !group_is_all(name);
	if (or_equal && slice_equal(group, name))
		return true;
	return name.len > group.len && slice_starts(name, group) && name.data[group.len] == ':';
}

bool docid_next_group(struct slice id, size_t *at, uint64_t *hash, struct slice *group)
{
	size_t from = *at;
	const char *colon =
		from + 1 < id.len ? memchr(id.data + from + 1, ':', id.len - from - 1) : NULL;

	if (colon == NULL)
		return false;
	*at = (size_t)(colon - id.data);
	*hash = hash_more(*hash, slice_make(id.data + from, *at - from));
	*group = slice_make(id.data, *at);
	return true;
}
