/* Reads the options of cli/token.c, cli/token_set.c and cli/invite.c. */
#include "cli/token_options.h"

#include "auth/grant.h"
#include "auth/quota.h"
#include "base/exit.h"
#include "base/text.h"
#include "cli/say.h"

int token_quota_read(const struct options *options, struct store_quota *out)
{
	const char *text = options_text(options, "quota");
	struct error err;

	if (text == NULL || quota_parse(slice_of(text), true, out, &err) == RC_OK)
		return EXIT_SUCCESS;
	return say_usage("%s: %s", options_place(options, "quota", 0), err.text);
}

static bool is_granted(const struct store_grant *grants, size_t count, struct slice group)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal(grants[i].group, group))
			return true;
	return false;
}

int token_grants_read(const struct options *options, struct store_grant *grants, size_t *out_count)
{
	size_t count;
	const char *const *texts = options_list(options, "group", &count);

	if (*out_count + count > STORE_GRANTS_MAX)
		return say_usage("%s: more than %d groups",
				 options_place(options, "group", STORE_GRANTS_MAX),
				 STORE_GRANTS_MAX);
	for (size_t i = 0; i < count; i++) {
		struct store_grant grant;
		struct error err;

		if (grant_parse(slice_of(texts[i]), &grant, &err) != RC_OK)
			return say_usage("%s: \"%.100s\": %s", options_place(options, "group", i),
					 texts[i], err.text);
		if (is_granted(grants, *out_count, grant.group))
			return say_usage("%s: %.*s is given twice",
					 options_place(options, "group", i), (int)grant.group.len,
					 grant.group.data);
		grants[(*out_count)++] = grant;
	}
	return EXIT_SUCCESS;
}

int64_t token_expires_read(const struct options *options, int64_t now, int64_t without)
{
	uint64_t lasts;

	if (options_text(options, "expires") == NULL)
		return without;
	lasts = options_number(options, "expires");
	return lasts ? now + (int64_t)lasts : 0;
}

int token_note_read(const struct options *options, struct slice *out)
{
	const char *text = options_text(options, "note");

	*out = slice_of(text ? text : "");
	if (out->len > STORE_NOTE_MAX)
		return say_usage("%s: longer than %d bytes", options_place(options, "note", 0),
				 STORE_NOTE_MAX);
	if (text_has_unsafe(*out))
		return say_usage("%s: must be UTF-8 without control characters, line separators "
				 "and marks of direction",
				 options_place(options, "note", 0));
	return EXIT_SUCCESS;
}
