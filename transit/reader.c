/* Tokens, containers and errors of a message. transit/step.c, value.c and tagged.c walk
 * messages by it. */
#include "transit/reader.h"

#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct transit_in *transit_in_new(enum encoding encoding, struct slice text, size_t limit)
{
	struct transit_in *in = mem_alloc(sizeof(*in));

	in->encoding = encoding;
	reader_begin(in, text, limit);
	return in;
}

void reader_begin(struct transit_in *in, struct slice text, size_t limit)
{
	if (!text.data)
		text = slice_of("");
	in->rc = RC_OK;
	in->scan = (struct scan){ text.data, text.data + text.len };
	in->start = text.data;
	in->separator = NULL;
	in->left = limit;
	in->emit = (struct emit){ .out = NULL };
	in->cache.used = 0;
	in->depth = 0;
	in->err[0] = 0;
}

void transit_in_free(struct transit_in *in)
{
	if (!in)
		return;
	cache_free(&in->cache);
	buf_free(&in->scratch);
	buf_free(&in->key);
	free(in);
}

const char *transit_in_error(const struct transit_in *in)
{
	return in->err;
}

enum rc reader_fail(struct transit_in *in, enum rc rc, const char *at, const char *what)
{
	if (!in->rc) {
		in->rc = rc;
		(void)snprintf(in->err, sizeof(in->err), "%s at byte %zu", what,
			       (size_t)(at - in->start));
	}
	return in->rc;
}

enum rc reader_malformed(struct transit_in *in, const char *what)
{
	return reader_fail(in, RC_MALFORMED, in->scan.at,
			   in->scan.at < in->scan.end ? what : "unexpected end of the text");
}

enum rc reader_overrun(struct transit_in *in)
{
	return reader_fail(in, RC_TOO_LARGE, in->scan.at, "values larger than allowed");
}

enum rc reader_raw(struct transit_in *in, struct text *text)
{
	const char *error;

	if (scan_look(&in->scan) != '"')
		return reader_malformed(in, "expected a string");
	error = scan_string(&in->scan, &in->scratch, &text->body);
	if (error)
		return reader_malformed(in, error);
	text->in_place = text->body.data != in->scratch.data;
	return in->rc;
}

enum rc reader_resolve(struct transit_in *in, const char *at, bool as_key, struct text *text)
{
	if (in->encoding == ENCODING_JSON)
		return in->rc;
	if (text->body.len && text->body.data[0] == '^') {
		if (slice_is(text->body, "^ "))
			return reader_fail(in, RC_MALFORMED, at, "map mark \"^ \" out of place");
		if (!cache_find(&in->cache, text->body, text))
			return reader_fail(in, RC_MALFORMED, at, "unknown cache code");
		return in->rc;
	}
	if (cache_takes(text->body, as_key))
		cache_add(&in->cache, text);
	return in->rc;
}

enum rc reader_string(struct transit_in *in, bool as_key, struct text *text)
{
	const char *at = in->scan.at;
	enum rc rc = reader_raw(in, text);

	return rc ? rc : reader_resolve(in, at, as_key, text);
}

bool reader_is_tag(struct slice body)
{
	return body.len > 1 && body.data[0] == '~' && body.data[1] == '#';
}

enum rc reader_open(struct transit_in *in, char close)
{
	if (in->depth == TRANSIT_DEPTH_MAX)
		return reader_malformed(in, "nested deeper than 100");
	in->brackets[in->depth++] = (struct bracket){ close, true };
	in->scan.at++;
	return in->rc;
}

enum rc reader_next(struct transit_in *in, bool *more)
{
	struct bracket *bracket;

	assert(in->depth > 0);
	bracket = &in->brackets[in->depth - 1];
	*more = false;
	scan_space(&in->scan);
	if (scan_look(&in->scan) == bracket->close) {
		in->scan.at++;
		in->depth--;
		return in->rc;
	}
	if (!bracket->first) {
		if (scan_look(&in->scan) != ',')
			return reader_malformed(in, bracket->close == ']' ? "expected , or ]"
									  : "expected , or }");
		in->separator = in->scan.at++;
		scan_space(&in->scan);
	}
	bracket->first = false;
	*more = !in->rc;
	return in->rc;
}

enum rc reader_to_value(struct transit_in *in)
{
	bool object;

	assert(in->depth > 0);
	object = in->brackets[in->depth - 1].close == '}';
	scan_space(&in->scan);
	if (scan_look(&in->scan) != (object ? ':' : ','))
		return reader_malformed(in, object ? "expected :" : "map key without a value");
	in->separator = in->scan.at++;
	scan_space(&in->scan);
	return in->rc;
}

enum rc reader_number(struct transit_in *in, const char *expected, struct slice *number)
{
	const char *error = expected;
	char first = scan_look(&in->scan);

	if (first == '-' || (first >= '0' && first <= '9'))
		error = scan_number(&in->scan, number);
	return error ? reader_malformed(in, error) : in->rc;
}
