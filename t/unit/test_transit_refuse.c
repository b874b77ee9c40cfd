/* What the transcoder refuses, with the reason and the place; and that no text whatever makes it fail otherwise. */
#include "t/unit/transit_text.h"
#include "transit/transit.h"

#include <stdlib.h>

#define LIMIT 100000

static enum rc take(struct transit_in *in, struct buf *out)
{
	bool plain;
	enum rc rc = transit_in_value(in, out, &plain);

	return rc ? rc : transit_in_finish(in);
}

static void check_refused(enum encoding encoding, struct slice message, enum rc rc, const char *why)
{
	struct transit_in *in = transit_in_new(encoding, message, LIMIT);
	struct buf out = BUF_EMPTY;
	bool more, truth;

	if (take(in, &out) != rc || strcmp(transit_in_why(in), why) != 0)
		fail_msg("%.*s: %s, not %s", (int)message.len, message.data, transit_in_why(in), why);
	/* A failed reader stays so. */
	assert_int_equal(transit_in_skip(in), rc);
	assert_int_equal(transit_in_finish(in), rc);
	assert_int_equal(transit_in_array_next(in, &more), rc);
	assert_int_equal(transit_in_bool(in, &truth), rc);
	assert_string_equal(transit_in_why(in), why);
	transit_in_free(in);
	in = transit_in_new(encoding, message, LIMIT);
	if (transit_in_skip(in) == RC_OK)
		assert_int_equal(transit_in_finish(in), rc);
	assert_string_equal(transit_in_why(in), why);
	transit_in_free(in);
	buf_free(&out);
}

struct refusal {
	const char *message;
	const char *why;
};

static void check_refusals(enum encoding encoding, const struct refusal *refusals, size_t count)
{
	char room[1000];

	for (size_t i = 0; i < count; i++)
		check_refused(encoding, unquote(refusals[i].message, room, sizeof(room)), RC_MALFORMED, refusals[i].why);
}

/* Not JSON in either encoding. */
static void test_json(void **state)
{
	static const struct refusal refusals[] = {
		{ "", "unexpected end of the text at byte 0" },
		{ "  ", "unexpected end of the text at byte 2" },
		{ "[1", "unexpected end of the text at byte 2" },
		{ "[1,", "unexpected end of the text at byte 3" },
		{ "['a'", "unexpected end of the text at byte 4" },
		{ "{'a'", "unexpected end of the text at byte 4" },
		{ "{'a':", "unexpected end of the text at byte 5" },
		{ "'abc", "unexpected end of the text at byte 4" },
		{ "'abc\\", "unfinished string at byte 4" },
		{ "[1,]", "expected a value at byte 3" },
		{ "[,1]", "expected a value at byte 1" },
		{ "[1 2]", "expected , or ] at byte 3" },
		{ "[1}", "expected , or ] at byte 2" },
		{ "{'a':1]", "expected , or } at byte 6" },
		{ "{'a':1,}", "expected a string at byte 7" },
		{ "{1:2}", "expected a string at byte 1" },
		{ "{'a' 1}", "expected : at byte 5" },
		{ "{'a',1}", "expected : at byte 4" },
		{ "{a:1}", "expected a string at byte 1" },
		{ "1 1", "text behind the value at byte 2" },
		{ "[]]", "text behind the value at byte 2" },
		{ "nul", "expected a value at byte 0" },
		{ "True", "expected a value at byte 0" },
		{ "truex", "text behind the value at byte 4" },
		{ "NaN", "expected a value at byte 0" },
		{ "// x\n1", "expected a value at byte 0" },
		{ "\x0b" "1", "expected a value at byte 0" },
		{ "\xef\xbb\xbf" "1", "expected a value at byte 0" },
		{ "01", "number with a leading zero at byte 0" },
		{ "-01", "number with a leading zero at byte 1" },
		{ "[-]", "broken number at byte 2" },
		{ "[1.]", "broken number at byte 3" },
		{ "[.5]", "expected a value at byte 1" },
		{ "[+1]", "expected a value at byte 1" },
		{ "[1e]", "broken number at byte 3" },
		{ "[1e+]", "broken number at byte 4" },
		{ "[1.e1]", "broken number at byte 3" },
		{ "0x10", "text behind the value at byte 1" },
		{ "'a\tb'", "control character in a string at byte 2" },
		{ "'a\nb'", "control character in a string at byte 2" },
		{ "'\\x'", "unknown escape at byte 1" },
		{ "'\\U0041'", "unknown escape at byte 1" },
		{ "'\\u12g4'", "broken \\u escape at byte 1" },
		{ "'\\u123'", "broken \\u escape at byte 1" },
		{ "'ab\\ud83d'", "lone surrogate at byte 3" },
		{ "'\\ud83dx'", "lone surrogate at byte 1" },
		{ "'\\ud83d\\n'", "lone surrogate at byte 1" },
		{ "'\\ud83d\\ud83d'", "lone surrogate at byte 1" },
		{ "'\\ude00'", "lone surrogate at byte 1" },
		{ "'\\ud83d\\u12'", "lone surrogate at byte 1" },
		{ "'a\x80'", "not UTF-8 at byte 2" },
		{ "'\xc0\xaf'", "not UTF-8 at byte 1" },
		{ "'\xe0\x80\xaf'", "not UTF-8 at byte 1" },
		{ "'\xed\xa0\x80'", "not UTF-8 at byte 1" },
		{ "'\xf4\x90\x80\x80'", "not UTF-8 at byte 1" },
		{ "'\xe2\x82'", "not UTF-8 at byte 1" },
		{ "['\xc3']", "not UTF-8 at byte 2" },
	};
	static const char zero[] = "[\"a\0\"]";

	(void)state;
	check_refusals(ENCODING_JSON, refusals, COUNT(refusals));
	check_refusals(ENCODING_TRANSIT, refusals, COUNT(refusals));
	check_refused(ENCODING_JSON, slice_make(zero, sizeof(zero) - 1), RC_MALFORMED, "control character in a string at byte 3");
	check_refused(ENCODING_JSON, slice_make(NULL, 0), RC_MALFORMED, "unexpected end of the text at byte 0");
}

