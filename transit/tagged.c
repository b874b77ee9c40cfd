/* Reads tagged values, ["~#tag", rep] and {"~#tag": rep}, into canonical form.
 * transit/value.c calls it. */
#include "transit/canon.h"
#include "transit/scalar.h"

#include <inttypes.h>
#include <stdio.h>

/* Reads one half of a UUID. */
static enum rc uuid_half(struct transit_in *in, int64_t *half)
{
	const char *at = in->scan.at;
	struct text text;
	struct slice digits = { "", 0 };
	enum rc rc;

	if (scan_look(&in->scan) == '"') {
		rc = reader_string(in, false, &text);
		if (!rc && slice_starts(text.body, slice_of("~i")))
			digits = slice_make(text.body.data + 2, text.body.len - 2);
	} else {
		rc = reader_number(in, "expected an integer", &digits);
	}
	if (!rc && scan_int64(digits, half))
		return reader_fail(in, RC_MALFORMED, at, "a UUID needs two 64-bit integers");
	return rc;
}

/* Reads the rep of {"~#u": [high, low]}. */
static enum rc uuid_halves(struct transit_in *in)
{
	const char *at = in->scan.at;
	int64_t half[2] = { 0, 0 };
	size_t count = 0;
	bool more;
	char text[40];
	uint64_t high, low;
	enum rc rc = reader_open(in, ']');

	while (!rc && !(rc = reader_next(in, &more)) && more) {
		if (count == 2)
			return reader_fail(in, RC_MALFORMED, at,
					   "a UUID needs two 64-bit integers");
		rc = uuid_half(in, &half[count++]);
	}
	if (!rc && count != 2)
		return reader_fail(in, RC_MALFORMED, at, "a UUID needs two 64-bit integers");
	high = (uint64_t)half[0];
	low = (uint64_t)half[1];
	(void)snprintf(text, sizeof(text),
		       "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64,
		       high >> 32, high >> 16 & 0xffff, high & 0xffff, low >> 48,
		       low & UINT64_C(0xffffffffffff));
	if (!rc)
		canon_prefixed(in, "\"~u", slice_of(text));
	return rc;
}

/* Reads the rep of a scalar: a string without a type of its own, or a number if the
 * type is numeric. */
static enum rc scalar_rep(struct transit_in *in, bool numeric, struct slice *rep)
{
	const char *at = in->scan.at;
	struct text text;
	char first;
	enum rc rc;

	if (scan_look(&in->scan) != '"')
		return numeric ? reader_number(in, "expected a string or a number", rep)
			       : reader_malformed(in, "expected a string");
	rc = reader_string(in, false, &text);
	if (rc)
		return rc;
	*rep = text.body;
	if (rep->len == 0 || rep->data[0] != '~')
		return RC_OK;
	first = rep->len > 1 ? rep->data[1] : ' ';
	if (scan_is_mark(first)) {
		*rep = slice_make(rep->data + 1, rep->len - 1);
		return RC_OK;
	}
	if (!numeric || first != 'i')
		return reader_fail(in, RC_MALFORMED, at, "expected a plain string");
	*rep = slice_make(rep->data + 2, rep->len - 2);
	return RC_OK;
}

/* The canonical form of {"~#m": 12} is "~m12". */
static enum rc tagged_scalar(struct transit_in *in, char tag, const struct scalar *scalar)
{
	const char *at = in->scan.at;
	char prefix[] = { '"', '~', tag, 0 };
	struct slice rep;
	enum rc rc;

	if (tag == 'u' && scan_look(&in->scan) == '[')
		return uuid_halves(in);
	rc = scalar_rep(in, scalar->numeric, &rep);
	if (rc)
		return rc;
	if (!scalar->valid(rep))
		return reader_fail(in, RC_MALFORMED, at, scalar->needs);
	if (tag == 'b')
		canon_bytes(in, rep);
	else
		canon_prefixed(in, prefix, rep);
	return in->rc;
}

static enum rc array_rep(struct transit_in *in, struct slice tag)
{
	const char *at = in->scan.at;
	bool pairs = slice_is(tag, "cmap");
	size_t count;
	enum rc rc;

	if (scan_look(&in->scan) != '[')
		return reader_malformed(in, "expected an array");
	rc = value_array(in, &count);
	if (!rc && pairs && count % 2)
		return reader_fail(in, RC_MALFORMED, at, "map key without a value");
	return rc;
}

/* Reads the rep of a tag that is not a scalar. */
static enum rc tagged_rep(struct transit_in *in, struct slice tag)
{
	if (slice_is(tag, "set") || slice_is(tag, "list") || slice_is(tag, "cmap"))
		return array_rep(in, tag);
	return reader_value(in);
}

enum rc value_tagged(struct transit_in *in, const char *at, const struct text *text)
{
	struct slice tag = slice_make(text->body.data + 2, text->body.len - 2);
	const struct scalar *scalar = tag.len == 1 ? scalar_find(tag.data[0]) : NULL;
	/* The bytes of the tag are invalid after the value is read. */
	bool wrapped = !scalar && !slice_is(tag, "'");
	bool more;
	enum rc rc;

	if (tag.len == 0)
		return reader_fail(in, RC_MALFORMED, at, "tag without a name");
	in->brackets[in->depth - 1].first = false;
	if (wrapped) {
		in->plain = false;
		canon_literal(in, "{");
		canon_verbatim(in, text);
		canon_literal(in, ":");
	}
	scan_space(&in->scan);
	if (scan_look(&in->scan) == in->brackets[in->depth - 1].close)
		return reader_malformed(in, "tag without a value");
	rc = reader_to_value(in);
	if (rc)
		return rc;
	if (scalar)
		rc = tagged_scalar(in, tag.data[0], scalar);
	else
		rc = tagged_rep(in, tag);
	if (rc)
		return rc;
	if (wrapped)
		canon_literal(in, "}");
	at = in->scan.at;
	rc = reader_next(in, &more);
	return !rc && more
		       ? reader_fail(in, RC_MALFORMED, at, "tagged value with more than one value")
		       : rc;
}
