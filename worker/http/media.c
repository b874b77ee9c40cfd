/* Content negotiation between JSON and Transit. Called by worker/dispatch and
 * worker/sync. */
#include "worker/http/media.h"

#include "base/text.h"

#include <strings.h>

const char *media_type(enum encoding encoding)
{
	return encoding == ENCODING_TRANSIT ? "application/transit+json" : "application/json";
}

/* Cuts the part before the first `at` off the text, and trims it. */
static struct slice cut(struct slice *text, char at)
{
	const char *end = memchr(text->data, at, text->len);
	struct slice piece = slice_make(text->data, end ? (size_t)(end - text->data) : text->len);

	*text = end ? slice_make(end + 1, text->len - piece.len - 1)
		    : slice_make(text->data + text->len, 0);
	return text_trim(piece);
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

/* RFC 9110, 8.3.2: names of charsets know no case, and the value may be quoted. Other
 * parameters have no meaning here. */
static bool is_utf8(struct slice parameters)
{
	static const char name[] = "charset=";
	const size_t len = sizeof(name) - 1;

	while (parameters.len) {
		struct slice one = cut(&parameters, ';');

		if (one.len < len || strncasecmp(one.data, name, len) != 0)
			continue;
		one = slice_make(one.data + len, one.len - len);
		if (!is_type(one, "utf-8") && !is_type(one, "\"utf-8\""))
			return false;
	}
	return true;
}

enum rc media_of_content(const char *content_type, enum encoding *out)
{
	struct slice text = slice_of(content_type ? content_type : "");

	struct slice type = cut(&text, ';');

	return is_utf8(text) && find_encoding(type, out) ? RC_OK : RC_MALFORMED;
}

/* A list of `identity` is one without codings (RFC 9110, 8.4). */
bool media_is_coded(const char *content_encoding)
{
	struct slice text = slice_of(content_encoding ? content_encoding : "");

	while (text.len) {
		struct slice coding = cut(&text, ',');

		if (coding.len && !is_type(coding, "identity"))
			return true;
	}
	return false;
}

/* In thousandths: 0 or 1 with up to three digits after the point, at most 1 (RFC 9110,
 * 12.4.2). A malformed weight is 0. */
static int weight_of(struct slice text)
{
	int weight, scale = 1000;

	if (text.len == 0 || text.len > 5 || (text.len > 1 && text.data[1] != '.'))
		return 0;
	weight = text.data[0] == '1' ? 1000 : 0;
	if (weight == 0 && text.data[0] != '0')
		return 0;
	for (size_t i = 2; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return 0;
		scale /= 10;
		weight += (text.data[i] - '0') * scale;
	}
	return weight <= 1000 ? weight : 0;
}

static int quality(struct slice parameters)
{
	while (parameters.len) {
		struct slice one = cut(&parameters, ';');

		if (one.len >= 2 && strncasecmp(one.data, "q=", 2) == 0)
			return weight_of(slice_make(one.data + 2, one.len - 2));
	}
	return 1000;
}

/* How a range names an encoding; the most specific one counts (RFC 9110, 12.5.1). */
enum naming { NAMED_NOT, NAMED_BY_ANY, NAMED_BY_KIND, NAMED };

static enum naming naming_of(struct slice range, enum encoding encoding)
{
	if (is_type(range, media_type(encoding)))
		return NAMED;
	return is_type(range, "application/*") ? NAMED_BY_KIND
	       : is_type(range, "*/*")         ? NAMED_BY_ANY
					       : NAMED_NOT;
}

struct preference {
	enum naming naming;
	int weight;
	int place; /* in the field */
};

static bool is_preferred(const struct preference *a, const struct preference *b)
{
	if (a->weight != b->weight)
		return a->weight > b->weight;
	return a->weight && a->naming == NAMED && (b->naming != NAMED || a->place < b->place);
}

enum encoding media_of_accept(const char *accept, enum encoding fallback)
{
	struct slice text = slice_of(accept ? accept : "");
	enum encoding other = fallback == ENCODING_JSON ? ENCODING_TRANSIT : ENCODING_JSON;
	struct preference preferences[2] = { { .naming = NAMED_NOT } };

	for (int place = 0; text.len; place++) {
		struct slice range = cut(&text, ',');
		struct slice type = cut(&range, ';');

		for (int i = ENCODING_JSON; i <= ENCODING_TRANSIT; i++) {
			enum naming naming = naming_of(type, (enum encoding)i);

			if (naming > preferences[i].naming)
				preferences[i] =
					(struct preference){ naming, quality(range), place };
		}
	}
	return is_preferred(&preferences[other], &preferences[fallback]) ? other : fallback;
}

bool media_takes_gzip(const char *accept_encoding)
{
	struct slice text = slice_of(accept_encoding ? accept_encoding : "");
	int gzip = -1, any = 0, identity = 0;

	while (text.len) {
		struct slice coding = cut(&text, ',');
		struct slice name = cut(&coding, ';');

		if (is_type(name, "gzip") || is_type(name, "x-gzip"))
			gzip = quality(coding);
		else if (is_type(name, "*"))
			any = quality(coding);
		else if (is_type(name, "identity"))
			identity = quality(coding);
	}
	gzip = gzip < 0 ? any : gzip;
	return gzip > 0 && gzip >= identity;
}