static void test_scalars(void **state)
{
	static const struct refusal refusals[] = {
		{ "['~']", "~ without a type at byte 1" },
		{ "['~_x']", "~_ stands alone at byte 1" },
		{ "['~?x']", "~? needs t or f at byte 1" },
		{ "['~?true']", "~? needs t or f at byte 1" },
		{ "['~i']", "~i needs a 64-bit integer at byte 1" },
		{ "['~i12x']", "~i needs a 64-bit integer at byte 1" },
		{ "['~i012']", "~i needs a 64-bit integer at byte 1" },
		{ "['~i+1']", "~i needs a 64-bit integer at byte 1" },
		{ "['~n1.5']", "~n needs an integer at byte 1" },
		{ "['~n']", "~n needs an integer at byte 1" },
		{ "['~dx']", "~d needs a number at byte 1" },
		{ "['~d.5']", "~d needs a number at byte 1" },
		{ "['~fone']", "~f needs a decimal number at byte 1" },
		{ "['~znan']", "~z needs NaN, INF or -INF at byte 1" },
		{ "['~bA']", "~b needs padded base64 at byte 1" },
		{ "['~bAA']", "~b needs padded base64 at byte 1" },
		{ "['~bA===']", "~b needs padded base64 at byte 1" },
		{ "['~bAA=A']", "~b needs padded base64 at byte 1" },
		{ "['~bAA-_']", "~b needs padded base64 at byte 1" },
		{ "['~c']", "~c needs one character at byte 1" },
		{ "['~cab']", "~c needs one character at byte 1" },
		{ "['~c\\n\\n']", "~c needs one character at byte 1" },
		{ "['~u531a379e-31bb-4ce1-8690-158dceb64be']", "~u needs a UUID at byte 1" },
		{ "['~u531a379e-31bb-4ce1-8690-158dceb64beg']", "~u needs a UUID at byte 1" },
		{ "['~u531a379e031bb04ce108690-158dceb64be6']", "~u needs a UUID at byte 1" },
		{ "['~m1.5']", "~m needs a 64-bit integer at byte 1" },
		{ "['~mNaN']", "~m needs a 64-bit integer at byte 1" },
		{ "['~m9223372036854775808']", "~m needs a 64-bit integer at byte 1" },
		{ "['~tnow']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1985-04-12']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1985-04-12T23:20:50']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1985-04-12T23:20:50.Z']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1985-04-12 23:20:50Z']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1985-13-12T23:20:50Z']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1985-00-12T23:20:50Z']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1985-02-30T23:20:50Z']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1900-02-29T23:20:50Z']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1985-04-00T23:20:50Z']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1985-04-12T24:00:00Z']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1985-04-12T23:60:00Z']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1990-12-31T23:59:60Z']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1985-04-12T23:20:50+24:00']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t1985-04-12T23:20:50Zx']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "['~t10000-01-01T00:00:00Z']", "~t needs an RFC 3339 date and time at byte 1" },
		{ "{'~i12x':1}", "~i needs a 64-bit integer at byte 1" },
		{ "['^ ','~ux',1]", "~u needs a UUID at byte 6" },
	};

	(void)state;
	check_refusals(ENCODING_TRANSIT, refusals, COUNT(refusals));
}

static void test_structure(void **state)
{
	static const struct refusal refusals[] = {
		{ "['a','^ ']", "map mark \"^ \" out of place at byte 5" },
		{ "'^ '", "map mark \"^ \" out of place at byte 0" },
		{ "{'^ ':1}", "map mark \"^ \" out of place at byte 1" },
		{ "['^ ','^ ',1]", "map mark \"^ \" out of place at byte 6" },
		{ "['~#set',['^ ','a',1]]", "map mark \"^ \" out of place at byte 10" },
		{ "['^ ','a']", "map key without a value at byte 9" },
		{ "['^ ','a',1,'b']", "map key without a value at byte 15" },
		{ "['^ ',]", "expected a map key at byte 6" },
		{ "['^ ','a',]", "expected a value at byte 10" },
		{ "['^ ' 'a',1]", "expected , or ] at byte 6" },
		{ "['^ ','a':1]", "map key without a value at byte 9" },
		{ "['^ ',nul,1]", "expected a map key at byte 6" },
		{ "['^ ',[1],2]", "composite map key outside of a cmap at byte 6" },
		{ "['^ ',{},2]", "composite map key outside of a cmap at byte 6" },
		{ "['^ ','~#a',2]", "tag out of place at byte 6" },
		{ "['~#cmap',[1]]", "map key without a value at byte 10" },
		{ "['~#cmap',[1,2,3]]", "map key without a value at byte 10" },
		{ "['~#cmap',{'a':1}]", "expected an array at byte 10" },
		{ "['~#set',null]", "expected an array at byte 9" },
		{ "['~#list',['~#set',[]]]", "tag out of place at byte 11" },
		{ "'~#a'", "tag out of place at byte 0" },
		{ "[1,'~#a']", "tag out of place at byte 3" },
		{ "{'a':1,'~#b':2}", "tag out of place at byte 7" },
		{ "['~#a']", "tag without a value at byte 6" },
		{ "{'~#a'}", "tag without a value at byte 6" },
		{ "['~#a',1,2]", "tagged value with more than one value at byte 8" },
		{ "{'~#a':1,'b':2}", "tagged value with more than one value at byte 8" },
		{ "['~#',1]", "tag without a name at byte 1" },
		{ "'~" APOSTROPHE "a'", "quote without its tag at byte 0" },
		{ "['~#" APOSTROPHE "']", "tag without a value at byte 6" },
		{ "['~#m',null]", "expected a string or a number at byte 7" },
		{ "['~#m','x']", "~m needs a 64-bit integer at byte 7" },
		{ "['~#r',5]", "expected a string at byte 7" },
		{ "['~#r','~:a']", "expected a plain string at byte 7" },
		{ "['~#r','~']", "expected a plain string at byte 7" },
		{ "['~#u',[1]]", "a UUID needs two 64-bit integers at byte 7" },
		{ "['~#u',[1,2,3]]", "a UUID needs two 64-bit integers at byte 7" },
		{ "['~#u',[1,'2']]", "a UUID needs two 64-bit integers at byte 10" },
		{ "['~#u',[1,9223372036854775808]]", "a UUID needs two 64-bit integers at byte 10" },
		{ "['~#u',[1,null]]", "expected an integer at byte 10" },
	};

	(void)state;
	check_refusals(ENCODING_TRANSIT, refusals, COUNT(refusals));
}

static void test_codes(void **state)
{
	static const struct refusal refusals[] = {
		{ "['^0']", "unknown cache code at byte 1" },
		{ "['~:abc','^1']", "unknown cache code at byte 9" },
		{ "['~:abc','^00']", "unknown cache code at byte 9" },
		{ "['~:abc','^']", "unknown cache code at byte 9" },
		{ "['~:abc','^0x']", "unknown cache code at byte 9" },
		{ "['~:abc','^000']", "unknown cache code at byte 9" },
		{ "['~:abc','^~']", "unknown cache code at byte 9" },
		{ "['~:abc','^/']", "unknown cache code at byte 9" },
		{ "['~:abc','^\xc3\xa9']", "unknown cache code at byte 9" },
		/* Three units are too short, four would do. */
		{ "['~:a','^0']", "unknown cache code at byte 7" },
		{ "['~:\xe2\x82\xac','^0']", "unknown cache code at byte 9" },
		{ "['~:\\u20ac','^0']", "unknown cache code at byte 12" },
		{ "['~#m',1,'^0']", "tagged value with more than one value at byte 8" },
		{ "['^ ','abc',['^ ','^0',1]]", "unknown cache code at byte 18" },
		{ "['abcd','^0']", "unknown cache code at byte 8" },
		{ "['~rabcd','^0']", "unknown cache code at byte 10" },
		{ "['~#cmap',['abcd',['^1']]]", "unknown cache code at byte 19" },
		{ "['~:abc',['^0',1],['~#set',['^1']]]", "tag out of place at byte 28" },
		{ "['^ ','~:abc',1,'^0']", "map key without a value at byte 20" },
	};

	(void)state;
	check_refusals(ENCODING_TRANSIT, refusals, COUNT(refusals));
}

static void put_times(struct buf *out, const char *text, int times)
{
	while (times-- > 0)
		buf_put_text(out, text);
}

/* `deep` containers, one in the other, around a 1. */
static void check_depth(enum encoding encoding, const char *open, const char *close, int deep, const char *why)
{
	struct buf message = BUF_EMPTY;
	struct buf out = BUF_EMPTY;
	struct buf projection = BUF_EMPTY;
	struct transit_in *in;

	put_times(&message, open, deep);
	buf_put_text(&message, "1");
	put_times(&message, close, deep);
	in = transit_in_new(encoding, buf_slice(&message), LIMIT);
	assert_int_equal(take(in, &out), why ? RC_MALFORMED : RC_OK);
	assert_string_equal(transit_in_why(in), why ? why : "");
	if (!why)
		assert_int_equal(transit_project(buf_slice(&out), &projection), RC_OK);
	transit_in_free(in);
	buf_free(&message);
	buf_free(&out);
	buf_free(&projection);
}

static void test_depth(void **state)
{
	struct buf deep = BUF_EMPTY;
	struct buf out = BUF_EMPTY;

	(void)state;
	check_depth(ENCODING_JSON, "[", "]", 100, NULL);
	check_depth(ENCODING_JSON, "[", "]", 101, "nested deeper than 100 at byte 100");
	check_depth(ENCODING_JSON, "{\"a\":", "}", 100, NULL);
	check_depth(ENCODING_JSON, "{\"a\":", "}", 101, "nested deeper than 100 at byte 500");
	check_depth(ENCODING_TRANSIT, "[\"^ \",\"a\",", "]", 100, NULL);
	check_depth(ENCODING_TRANSIT, "[\"^ \",\"a\",", "]", 101, "nested deeper than 100 at byte 1000");
	check_depth(ENCODING_TRANSIT, "[\"~#a\",", "]", 100, NULL);
	check_depth(ENCODING_TRANSIT, "[\"~#a\",", "]", 101, "nested deeper than 100 at byte 700");
	check_depth(ENCODING_TRANSIT, "{\"~#set\":[", "]}", 50, NULL);
	check_depth(ENCODING_TRANSIT, "{\"~#set\":[", "]}", 51, "nested deeper than 100 at byte 500");
	check_depth(ENCODING_TRANSIT, "[\"~#'\",", "]", 101, "nested deeper than 100 at byte 700");
	check_depth(ENCODING_TRANSIT, "[", "]", 1000000, "nested deeper than 100 at byte 100");
	put_times(&deep, "[", 101);
	put_times(&deep, "]", 101);
	assert_int_equal(transit_project(buf_slice(&deep), &out), RC_MALFORMED);
	buf_free(&deep);
	buf_free(&out);
}

static void test_limit(void **state)
{
	static const char text[] = "[\"~:abc\",\"^0\"]";
	static const char canonical[] = "[\"~:abc\",\"~:abc\"]";
	struct buf message = BUF_EMPTY;
	struct buf out = BUF_EMPTY;
	struct transit_in *in;
	bool more;

	(void)state;
	in = transit_in_new(ENCODING_TRANSIT, slice_of(text), sizeof(canonical) - 1);
	assert_int_equal(take(in, &out), RC_OK);
	transit_in_free(in);
	buf_clear(&out);
	in = transit_in_new(ENCODING_TRANSIT, slice_of(text), sizeof(canonical) - 2);
	assert_int_equal(take(in, &out), RC_TOO_LARGE);
	assert_int_equal(out.len, 0);
	assert_non_null(strstr(transit_in_why(in), "values larger than allowed at byte "));
	transit_in_free(in);
	buf_free(&out);

	/* A key of 10 kB in 10,000 places: 100 MB out of 60 kB, stopped before much of it is made. */
	buf_put_text(&message, "[[\"^ \",\"");
	put_times(&message, "kkkkkkkkkk", 1000);
	buf_put_text(&message, "\",1]");
	put_times(&message, ",\"^0\"", 10000);
	buf_put_text(&message, "]");
	in = transit_in_new(ENCODING_TRANSIT, buf_slice(&message), 50000);
	assert_int_equal(take(in, &out), RC_TOO_LARGE);
	assert_true(out.cap < 200000);
	transit_in_free(in);
	buf_free(&out);

	/* The limit is for all values together, strings too; what is skipped costs nothing. */
	in = transit_in_new(ENCODING_TRANSIT, buf_slice(&message), 10100);
	assert_int_equal(transit_in_skip(in), RC_OK);
	assert_int_equal(transit_in_finish(in), RC_OK);
	transit_in_free(in);
	in = transit_in_new(ENCODING_TRANSIT, buf_slice(&message), 25000);
	assert_int_equal(transit_in_array(in), RC_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(transit_in_array_next(in, &more), RC_OK);
		assert_int_equal(i ? transit_in_string(in, &out) : transit_in_skip(in), RC_OK);
	}
	assert_int_equal(out.len, 10000);
	assert_int_equal(transit_in_array_next(in, &more), RC_OK);
	assert_int_equal(transit_in_string(in, &out), RC_OK);
	assert_int_equal(transit_in_array_next(in, &more), RC_OK);
	assert_int_equal(transit_in_string(in, &out), RC_TOO_LARGE);
	assert_int_equal(out.len, 20000);
	transit_in_free(in);
	buf_free(&message);
	buf_free(&out);
}

/* Stored text that is not ours. */
static void test_project(void **state)
{
	static const char *const texts[] = { "", " 1", "1 ", "[1, 2]", "[1,]", "[", "{'a':1", "{'a'}", "{'a':1,}", "{'~#a':1,'b':2}", "{'~#a':}",
		"{'b':1,'~#a':2}", "'~#a'", "{'~#':1}", "'~" APOSTROPHE "a'", "'^0'", "'`'", "'~'", "'~i1x'", "'~m1.5'", "'~tnow'", "{'~ux':1}",
		"'\\u0041'", "'\\/'", "'\xc3'", "{'~#cmap':[1]}", "{'~#cmap':5}", "tru", "nulL", "01", "1.", "x", "\xff" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char room[100];
		struct slice text = unquote(texts[i], room, sizeof(room));
		struct buf out = BUF_EMPTY;

		buf_put_text(&out, "before");
		if (transit_project(text, &out) != RC_MALFORMED)
			fail_msg("%s was projected", texts[i]);
		assert_int_equal(out.len, 6);
		buf_free(&out);
	}
}

static const char everything[] = "[\"^ \",\"~:kéy\",[\"~#set\",[1,-2.5e3,\"~i9007199254740993\",\"~\\u0058x\"]],\"^0\",{\"~#point\":[true,null,"
	"\"~~\\ud83d\\ude00\\n\"]},\"~i5\",[\"~#cmap\",[[\"^ \"],\"~m12\",\"~$sym\",\"^4\",{\"text\":\"~t1985-04-12T23:20:50.52Z\"},[\"~#u\",[1,2]]]],"
	"\"~?t\",[\"~#'\",\"~bAAAA\"],\"~_\",[\"~#link\",[\"^ \",\"href\",\"~rx\",\"^5\",\"\"]]]";

/* A copy in memory of its own size, so that a read behind the end is noticed by the sanitizers. */
static bool accepted(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);
	struct transit_in *in;
	struct buf out = BUF_EMPTY;
	struct buf projection = BUF_EMPTY;
	bool ok;

	assert_non_null(copy);
	memcpy(copy, text, len);
	in = transit_in_new(ENCODING_TRANSIT, slice_make(copy, len), LIMIT);
	ok = take(in, &out) == RC_OK;
	assert_int_equal(ok, *transit_in_why(in) == '\0');
	if (ok) {
		struct transit_in *again = transit_in_new(ENCODING_TRANSIT, buf_slice(&out), LIMIT);
		struct buf same = BUF_EMPTY;

		assert_int_equal(take(again, &same), RC_OK);
		assert_true(slice_equal(buf_slice(&same), buf_slice(&out)));
		assert_int_equal(transit_project(buf_slice(&out), &projection), RC_OK);
		transit_in_free(again);
		again = transit_in_new(ENCODING_JSON, buf_slice(&projection), LIMIT);
		assert_int_equal(transit_in_skip(again), RC_OK);
		assert_int_equal(transit_in_finish(again), RC_OK);
		transit_in_free(again);
		buf_free(&same);
	}
	transit_in_free(in);
	buf_free(&out);
	buf_free(&projection);
	free(copy);
	return ok;
}

