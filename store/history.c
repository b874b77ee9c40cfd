/* Rules of histories. Called by cli/settings.c, and by back ends for each write. */
#include "store/history.h"

#include "base/text.h"

#include <string.h>

const struct store_history history_if_used = {
	.rules = { { .group = "*", .versions = HISTORY_VERSIONS_MAX } },
	.count = 1,
	.only_if_used = true,
};

enum rc history_rule_parse(const char *text, struct history_rule *out, struct error *err)
{
	const char *equals = strrchr(text, '=');
	const char *number = equals ? equals + 1 : text;
	const struct slice group =
		equals ? slice_make(text, (size_t)(equals - text)) : slice_of("*");
	const char *fault = slice_is(group, "*") ? NULL : group_fault(group);

	if (fault)
		return error_set(err, RC_MALFORMED, "the group %s", fault);
	*out = (struct history_rule){ .versions = 0 };
	memcpy(out->group, group.data, group.len);
	if (strcmp(number, "off") == 0)
		return RC_OK;
	if (text_number(slice_of(number), HISTORY_VERSIONS_MAX, &out->versions) != RC_OK)
		return error_set(err, RC_MALFORMED,
				 "must be N or GROUP=N, such as 20 or notes=50, with a number of "
				 "versions up to %d, or off",
				 HISTORY_VERSIONS_MAX);
	return RC_OK;
}

uint64_t history_versions(const struct store_history *history, struct slice id)
{
	uint64_t versions = 0;
	size_t longest = 0;

	for (size_t i = 0; history && i < history->count; i++) {
		const struct history_rule *rule = &history->rules[i];
		const struct slice group = slice_of(rule->group);
		const size_t len = slice_is(group, "*") ? 0 : group.len;

		if (len < longest || (len && !group_covers(group, id, false)))
			continue;
		longest = len;
		versions = rule->versions;
	}
	return versions;
}
