/* Tests of the errors of the transcoder: reason and position. */
#include "t/unit/transit_text.h"
#include "transit/transit.h"

#define LIMIT 100000

static enum rc take(struct transit_in *in, struct buf *out)
{
	bool plain;
	enum rc rc = transit_in_value(in, out, &plain);

	return rc ? rc : transit_in_finish(in);
}

static void check_refused(enum encoding encoding, struct slice message, enum rc rc, const char *err)
{
	struct transit_in *in = transit_in_new(encoding, message, LIMIT);
	struct buf out = BUF_EMPTY;
	struct slice key;
	bool more, truth;
	uint64_t number;

	if (take(in, &out) != rc || strcmp(transit_in_error(in), err) != 0)
		fail_msg("%.*s: %s, not %s", (int)message.len, message.data, transit_in_error(in),
			 err);
	/* A failed reader remains failed. */
	assert_int_equal(transit_in_skip(in), rc);
	assert_int_equal(transit_in_finish(in), rc);
	assert_int_equal(transit_in_array_next(in, &more), rc);
	assert_int_equal(transit_in_bool(in, &truth), rc);
	assert_int_equal(transit_in_map(in), rc);
	assert_int_equal(transit_in_map_next(in, &more, &key), rc);
	assert_int_equal(transit_in_array(in), rc);
	assert_int_equal(transit_in_string(in, &out), rc);
	assert_int_equal(transit_in_uint(in, &number), rc);
	assert_string_equal(transit_in_error(in), err);
	transit_in_free(in);
	in = transit_in_new(encoding, message, LIMIT);
	if (transit_in_skip(in) == RC_OK)
		assert_int_equal(transit_in_finish(in), rc);
	assert_string_equal(transit_in_error(in), err);
	transit_in_free(in);
	buf_free(&out);
}

struct refusal {
	const char *message;
	const char *err;
};

static void check_refusals(enum encoding encoding, const struct refusal *refusals, size_t count)
{
	char room[1000];

	for (size_t i = 0; i < count; i++)
		check_refused(encoding, unquote(refusals[i].message, room, sizeof(room)),
			      RC_MALFORMED, refusals[i].err);
}

/* Invalid in both encodings. */
static const struct refusal json_errors[] = {
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
	{ "\x0b"
	  "1",
	  "expected a value at byte 0" },
	{ "\xef\xbb\xbf"
	  "1",
	  "expected a value at byte 0" },
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

static void test_json(void **state)
{
	static const char zero[] = "[\"a\0\"]";

	(void)state;
	check_refusals(ENCODING_JSON, json_errors, COUNT(json_errors));
	check_refusals(ENCODING_TRANSIT, json_errors, COUNT(json_errors));
	check_refused(ENCODING_JSON, slice_make(zero, sizeof(zero) - 1), RC_MALFORMED,
		      "control character in a string at byte 3");
	check_refused(ENCODING_JSON, slice_make(NULL, 0), RC_MALFORMED,
		      "unexpected end of the text at byte 0");
}

static const struct refusal scalar_errors[] = {
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
	{ "['~bAA\\n']", "~b needs padded base64 at byte 1" },
	{ "['~bAQID\\t']", "~b needs padded base64 at byte 1" },
	{ "['~b====']", "~b needs padded base64 at byte 1" },
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

static void test_scalars(void **state)
{
	(void)state;
	check_refusals(ENCODING_TRANSIT, scalar_errors, COUNT(scalar_errors));
}

static const struct refusal structure_errors[] = {
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

static void test_structure(void **state)
{
	(void)state;
	check_refusals(ENCODING_TRANSIT, structure_errors, COUNT(structure_errors));
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
		/* Three units are too short to be cached. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
