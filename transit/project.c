/* Projects canonical Transit to plain JSON (protocol.md, Encodings). The text comes
 * from the database: it is validated, but errors carry no position. transit/out.c calls
 * it. */
#include "base/array.h"
#include "transit/date.h"
#include "transit/emit.h"
#include "transit/scalar.h"
#include "transit/scan.h"
#include "transit/transit.h"

struct projector {
	struct scan scan;
	struct emit emit;
	struct buf scratch;
	unsigned depth;
};

static enum rc project_value(struct projector *p);

/* Reads the byte that must come next, and emits it. */
static enum rc project_byte(struct projector *p, char byte)
{
	if (scan_look(&p->scan) != byte)
		return RC_MALFORMED;
	emit_part(&p->emit, p->scan.at++, 1);
	return RC_OK;
}

static enum rc drop_byte(struct projector *p, char byte)
{
	if (scan_look(&p->scan) != byte)
		return RC_MALFORMED;
	p->scan.at++;
	return RC_OK;
}

/* A canonical string is always in place. */
static enum rc read_string(struct projector *p, struct slice *body)
{
	if (scan_look(&p->scan) != '"' || scan_string(&p->scan, &p->scratch, body) ||
	    body->data == p->scratch.data)
		return RC_MALFORMED;
	return RC_OK;
}

static inline void put_literal(struct projector *p, const char *text)
{
	emit_copy(&p->emit, slice_of(text));
}

/* Emits the end of a string of the text as a string; its closing quote follows it. */
static void put_tail(struct projector *p, struct slice tail)
{
	put_literal(p, "\"");
	emit_part(&p->emit, tail.data, tail.len + 1);
}

static enum rc put_date(struct projector *p, struct slice text, bool as_count)
{
	char date[DATE_TEXT_MAX];
	int64_t ms;
	enum rc rc = as_count ? scan_int64(text, &ms) : date_parse(text, &ms);

	if (rc)
		return RC_MALFORMED;
	put_literal(p, "\"");
	emit_copy(&p->emit, slice_make(date, date_format(ms, date)));
	put_literal(p, "\"");
	return RC_OK;
}

/* A scalar in value position; `text` follows the tag character. */
static enum rc put_scalar(struct projector *p, enum projection as, struct slice text)
{
	const int64_t most = INT64_C(1) << 53;
	int64_t value;

	switch (as) {
	case AS_NULL:
	case AS_MISSING_NUMBER:
		put_literal(p, "null");
		return RC_OK;
	case AS_BOOL:
		put_literal(p, slice_is(text, "t") ? "true" : "false");
		return RC_OK;
	case AS_NUMBER:
		emit_part(&p->emit, text.data, text.len);
		return RC_OK;
	case AS_INTEGER:
		if (!scan_int64(text, &value) && value >= -most && value <= most)
			emit_part(&p->emit, text.data, text.len);
		else
			put_tail(p, text);
		return RC_OK;
	case AS_MILLISECONDS:
		return put_date(p, text, true);
	case AS_DATE:
		return put_date(p, text, false);
	case AS_TEXT:
		put_tail(p, text);
		return RC_OK;
	}
	return RC_MALFORMED;
}

/* A scalar in key position, where JSON requires a string. */
static enum rc put_scalar_key(struct projector *p, enum projection as, struct slice text)
{
	switch (as) {
	case AS_NULL:
		put_literal(p, "\"null\"");
		return RC_OK;
	case AS_BOOL:
		put_literal(p, slice_is(text, "t") ? "\"true\"" : "\"false\"");
		return RC_OK;
	case AS_MILLISECONDS:
	case AS_DATE:
		return put_scalar(p, as, text);
	default:
		put_tail(p, text);
		return RC_OK;
	}
}

/* `~X` and a text, for an unknown type X. A key cannot become a map: it stays
 * unchanged. */
static enum rc put_unknown_scalar(struct projector *p, struct slice body, bool as_key)
{
	size_t tag = body.len > 1 ? scan_char_len(slice_make(body.data + 1, body.len - 1)) : 0;

	if (tag == 0 || body.data[1] == '#' || body.data[1] == '\'')
		return RC_MALFORMED;
	if (as_key) {
		emit_part(&p->emit, body.data - 1, body.len + 2);
		return RC_OK;
	}
	put_literal(p, "{\"tag\":\"");
	emit_part(&p->emit, body.data + 1, tag);
	put_literal(p, "\",\"rep\":\"");
	emit_part(&p->emit, body.data + 1 + tag, body.len - 1 - tag + 1);
	put_literal(p, "}");
	return RC_OK;
}

static enum rc project_body(struct projector *p, struct slice body, bool as_key)
{
	const struct scalar *scalar;
	struct slice text;

	if (body.len == 0 || !scan_is_mark(body.data[0])) {
		emit_part(&p->emit, body.data - 1, body.len + 2);
		return RC_OK;
	}
	if (body.len < 2 || body.data[0] != '~')
		return RC_MALFORMED;
	if (scan_is_mark(body.data[1])) {
		put_tail(p, slice_make(body.data + 1, body.len - 1));
		return RC_OK;
	}
	scalar = scalar_find(body.data[1]);
	if (!scalar)
		return put_unknown_scalar(p, body, as_key);
	text = slice_make(body.data + 2, body.len - 2);
	if (!scalar->valid(text))
		return RC_MALFORMED;
	return as_key ? put_scalar_key(p, scalar->as, text) : put_scalar(p, scalar->as, text);
}

