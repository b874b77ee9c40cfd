/* Rules of histories. Called by cli/settings.c, by the writer's purge, and by back ends
 * for each write. */
#include "store/history.h"

#include "base/text.h"
#include "base/units.h"

#include <inttypes.h>
#include <string.h>

const struct store_history history_all = {
	.versions = { .rules = { { .group = "*", .value = HISTORY_VERSIONS_MAX } }, .count = 1 },
};

/* Reads the group before the last `=`, if there is one, and finds the value. */
static enum rc parse_group(const char *text, struct history_rule *out, struct slice *value,
			   struct error *err)
{
	const char *equals = strrchr(text, '=');
	const struct slice group =
		equals ? slice_make(text, (size_t)(equals - text)) : slice_of("*");
	const char *fault = slice_is(group, "*") ? NULL : group_fault(group);

	*value = slice_of(equals ? equals + 1 : text);
	if (fault)
		return error_set(err, RC_MALFORMED, "the group %s", fault);
	*out = (struct history_rule){ .value = 0 };
	memcpy(out->group, group.data, group.len);
	return RC_OK;
}

enum rc history_versions_parse(const char *text, struct history_rule *out, struct error *err)
{
	struct slice value;
	enum rc rc = parse_group(text, out, &value, err);

	if (rc != RC_OK || slice_is(value, "off"))
		return rc;
	if (text_number(value, HISTORY_VERSIONS_MAX, &out->value) != RC_OK)
		return error_set(err, RC_MALFORMED,
				 "must be N or GROUP=N, such as 20 or notes=50, with a number of "
				 "versions up to %d, or off",
				 HISTORY_VERSIONS_MAX);
	return RC_OK;
}

enum rc history_age_parse(const char *text, struct history_rule *out, struct error *err)
{
	struct slice value;
	enum rc rc = parse_group(text, out, &value, err);

	if (rc != RC_OK || slice_is(value, "off"))
		return rc;
	if (units_duration(value, &out->value) != RC_OK || out->value < 1 ||
	    out->value > HISTORY_AGE_MAX)
		return error_set(err, RC_MALFORMED,
				 "must be TIME or GROUP=TIME, such as 90d or notes=30d, with a "
				 "time from 1s to 36500d, or off");
	return RC_OK;
}

uint64_t history_find(const struct history_rules *rules, struct slice group)
{
	uint64_t value = 0;
	size_t longest = 0;

	for (size_t i = 0; i < rules->count; i++) {
		const struct slice outer = slice_of(rules->rules[i].group);
		const size_t len = slice_is(outer, "*") ? 0 : outer.len;

		if (len < longest || (len && !group_covers(outer, group, true)))
			continue;
		longest = len;
		value = rules->rules[i].value;
	}
	return value;
}

uint64_t history_versions(const struct store_history *history, struct slice id)
{
	return history ? history_find(&history->versions, docid_group(id)) : 0;
}

/* functions.sql has the same. */
bool history_is_due(uint64_t versions, uint64_t from, uint64_t to)
{
	uint64_t step = versions / 4;

	if (step > HISTORY_STEP_MAX)
		step = HISTORY_STEP_MAX;
	return from > versions && (step <= 1 || from / step != to / step);
}

/* A line for each: GROUP=N, without an end for the last. No group has a control
 * character. */
struct slice history_rules_put(struct buf *out, const struct history_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		buf_putf(out, "%s%s=%" PRIu64, i ? "\n" : "", rules->rules[i].group,
			 rules->rules[i].value);
	return out->len ? buf_slice(out) : slice_of("");
}

static bool read_rule(struct slice line, struct history_rule *out)
{
	const char *equals = line.len ? memrchr(line.data, '=', line.len) : NULL;
	const size_t len = equals ? (size_t)(equals - line.data) : 0;

	*out = (struct history_rule){ .value = 0 };
	if (len == 0 || len > GROUP_MAX)
		return false;
	memcpy(out->group, line.data, len);
	return text_number(slice_make(equals + 1, line.len - len - 1), HISTORY_VERSIONS_MAX,
			   &out->value) == RC_OK;
}

void history_rules_parse(struct slice text, struct history_rules *out)
{
	*out = (struct history_rules){ .count = 0 };
	while (text.len && out->count < HISTORY_RULES_MAX) {
		const char *end = memchr(text.data, '\n', text.len);
		const size_t len = end ? (size_t)(end - text.data) : text.len;

		if (read_rule(slice_make(text.data, len), &out->rules[out->count]))
			out->count++;
		text = slice_make(text.data + len + (end != NULL), text.len - len - (end != NULL));
	}
}

void history_times(const struct history_rules *ages, int64_t now, struct history_rules *out)
{
	*out = *ages;
	for (size_t i = 0; i < out->count; i++) {
		uint64_t *value = &out->rules[i].value;

		/* A time of 0 means never. */
		*value = *value && now > (int64_t)*value ? (uint64_t)now - *value : 0;
	}
}

uint64_t history_shortest(const struct history_rules *ages)
{
	uint64_t shortest = 0;

	for (size_t i = 0; i < ages->count; i++)
		if (ages->rules[i].value && (shortest == 0 || ages->rules[i].value < shortest))
			shortest = ages->rules[i].value;
	return shortest;
}
