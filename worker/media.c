#include "worker/media.h"

#include <stdlib.h>
#include <strings.h>

const char *media_type(enum encoding encoding)
{
	return encoding == ENCODING_TRANSIT ? "application/transit+json" : "application/json";
}

static struct slice trim(struct slice text)
{
	while (text.len && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = slice_make(text.data + 1, text.len - 1);
	while (text.len && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}

/* Cuts what stands before the first `at`, trimmed, off the front of the text. */
static struct slice cut(struct slice *text, char at)
{
	const char *end = memchr(text->data, at, text->len);
	struct slice piece = slice_make(text->data, end ? (size_t)(end - text->data) : text->len);

	*text = end ? slice_make(end + 1, text->len - piece.len - 1) : slice_make(text->data + text->len, 0);
	return trim(piece);
}

static bool is_type(struct slice text, const char *type)
{
	return text.len == strlen(type) && strncasecmp(text.data, type, text.len) == 0;
}

static bool find_encoding(struct slice type, enum encoding *out)
{
	for (int i = ENCODING_JSON; i <= ENCODING_TRANSIT; i++) {
		if (is_type(type, media_type((enum encoding)i))) {
			*out = (enum encoding)i;
			return true;
		}
	}
	return false;
}

enum rc media_of_content(const char *content_type, enum encoding *out)
{
	struct slice text = slice_of(content_type ? content_type : "");

	return find_encoding(cut(&text, ';'), out) ? RC_OK : RC_MALFORMED;
}

/* The weight of a range, from 0 to 1 (RFC 9110, 12.4.2); 1 where it has none. */
static double quality(struct slice parameters)
{
	while (parameters.len) {
		struct slice one = cut(&parameters, ';');
		char number[8] = "";

		if (one.len > 2 && one.len < sizeof(number) + 2 && strncasecmp(one.data, "q=", 2) == 0) {
			memcpy(number, one.data + 2, one.len - 2);
			return strtod(number, NULL);
		}
	}
	return 1;
}

enum encoding media_of_accept(const char *accept, enum encoding fallback)
{
	struct slice text = slice_of(accept ? accept : "");
	enum encoding best = fallback;
	double best_quality = 0;

	while (text.len) {
		struct slice range = cut(&text, ',');
		struct slice type = cut(&range, ';');
		enum encoding found = fallback;
		bool wildcard = is_type(type, "*/*") || is_type(type, "application/*");

		if ((wildcard || find_encoding(type, &found)) && quality(range) > best_quality) {
			best_quality = quality(range);
			best = found;
		}
	}
	return best;
}
