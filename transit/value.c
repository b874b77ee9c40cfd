/* Converts a value to canonical form in one pass. Parts that need no change are copied
 * from the message in long runs (transit/emit.h). transit/step.c calls it. */
#include "transit/canon.h"

static enum rc string_value(struct transit_in *in, bool as_key)
{
	const char *at = in->scan.at;
	struct text text;
	enum rc rc = reader_string(in, as_key, &text);

	return rc ? rc : canon_string(in, at, &text);
}

static enum rc number_value(struct transit_in *in)
{
	struct slice number = { "", 0 };
	enum rc rc = reader_number(in, "expected a value", &number);

	if (!rc)
		canon_part(in, number.data, number.len);
	return rc;
}

static enum rc word_value(struct transit_in *in, const char *word)
{
	const char *at = in->scan.at;
	const char *error = scan_word(&in->scan, word);

	if (error)
		return reader_malformed(in, error);
	canon_part(in, at, strlen(word));
	return in->rc;
}

static enum rc word_key(struct transit_in *in, const char *word, const char *prefix)
{
	if (scan_word(&in->scan, word))
		return reader_malformed(in, "expected a map key");
	canon_prefixed(in, prefix, slice_of(""));
	return in->rc;
}

static enum rc number_key(struct transit_in *in)
{
	struct slice number = { "", 0 };
	int64_t whole;
	enum rc rc = reader_number(in, "expected a map key", &number);

	if (!rc)
		canon_prefixed(in, scan_int64(number, &whole) ? "\"~d" : "\"~i", number);
	return rc;
}

/* Reads a key of an array that represents a map. Numbers, booleans and null become
 * strings, as keys of objects must be strings. */
static enum rc array_map_key(struct transit_in *in)
{
	switch (scan_look(&in->scan)) {
	case '"':
		return string_value(in, true);
	case '[':
	case '{':
		return reader_malformed(in, "composite map key outside of a cmap");
	case 'n':
		return word_key(in, "null", "\"~_");
	case 't':
		return word_key(in, "true", "\"~?t");
	case 'f':
		return word_key(in, "false", "\"~?f");
	default:
		return number_key(in);
	}
}

/* Converts the pairs after the mark "^ " to an object. */
static enum rc array_map(struct transit_in *in)
{
	bool first = true, more;
	enum rc rc;

	canon_literal(in, "{");
	while (!(rc = reader_next(in, &more)) && more) {
		if (!first)
			canon_part(in, in->separator, 1);
		first = false;
		rc = array_map_key(in);
		if (!rc)
			rc = reader_to_value(in);
		canon_literal(in, ":");
		if (!rc)
			rc = reader_value(in);
		if (rc)
			return rc;
	}
	canon_literal(in, "}");
	return rc;
}

/* Reads the rest of an array after `count` entries. */
static enum rc array_rest(struct transit_in *in, size_t *count)
{
	bool more;
	enum rc rc;

	while (!(rc = reader_next(in, &more)) && more) {
		if ((*count)++)
			canon_part(in, in->separator, 1);
		rc = reader_value(in);
		if (rc)
			return rc;
	}
	canon_part(in, in->scan.at - 1, 1);
	return rc;
}

enum rc value_array(struct transit_in *in, size_t *count)
{
	enum rc rc;

	*count = 0;
	canon_part(in, in->scan.at, 1);
	rc = reader_open(in, ']');
	return rc ? rc : array_rest(in, count);
}

/* Reads an array after its bracket. Its first entry, a string, can make it a map or a
 * tagged value. */
static enum rc transit_array(struct transit_in *in, const char *bracket)
{
	const char *at = in->scan.at;
	struct text text;
	size_t count = 1;
	enum rc rc = reader_raw(in, &text);

	in->brackets[in->depth - 1].first = false;
	if (rc)
		return rc;
	if (slice_is(text.body, "^ "))
		return array_map(in);
	rc = reader_resolve(in, at, false, &text);
	if (rc)
		return rc;
	if (reader_is_tag(text.body))
		return value_tagged(in, at, &text);
	canon_part(in, bracket, 1);
	rc = canon_string(in, at, &text);
	return rc ? rc : array_rest(in, &count);
}

static enum rc bracket_value(struct transit_in *in)
{
	const char *bracket = in->scan.at;
	size_t count = 0;
	enum rc rc = reader_open(in, ']');

	if (rc)
		return rc;
	scan_space(&in->scan);
	if (in->encoding == ENCODING_TRANSIT && scan_look(&in->scan) == '"')
		return transit_array(in, bracket);
	canon_part(in, bracket, 1);
	return array_rest(in, &count);
}

/* Reads the rest of an object after its first key. */
static enum rc object_rest(struct transit_in *in)
{
	bool more = true;
	enum rc rc;

	for (;;) {
		rc = reader_to_value(in);
		if (rc)
			return rc;
		canon_part(in, in->separator, 1);
		rc = reader_value(in);
		if (!rc)
			rc = reader_next(in, &more);
		if (rc || !more)
			break;
		canon_part(in, in->separator, 1);
		rc = string_value(in, true);
		if (rc)
			return rc;
	}
	canon_part(in, in->scan.at - 1, 1);
	return rc;
}

static enum rc brace_value(struct transit_in *in)
{
	const char *brace = in->scan.at;
	const char *at;
	struct text text;
	bool more = false;
	enum rc rc = reader_open(in, '}');

	if (!rc)
		rc = reader_next(in, &more);
	if (rc)
		return rc;
	at = in->scan.at;
	if (more)
		rc = reader_string(in, true, &text);
	if (rc)
		return rc;
	if (more && in->encoding == ENCODING_TRANSIT && reader_is_tag(text.body))
		return value_tagged(in, at, &text);
	canon_part(in, brace, 1);
	if (!more) {
		canon_part(in, in->scan.at - 1, 1);
		return in->rc;
	}
	rc = canon_string(in, at, &text);
	return rc ? rc : object_rest(in);
}

enum rc reader_value(struct transit_in *in)
{
	if (in->rc)
		return in->rc;
	scan_space(&in->scan);
	switch (scan_look(&in->scan)) {
	case '"':
		return string_value(in, false);
	case '[':
		return bracket_value(in);
	case '{':
		return brace_value(in);
	case 't':
		return word_value(in, "true");
	case 'f':
		return word_value(in, "false");
	case 'n':
		return word_value(in, "null");
	default:
		return number_value(in);
	}
}
