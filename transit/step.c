/* The steps by which a caller walks the envelope of a message (transit/transit.h).
 * worker/push_body.c reads pushes by it, cli/import_read.c reads exports. */
#include "transit/reader.h"

#include "base/text.h"

#include <assert.h>

/* Removes the escaping `~` of a plain string; returns false if the string has a type of
 * its own. */
static bool plain_string(const struct transit_in *in, struct slice *body)
{
	if (in->encoding == ENCODING_JSON || body->len == 0 || body->data[0] != '~')
		return true;
	if (body->len == 1 || !scan_is_mark(body->data[1]))
		return false;
	*body = slice_make(body->data + 1, body->len - 1);
	return true;
}

static enum transit_kind string_kind(const struct transit_in *in, struct slice body)
{
	struct text text = { body, false };

	if (in->encoding == ENCODING_TRANSIT && body.len && body.data[0] == '^' &&
	    !cache_find(&in->cache, body, &text))
		return TRANSIT_OTHER;
	body = text.body;
	if (plain_string(in, &body))
		return TRANSIT_STRING;
	switch (body.len > 1 ? body.data[1] : ' ') {
	case 'i':
		return TRANSIT_NUMBER;
	case '?':
		return TRANSIT_BOOL;
	case '_':
		return TRANSIT_NULL;
	default:
		return TRANSIT_OTHER;
	}
}

/* Determines the kind of an array or object in Transit by its first entry, without
 * advancing the reader. */
static enum transit_kind container_kind(struct transit_in *in, enum transit_kind kind)
{
	struct scan ahead = in->scan;
	struct text text = { { NULL, 0 }, false };

	ahead.at++;
	scan_space(&ahead);
	if (scan_look(&ahead) != '"' || scan_string(&ahead, &in->scratch, &text.body))
		return kind;
	if (kind == TRANSIT_ARRAY && slice_is(text.body, "^ "))
		return TRANSIT_MAP;
	(void)cache_find(&in->cache, text.body, &text);
	return reader_is_tag(text.body) ? TRANSIT_OTHER : kind;
}

enum transit_kind transit_in_peek(struct transit_in *in)
{
	struct scan ahead;
	struct slice body;
	enum transit_kind kind = TRANSIT_OTHER;

	scan_space(&in->scan);
	ahead = in->scan;
	switch (scan_look(&ahead)) {
	case 'n':
		return TRANSIT_NULL;
	case 't':
	case 'f':
		return TRANSIT_BOOL;
	case '-':
	case '0' ... '9':
		return TRANSIT_NUMBER;
	case '"':
		return scan_string(&ahead, &in->scratch, &body) ? TRANSIT_OTHER
								: string_kind(in, body);
	case '[':
		kind = TRANSIT_ARRAY;
		break;
	case '{':
		kind = TRANSIT_MAP;
		break;
	default:
		return TRANSIT_OTHER;
	}
	return in->encoding == ENCODING_TRANSIT ? container_kind(in, kind) : kind;
}

enum rc transit_in_map(struct transit_in *in)
{
	struct text mark;
	enum rc rc;

	if (in->rc)
		return in->rc;
	if (transit_in_peek(in) != TRANSIT_MAP)
		return reader_malformed(in, in->encoding == ENCODING_JSON ? "expected an object"
									  : "expected a map");
	if (scan_look(&in->scan) == '{')
		return reader_open(in, '}');
	rc = reader_open(in, ']');
	scan_space(&in->scan);
	if (!rc)
		rc = reader_raw(in, &mark);
	in->brackets[in->depth - 1].first = false;
	return rc;
}

enum rc transit_in_map_next(struct transit_in *in, bool *more, struct slice *key)
{
	const char *at;
	struct text text;
	enum rc rc;

	*more = false;
	if (in->rc)
		return in->rc;
	rc = reader_next(in, more);
	if (rc || !*more)
		return rc;
	at = in->scan.at;
	rc = reader_string(in, true, &text);
	if (!rc && in->encoding == ENCODING_TRANSIT) {
		if (text.body.len < 2 || memcmp(text.body.data, "~:", 2) != 0)
			return reader_fail(in, RC_MALFORMED, at, "expected a keyword");
		text.body = slice_make(text.body.data + 2, text.body.len - 2);
	}
	if (rc)
		return rc;
	buf_clear(&in->key);
	scan_unescape(text.body, &in->key);
	*key = buf_slice(&in->key);
	return reader_to_value(in);
}

enum rc transit_in_array(struct transit_in *in)
{
	if (in->rc)
		return in->rc;
	if (transit_in_peek(in) != TRANSIT_ARRAY)
		return reader_malformed(in, "expected an array");
	return reader_open(in, ']');
}

enum rc transit_in_array_next(struct transit_in *in, bool *more)
{
	*more = false;
	return in->rc ? in->rc : reader_next(in, more);
}

enum rc transit_in_string(struct transit_in *in, struct buf *out)
{
	const char *at;
	struct text text;
	enum rc rc;

	if (in->rc)
		return in->rc;
	scan_space(&in->scan);
	at = in->scan.at;
	rc = reader_string(in, false, &text);
	if (rc)
		return rc;
	if (!plain_string(in, &text.body))
		return reader_fail(in, RC_MALFORMED, at, "expected a string");
	/* Codes can repeat a long text many times. */
	rc = reader_charge(in, text.body.len);
	if (!rc)
		scan_unescape(text.body, out);
	return rc;
}

enum rc transit_in_uint(struct transit_in *in, uint64_t *out)
{
	const char *at;
	struct slice digits = { "", 0 };
	struct text text;
	enum rc rc;

	if (in->rc)
		return in->rc;
	if (transit_in_peek(in) != TRANSIT_NUMBER)
		return reader_malformed(in, "expected a non-negative integer");
	at = in->scan.at;
	if (*at == '"') {
		rc = reader_string(in, false, &text);
		if (!rc)
			digits = slice_make(text.body.data + 2, text.body.len - 2);
	} else {
		rc = reader_number(in, "expected a non-negative integer", &digits);
	}
	if (!rc && text_number(digits, INT64_MAX, out))
		return reader_fail(in, RC_MALFORMED, at, "expected a non-negative integer");
	return rc;
}

enum rc transit_in_bool(struct transit_in *in, bool *out)
{
	static const char *const words[] = { "true", "false", "\"~?t\"", "\"~?f\"" };
	size_t count = in->encoding == ENCODING_TRANSIT ? 4 : 2;

	if (in->rc)
		return in->rc;
	scan_space(&in->scan);
	for (size_t i = 0; i < count; i++) {
		if (scan_word(&in->scan, words[i]))
			continue;
		*out = i % 2 == 0;
		return RC_OK;
	}
	return reader_malformed(in, "expected true or false");
}

enum rc transit_in_value(struct transit_in *in, struct buf *out, bool *plain)
{
	size_t before = out->len;
	enum rc rc;

	assert(in->emit.out == NULL);
	in->emit = (struct emit){ out, { NULL, 0 } };
	in->plain = true;
	rc = reader_value(in);
	if (!rc)
		rc = in->rc;
	if (!rc)
		emit_flush(&in->emit);
	else
		out->len = before;
	in->emit.out = NULL;
	*plain = in->plain;
	return rc;
}

enum rc transit_in_skip(struct transit_in *in)
{
	return reader_value(in);
}

enum rc transit_in_finish(struct transit_in *in)
{
	if (in->rc)
		return in->rc;
	assert(in->depth == 0);
	scan_space(&in->scan);
	if (in->scan.at < in->scan.end)
		return reader_malformed(in, "text behind the value");
	return in->rc;
}
