/* Canonical form of strings and scalars. transit/value.c and transit/tagged.c write
 * values by it. */
#include "transit/canon.h"

#include "transit/scalar.h"

void canon_copy(struct transit_in *in, struct slice bytes)
{
	if (in->emit.out && !reader_charge(in, bytes.len))
		emit_copy(&in->emit, bytes);
}

void canon_literal(struct transit_in *in, const char *text)
{
	canon_copy(in, slice_of(text));
}

void canon_verbatim(struct transit_in *in, const struct text *text)
{
	if (text->in_place) {
		canon_part(in, text->body.data - 1, text->body.len + 2);
		return;
	}
	canon_literal(in, "\"");
	canon_copy(in, text->body);
	canon_literal(in, "\"");
}

/* `prefix` includes the opening quote. */
void canon_prefixed(struct transit_in *in, const char *prefix, struct slice text)
{
	canon_literal(in, prefix);
	canon_copy(in, text);
	canon_literal(in, "\"");
	in->plain = false;
}

void canon_bytes(struct transit_in *in, struct slice base64)
{
	canon_literal(in, "\"~b");
	while (base64.len) {
		const char *end = memchr(base64.data, '\\', base64.len);
		size_t len = end ? (size_t)(end - base64.data) : base64.len;

		canon_copy(in, slice_make(base64.data, len));
		len += end ? 2 : 0;
		base64 = slice_make(base64.data + len, base64.len - len);
	}
	canon_literal(in, "\"");
	in->plain = false;
}

/* A string of `~` and a tag character; `at` is the position of the string or its code
 * in the message. */
static enum rc scalar_string(struct transit_in *in, const char *at, const struct text *text)
{
	struct slice rest = slice_make(text->body.data + 2, text->body.len - 2);
	char tag = text->body.data[1];
	const struct scalar *scalar = scalar_find(tag);

	if (scalar && !scalar->valid(rest)) {
		/* transit-js writes all numbers that are map keys so, also 1.5 and
		 * 1e21. */
		if (tag != 'i' || scan_number_kind(rest) == NUMBER_NONE)
			return reader_fail(in, RC_MALFORMED, at, scalar->needs);
		canon_prefixed(in, "\"~d", rest);
		return in->rc;
	}
	in->plain = false;
	if (tag == 'b' && memchr(rest.data, '\\', rest.len))
		canon_bytes(in, rest);
	else
		canon_verbatim(in, text);
	return in->rc;
}

/* A string that is not a tag, as value or key. */
static enum rc transit_string(struct transit_in *in, const char *at, const struct text *text)
{
	char first = text->body.len ? text->body.data[0] : ' ';

	if (first == '`') {
		canon_prefixed(in, "\"~", text->body);
		return in->rc;
	}
	if (first != '~') {
		canon_verbatim(in, text);
		return in->rc;
	}
	if (text->body.len == 1)
		return reader_fail(in, RC_MALFORMED, at, "~ without a type");
	switch (text->body.data[1]) {
	case '#':
		return reader_fail(in, RC_MALFORMED, at, "tag out of place");
	case '\'':
		return reader_fail(in, RC_MALFORMED, at, "quote without its tag");
	case '~':
	case '^':
	case '`':
		in->plain = false;
		canon_verbatim(in, text);
		return in->rc;
	default:
		return scalar_string(in, at, text);
	}
}

enum rc canon_string(struct transit_in *in, const char *at, const struct text *text)
{
	if (in->encoding == ENCODING_TRANSIT)
		return transit_string(in, at, text);
	if (text->body.len && scan_is_mark(text->body.data[0]))
		canon_prefixed(in, "\"~", text->body);
	else
		canon_verbatim(in, text);
	return in->rc;
}
