/* See push_body_kit.h. */
#include "t/unit/push_body_kit.h"

#include <stdlib.h>

enum rc parse(enum encoding encoding, const char *quoted, size_t limit, struct push_body *out,
	      struct error *err)
{
	char room[4000];
	struct slice text = unquote(quoted, room, sizeof(room));
	/* A copy of its own, so that a sanitizer sees who reads beyond it; and gone
	 * before the edits are looked at. */
	char *copy = malloc(text.len + 1);
	enum rc rc;

	memcpy(copy, text.data, text.len);
	err->text[0] = 0;
	rc = push_body_parse(encoding, slice_make(copy, text.len), limit, out, err);
	free(copy);
	return rc;
}

void expect_refused(enum encoding encoding, const char *message, size_t limit, enum rc rc,
		    const char *why_starts)
{
	struct push_body edits;
	struct error err;

	if (parse(encoding, message, limit, &edits, &err) != rc ||
	    strncmp(err.text, why_starts, strlen(why_starts)) != 0)
		fail_msg("%s: %s, not %s", message, err.text, why_starts);
	push_body_clear(&edits);
}

void to_transit(const char *json, char *out, size_t size)
{
	static const char *const names[] = { "'docs':", "'atomic':", "'id':",      "'base':",
					     "'op':",   "'value':",  "'deleted':", "'other':" };
	size_t len = 0;

	for (const char *at = json; *at; at++) {
		for (size_t i = 0; i < COUNT(names); i++)
			if (strncmp(at, names[i], strlen(names[i])) == 0) {
				out[len++] = *at++;
				out[len++] = '~';
				out[len++] = ':';
			}
		out[len++] = *at;
		assert_true(len + 4 < size);
	}
	out[len] = 0;
}
