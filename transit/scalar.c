/* The table of scalar types and their validation. transit/canon.c and project.c look up
 * types in it. */
#include "transit/scalar.h"

#include "transit/date.h"
#include "transit/scan.h"

static bool valid_any(struct slice text)
{
	(void)text;
	return true;
}

static bool valid_null(struct slice text)
{
	return text.len == 0;
}

static bool valid_bool(struct slice text)
{
	return slice_is(text, "t") || slice_is(text, "f");
}

static bool valid_int64(struct slice text)
{
	int64_t value;

	return scan_int64(text, &value) == RC_OK;
}

static bool valid_integer(struct slice text)
{
	return scan_number_kind(text) == NUMBER_INTEGER;
}

static bool valid_number(struct slice text)
{
	return scan_number_kind(text) != NUMBER_NONE;
}

static bool valid_special(struct slice text)
{
	return slice_is(text, "NaN") || slice_is(text, "INF") || slice_is(text, "-INF");
}

static bool is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/';
}

/* RFC 4648, section 4, with its padding, and with the line ends that transit-ruby
 * writes (RFC 2045, 6.8), which are escaped here: canon_bytes leaves them out. */
static bool valid_base64(struct slice text)
{
	size_t digits = 0, padding = 0;

	for (size_t i = 0; i < text.len; i++) {
		char next = i + 1 < text.len ? text.data[i + 1] : ' ';

		if (text.data[i] == '\\' && (next == 'n' || next == 'r'))
			i++;
		else if (text.data[i] == '=')
			padding++;
		else if (padding == 0 && is_base64(text.data[i]))
			digits++;
		else
			return false;
	}
	return (digits + padding) % 4 == 0 && padding <= 2;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool valid_uuid(struct slice text)
{
	if (text.len != 36)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text.data[i] != '-' : !is_hex(text.data[i]))
			return false;
	}
	return true;
}

static bool valid_char(struct slice text)
{
	return text.len && scan_char_len(text) == text.len;
}

static bool valid_date(struct slice text)
{
	int64_t ms;

	return date_parse(text, &ms) == RC_OK;
}

static const struct scalar scalars[128] = {
	['_'] = { valid_null, "~_ stands alone", AS_NULL, false },
	['?'] = { valid_bool, "~? needs t or f", AS_BOOL, false },
	['s'] = { valid_any, NULL, AS_TEXT, false },
	['i'] = { valid_int64, "~i needs a 64-bit integer", AS_INTEGER, true },
	['n'] = { valid_integer, "~n needs an integer", AS_TEXT, true },
	['d'] = { valid_number, "~d needs a number", AS_NUMBER, true },
	['f'] = { valid_number, "~f needs a decimal number", AS_TEXT, true },
	['z'] = { valid_special, "~z needs NaN, INF or -INF", AS_MISSING_NUMBER, false },
	['b'] = { valid_base64, "~b needs padded base64", AS_TEXT, false },
	[':'] = { valid_any, NULL, AS_TEXT, false },
	['$'] = { valid_any, NULL, AS_TEXT, false },
	['r'] = { valid_any, NULL, AS_TEXT, false },
	['c'] = { valid_char, "~c needs one character", AS_TEXT, false },
	['u'] = { valid_uuid, "~u needs a UUID", AS_TEXT, false },
	['m'] = { valid_int64, "~m needs a 64-bit integer", AS_MILLISECONDS, true },
	['t'] = { valid_date, "~t needs an RFC 3339 date and time", AS_DATE, false },
};

const struct scalar *scalar_find(char tag)
{
	unsigned char at = (unsigned char)tag;

	return at < 128 && scalars[at].valid ? &scalars[at] : NULL;
}