static void test_truncated(void **state)
{
	size_t len = sizeof(everything) - 1;

	(void)state;
	assert_true(accepted(everything, len));
	for (size_t cut = 0; cut < len; cut++)
		if (accepted(everything, cut))
			fail_msg("accepted the first %zu bytes", cut);
}

/* xorshift64: small, and the same everywhere. */
static uint32_t random_below(uint64_t *seed, uint32_t limit)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 32) % limit;
}

/* Whatever is accepted is a fixed point and has a projection that is JSON. */
static void test_mutated(void **state)
{
	static const char bytes[] = "\"\"\"[]{},:~~~^^#`0123456789-.eE \\unt'_?ibmtcsdfz\x01\x80\xc3\xff";
	uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
	char text[sizeof(everything)];
	int kept = 0;

	(void)state;
	for (int round = 0; round < 30000; round++) {
		size_t len = sizeof(everything) - 1;

		memcpy(text, everything, sizeof(everything));
		for (uint32_t change = random_below(&seed, 3) + 1; change; change--) {
			size_t at = random_below(&seed, (uint32_t)len);

			if (random_below(&seed, 3)) {
				text[at] = bytes[random_below(&seed, sizeof(bytes) - 1)];
			} else {
				memmove(text + at, text + at + 1, len - at - 1);
				len--;
			}
		}
		kept += accepted(text, len);
	}
	/* The loop is worth something only if both happen. */
	assert_true(kept > 300 && kept < 29000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json), cmocka_unit_test(test_scalars), cmocka_unit_test(test_structure), cmocka_unit_test(test_codes),
		cmocka_unit_test(test_depth), cmocka_unit_test(test_limit), cmocka_unit_test(test_project), cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_mutated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