/* The entries of an array after its bracket, up to the closing one. */
static enum rc array_rest(struct projector *p)
{
	enum rc rc;

	if (scan_look(&p->scan) == ']')
		return project_byte(p, ']');
	do
		rc = project_value(p);
	while (rc == RC_OK && scan_look(&p->scan) == ',' && (rc = project_byte(p, ',')) == RC_OK);
	return rc ? rc : project_byte(p, ']');
}

/* Projects [k,v,k,v] to [[k,v],[k,v]]. */
static enum rc project_pairs(struct projector *p)
{
	enum rc rc = project_byte(p, '[');

	if (rc || scan_look(&p->scan) == ']')
		return rc ? rc : project_byte(p, ']');
	for (;;) {
		put_literal(p, "[");
		rc = project_value(p);
		if (!rc)
			rc = project_byte(p, ',');
		if (!rc)
			rc = project_value(p);
		put_literal(p, "]");
		if (rc || scan_look(&p->scan) != ',')
			return rc ? rc : project_byte(p, ']');
		(void)project_byte(p, ',');
	}
}

static enum rc project_unknown(struct projector *p, struct slice tag)
{
	enum rc rc;

	put_literal(p, "{\"tag\":");
	put_tail(p, tag);
	put_literal(p, ",\"rep\":");
	rc = project_value(p);
	put_literal(p, "}");
	return rc;
}

/* Is the projection of this tag its rep alone? So it is for links, and for sets, lists
 * and the typed arrays of Transit's table if the rep is an array. */
static bool is_rep_alone(struct slice tag, char first)
{
	static const char *const arrays[] = { "set",    "list",    "ints",  "longs", "shorts",
					      "floats", "doubles", "chars", "bools" };

	for (size_t i = 0; first == '[' && i < COUNT(arrays); i++)
		if (slice_is(tag, arrays[i]))
			return true;
	return slice_is(tag, "link");
}

/* The rest of a tagged value, after its tag. */
static enum rc project_tagged(struct projector *p, struct slice tag)
{
	enum rc rc = drop_byte(p, ':');
	char first = scan_look(&p->scan);

	if (rc || tag.len == 0)
		return RC_MALFORMED;
	if (slice_is(tag, "cmap"))
		rc = project_pairs(p);
	else if (is_rep_alone(tag, first))
		rc = project_value(p);
	else
		rc = project_unknown(p, tag);
	return rc ? rc : drop_byte(p, '}');
}

/* The entries of an object, starting with the given first key. */
static enum rc object_rest(struct projector *p, struct slice key)
{
	enum rc rc;

	for (;;) {
		rc = project_body(p, key, true);
		if (!rc)
			rc = project_byte(p, ':');
		if (!rc)
			rc = project_value(p);
		if (rc || scan_look(&p->scan) != ',')
			return rc ? rc : project_byte(p, '}');
		(void)project_byte(p, ',');
		rc = read_string(p, &key);
		if (rc)
			return rc;
	}
}

/* The first key decides whether the brace is emitted. */
static enum rc project_object(struct projector *p)
{
	const char *brace = p->scan.at++;
	struct slice key;

	if (scan_look(&p->scan) == '}') {
		p->scan.at++;
		emit_part(&p->emit, brace, 2);
		return RC_OK;
	}
	if (read_string(p, &key))
		return RC_MALFORMED;
	if (slice_starts(key, slice_of("~#")))
		return project_tagged(p, slice_make(key.data + 2, key.len - 2));
	emit_part(&p->emit, brace, 1);
	return object_rest(p, key);
}

static enum rc project_container(struct projector *p)
{
	enum rc rc;

	if (p->depth == TRANSIT_DEPTH_MAX)
		return RC_MALFORMED;
	p->depth++;
	if (scan_look(&p->scan) == '{') {
		rc = project_object(p);
	} else {
		rc = project_byte(p, '[');
		if (!rc)
			rc = array_rest(p);
	}
	p->depth--;
	return rc;
}

static enum rc project_word(struct projector *p, const char *word)
{
	const char *at = p->scan.at;

	if (scan_word(&p->scan, word))
		return RC_MALFORMED;
	emit_part(&p->emit, at, strlen(word));
	return RC_OK;
}

static enum rc project_number(struct projector *p)
{
	struct slice number;

	if (scan_number(&p->scan, &number))
		return RC_MALFORMED;
	emit_part(&p->emit, number.data, number.len);
	return RC_OK;
}

static enum rc project_value(struct projector *p)
{
	struct slice body;

	switch (scan_look(&p->scan)) {
	case '"':
		return read_string(p, &body) ? RC_MALFORMED : project_body(p, body, false);
	case '[':
	case '{':
		return project_container(p);
	case 't':
		return project_word(p, "true");
	case 'f':
		return project_word(p, "false");
	case 'n':
		return project_word(p, "null");
	default:
		return project_number(p);
	}
}

enum rc transit_project(struct slice canonical, struct buf *out)
{
	struct projector p = { .scan = { canonical.data, canonical.data + canonical.len },
			       .emit = { out, { NULL, 0 } } };
	size_t before = out->len;
	enum rc rc = RC_MALFORMED;

	if (canonical.len)
		rc = project_value(&p);
	if (!rc && p.scan.at < p.scan.end)
		rc = RC_MALFORMED;
	if (rc)
		out->len = before;
	else
		emit_flush(&p.emit);
	buf_free(&p.scratch);
	return rc;
}
