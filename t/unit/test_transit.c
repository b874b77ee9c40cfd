/* Tests of the transcoder: the canonical form of every type and its projection to
 * JSON. */
#include "t/unit/transit_text.h"
#include "transit/transit.h"

#define LIMIT 100000

static void assert_text(struct slice got, struct slice expected, const char *about)
{
	if (slice_equal(got, expected))
		return;
	fail_msg("%s gave %.*s, not %.*s", about, (int)got.len, got.data, (int)expected.len,
		 expected.data);
}

struct form {
	const char *message;
	const char *canonical;
	const char *projection; /* NULL: equals the canonical form, the value is plain */
};

static void check_form(enum encoding encoding, const struct form *form)
{
	char room[3][1000];
	struct slice message = unquote(form->message, room[0], sizeof(room[0]));
	struct slice canonical = unquote(form->canonical, room[1], sizeof(room[1]));
	struct slice projection = unquote(form->projection ? form->projection : form->canonical,
					  room[2], sizeof(room[2]));
	struct transit_in *in = transit_in_new(encoding, message, LIMIT);
	struct buf out = BUF_EMPTY;
	bool plain = false;

	buf_put_text(&out, "before");
	if (transit_in_value(in, &out, &plain) || transit_in_finish(in))
		fail_msg("%s refused: %s", form->message, transit_in_error(in));
	transit_in_free(in);
	assert_memory_equal(out.data, "before", 6);
	buf_drop(&out, 6);
	assert_text(buf_slice(&out), canonical, form->message);
	if (plain != !form->projection)
		fail_msg("%s: plain is %d", form->message, plain);
	buf_clear(&out);
	buf_put_text(&out, "before");
	assert_int_equal(transit_project(canonical, &out), RC_OK);
	buf_drop(&out, 6);
	assert_text(buf_slice(&out), projection, form->canonical);
	buf_free(&out);
}

/* The canonical form is Transit, and a fixed point. */
static void check_fixed(const struct form *form)
{
	struct form again = *form;

	again.message = form->canonical;
	check_form(ENCODING_TRANSIT, &again);
}

static void check_forms(enum encoding encoding, const struct form *forms, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		check_form(encoding, &forms[i]);
		check_fixed(&forms[i]);
	}
}

static void test_json(void **state)
{
	static const struct form forms[] = {
		{ "null", "null", NULL },
		{ " true ", "true", NULL },
		{ "false\n", "false", NULL },
		{ "0", "0", NULL },
		{ "-0", "-0", NULL },
		{ "1.10", "1.10", NULL },
		{ "1E400", "1E400", NULL },
		{ "-1.5e-07", "-1.5e-07", NULL },
		{ "123456789012345678901234567890", "123456789012345678901234567890", NULL },
		{ "''", "''", NULL },
		{ "[ ]", "[]", NULL },
		{ "{\t}", "{}", NULL },
		{ "[ 1 , [ 2 ] , { } ]", "[1,[2],{}]", NULL },
		{ "{ 'a' : 1 ,\r\n'b' : [ ] }", "{'a':1,'b':[]}", NULL },
		{ "{'a':1,'a':2}", "{'a':1,'a':2}", NULL },
		{ "'\\u0041\\/\\u00e9\\u20AC'", "'A/\xc3\xa9\xe2\x82\xac'", NULL },
		{ "'\\ud83d\\uDE00'", "'\xf0\x9f\x98\x80'", NULL },
		{ "'\\u0022\\u005C\\u000a\\u001F\\u0000'", "'\\\"\\\\\\n\\u001f\\u0000'", NULL },
		{ "'\\\"\\\\\\b\\f\\n\\r\\t'", "'\\\"\\\\\\b\\f\\n\\r\\t'", NULL },
		{ "'\x7f\xe2\x80\xa8'", "'\x7f\xe2\x80\xa8'", NULL },
		{ "'~x'", "'~~x'", "'~x'" },
		{ "['^ ','^0','`','~#set','~']", "['~^ ','~^0','~`','~~#set','~~']",
		  "['^ ','^0','`','~#set','~']" },
		{ "{'~#set':[1],'^ ':2}", "{'~~#set':[1],'~^ ':2}", "{'~#set':[1],'^ ':2}" },
		{ "'\\u007e\\u002fx'", "'~~/x'", "'~/x'" },
		{ "['a~','a^']", "['a~','a^']", NULL },
	};

	(void)state;
	check_forms(ENCODING_JSON, forms, COUNT(forms));
}

static const struct form scalar_forms[] = {
	{ "null", "null", NULL },
	{ "1.10", "1.10", NULL },
	{ "'~_'", "'~_'", "null" },
	{ "'~?t'", "'~?t'", "true" },
	{ "'~?f'", "'~?f'", "false" },
	{ "'~shello'", "'~shello'", "'hello'" },
	{ "'~i12'", "'~i12'", "12" },
	{ "'~i9007199254740992'", "'~i9007199254740992'", "9007199254740992" },
	{ "'~i-9007199254740992'", "'~i-9007199254740992'", "-9007199254740992" },
	{ "'~i9007199254740993'", "'~i9007199254740993'", "'9007199254740993'" },
	{ "'~i9223372036854775807'", "'~i9223372036854775807'", "'9223372036854775807'" },
	{ "'~i-9223372036854775808'", "'~i-9223372036854775808'", "'-9223372036854775808'" },
	{ "'~i9223372036854775808'", "'~d9223372036854775808'", "9223372036854775808" },
	{ "'~i1.5'", "'~d1.5'", "1.5" },
	{ "'~n-123456789012345678901234567890'", "'~n-123456789012345678901234567890'",
	  "'-123456789012345678901234567890'" },
	{ "'~d1.50'", "'~d1.50'", "1.50" },
	{ "'~f1.50E+100'", "'~f1.50E+100'", "'1.50E+100'" },
	{ "'~zNaN'", "'~zNaN'", "null" },
	{ "'~zINF'", "'~zINF'", "null" },
	{ "'~z-INF'", "'~z-INF'", "null" },
	{ "'~b'", "'~b'", "''" },
	/* transit-ruby ends each line, also the last one. */
	{ "'~bAQID\\n'", "'~bAQID'", "'AQID'" },
	{ "'~bAP8+\\r\\n/w==\\n'", "'~bAP8+/w=='", "'AP8+/w=='" },
	{ "'~bAP8+/\\u000aw==\\n'", "'~bAP8+/w=='", "'AP8+/w=='" },
	{ "{'~#b':'AQID\\n'}", "'~bAQID'", "'AQID'" },
	{ "'~bAP8+/w=='", "'~bAP8+/w=='", "'AP8+/w=='" },
	{ "'~:a/b'", "'~:a/b'", "'a/b'" },
	{ "'~:'", "'~:'", "''" },
	{ "'~$sym'", "'~$sym'", "'sym'" },
	{ "'~rhttp:\\/\\/x/'", "'~rhttp://x/'", "'http://x/'" },
	{ "'~cx'", "'~cx'", "'x'" },
	{ "'~c\\n'", "'~c\\n'", "'\\n'" },
	{ "'~c\\u0001'", "'~c\\u0001'", "'\\u0001'" },
	{ "'~c\\ud83d\\ude00'", "'~c\xf0\x9f\x98\x80'", "'\xf0\x9f\x98\x80'" },
	{ "'~u531A379e-31bb-4ce1-8690-158dceb64be6'", "'~u531A379e-31bb-4ce1-8690-158dceb64be6'",
	  "'531A379e-31bb-4ce1-8690-158dceb64be6'" },
	{ "'~~x'", "'~~x'", "'~x'" },
	{ "'~^0'", "'~^0'", "'^0'" },
	{ "'~`x'", "'~`x'", "'`x'" },
	{ "'`x'", "'~`x'", "'`x'" },
	{ "'~Xabc'", "'~Xabc'", "{'tag':'X','rep':'abc'}" },
	{ "'~X'", "'~X'", "{'tag':'X','rep':''}" },
	{ "'~\\\"a\\n'", "'~\\\"a\\n'", "{'tag':'\\\"','rep':'a\\n'}" },
	{ "'~\xc3\xa9z'", "'~\xc3\xa9z'", "{'tag':'\xc3\xa9','rep':'z'}" },
};

static void test_scalars(void **state)
{
	(void)state;
	check_forms(ENCODING_TRANSIT, scalar_forms, COUNT(scalar_forms));
}

static void test_dates(void **state)
{
	static const struct form forms[] = {
		{ "'~m0'", "'~m0'", "'1970-01-01T00:00:00.000Z'" },
		{ "'~m-1'", "'~m-1'", "'1969-12-31T23:59:59.999Z'" },
		{ "'~m-62167219200000'", "'~m-62167219200000'", "'0000-01-01T00:00:00.000Z'" },
		{ "'~m-62167219200001'", "'~m-62167219200001'", "'-000001-12-31T23:59:59.999Z'" },
		{ "'~m253402300799999'", "'~m253402300799999'", "'9999-12-31T23:59:59.999Z'" },
		{ "'~m253402300800000'", "'~m253402300800000'", "'+010000-01-01T00:00:00.000Z'" },
		{ "'~m8640000000000000'", "'~m8640000000000000'", "'+275760-09-13T00:00:00.000Z'" },
		{ "'~m9223372036854775807'", "'~m9223372036854775807'",
		  "'+292278994-08-17T07:12:55.807Z'" },
		{ "'~m-9223372036854775808'", "'~m-9223372036854775808'",
		  "'-292275055-05-16T16:47:04.192Z'" },
		{ "'~t1985-04-12T23:20:50.52Z'", "'~t1985-04-12T23:20:50.52Z'",
		  "'1985-04-12T23:20:50.520Z'" },
		{ "'~t1985-04-12t23:20:50z'", "'~t1985-04-12t23:20:50z'",
		  "'1985-04-12T23:20:50.000Z'" },
		{ "'~t1996-12-19T16:39:57.123456-08:00'", "'~t1996-12-19T16:39:57.123456-08:00'",
		  "'1996-12-20T00:39:57.123Z'" },
		{ "'~t2000-02-29T00:00:00.999+05:30'", "'~t2000-02-29T00:00:00.999+05:30'",
		  "'2000-02-28T18:30:00.999Z'" },
		{ "'~t1969-12-31T23:59:59.999Z'", "'~t1969-12-31T23:59:59.999Z'",
		  "'1969-12-31T23:59:59.999Z'" },
		{ "'~t0000-01-01T00:00:00+00:01'", "'~t0000-01-01T00:00:00+00:01'",
		  "'-000001-12-31T23:59:00.000Z'" },
	};

	(void)state;
	check_forms(ENCODING_TRANSIT, forms, COUNT(forms));
}

static void test_tagged(void **state)
{
	static const struct form forms[] = {
		{ "['~#" APOSTROPHE "',5]", "5", NULL },
		{ "{'~#" APOSTROPHE "':'~:a'}", "'~:a'", "'a'" },
		{ "[['~#" APOSTROPHE "',null]]", "[null]", NULL },
		{ "['~#" APOSTROPHE "',['~#set',[]]]", "{'~#set':[]}", "[]" },
		{ "['~#set',[1,'~:a']]", "{'~#set':[1,'~:a']}", "[1,'a']" },
		{ "{ '~#set' : [ 1 , 2 ] }", "{'~#set':[1,2]}", "[1,2]" },
		{ "['~#list',[]]", "{'~#list':[]}", "[]" },
		{ "['~#cmap',[]]", "{'~#cmap':[]}", "[]" },
		{ "['~#cmap',[[1],'a','~:b',null]]", "{'~#cmap':[[1],'a','~:b',null]}",
		  "[[[1],'a'],['b',null]]" },
		{ "['~#cmap',[['~#cmap',[1,2]],3]]", "{'~#cmap':[{'~#cmap':[1,2]},3]}",
		  "[[[[1,2]],3]]" },
		{ "['~#link',['^ ','href','~rx','rel','y']]", "{'~#link':{'href':'~rx','rel':'y'}}",
		  "{'href':'x','rel':'y'}" },
		{ "['~#ints',[1,2]]", "{'~#ints':[1,2]}", "[1,2]" },
		{ "['~#ints',5]", "{'~#ints':5}", "{'tag':'ints','rep':5}" },
		{ "['~#point',[1,['~#my/tag',null]]]", "{'~#point':[1,{'~#my/tag':null}]}",
		  "{'tag':'point','rep':[1,{'tag':'my/tag','rep':null}]}" },
		{ "['~#a\\u0022',1]", "{'~#a\\\"':1}", "{'tag':'a\\\"','rep':1}" },
		{ "['~#X','abc']", "{'~#X':'abc'}", "{'tag':'X','rep':'abc'}" },
		{ "['~#m',123]", "'~m123'", "'1970-01-01T00:00:00.123Z'" },
		{ "{'~#m':'123'}", "'~m123'", "'1970-01-01T00:00:00.123Z'" },
		{ "['~#m','~i123']", "'~m123'", "'1970-01-01T00:00:00.123Z'" },
		{ "['~#n',123]", "'~n123'", "'123'" },
		{ "['~#r','~~x']", "'~r~x'", "'~x'" },
		{ "['~#:','kw']", "'~:kw'", "'kw'" },
		{ "['~#u',[81985529216486895,-2]]", "'~u01234567-89ab-cdef-ffff-fffffffffffe'",
		  "'01234567-89ab-cdef-ffff-fffffffffffe'" },
		{ "{'~#u':['~i-1',1]}", "'~uffffffff-ffff-ffff-0000-000000000001'",
		  "'ffffffff-ffff-ffff-0000-000000000001'" },
	};

	(void)state;
	check_forms(ENCODING_TRANSIT, forms, COUNT(forms));
}

static void test_maps(void **state)
{
	static const struct form forms[] = {
		{ "['^ ']", "{}", NULL },
		{ "[ '\\u005e ' ]", "{}", NULL },
		{ "['^ ','a',1,'b',['^ ']]", "{'a':1,'b':{}}", NULL },
		{ "[ '^ ' , 'a' , 1 , 'b' , 2 ]", "{'a':1,'b':2}", NULL },
		{ "{'~:a':{'~:b':1}}", "{'~:a':{'~:b':1}}", "{'a':{'b':1}}" },
		{ "['^ ','~i1','a','~n1','b','~f1.5','c']", "{'~i1':'a','~n1':'b','~f1.5':'c'}",
		  "{'1':'a','1':'b','1.5':'c'}" },
		{ "['^ ','~?t',1,'~_',2,'~zNaN',3]", "{'~?t':1,'~_':2,'~zNaN':3}",
		  "{'true':1,'null':2,'NaN':3}" },
		{ "['^ ','~i1.5',1]", "{'~d1.5':1}", "{'1.5':1}" },
		{ "['^ ',1,2,-1.5,3,1e3,4]", "{'~i1':2,'~d-1.5':3,'~d1e3':4}",
		  "{'1':2,'-1.5':3,'1e3':4}" },
		{ "['^ ',9223372036854775808,2]", "{'~d9223372036854775808':2}",
		  "{'9223372036854775808':2}" },
		{ "['^ ',null,1,true,2,false,3]", "{'~_':1,'~?t':2,'~?f':3}",
		  "{'null':1,'true':2,'false':3}" },
		{ "['^ ','~m0',1,'~t1970-01-01T00:00:00Z',2]",
		  "{'~m0':1,'~t1970-01-01T00:00:00Z':2}",
		  "{'1970-01-01T00:00:00.000Z':1,'1970-01-01T00:00:00.000Z':2}" },
		{ "['^ ','~Xa',1]", "{'~Xa':1}", "{'~Xa':1}" },
		{ "['^ ','~~#a',1,'~^ ',2,'~`',3]", "{'~~#a':1,'~^ ':2,'~`':3}",
		  "{'~#a':1,'^ ':2,'`':3}" },
		{ "{'~~#set':1}", "{'~~#set':1}", "{'~#set':1}" },
	};

	(void)state;
	check_forms(ENCODING_TRANSIT, forms, COUNT(forms));
}

static void test_codes(void **state)
{
	static const struct form forms[] = {
		{ "['~:abc','^0']", "['~:abc','~:abc']", "['abc','abc']" },
		{ "['^ ','abcd',['^ ','^0',1]]", "{'abcd':{'abcd':1}}", NULL },
		/* A key enters the cache before its value, a tag before its rep. */
		{ "['^ ','~:kwd',['~#set',['^0','~$sym','^2',['^1',[]]]]]",
		  "{'~:kwd':{'~#set':['~:kwd','~$sym','~$sym',{'~#set':[]}]}}",
		  "{'kwd':['kwd','sym','sym',[]]}" },
		{ "[['~#set',[]],['^0',[1]],{'^0':[2]}]",
		  "[{'~#set':[]},{'~#set':[1]},{'~#set':[2]}]", "[[],[1],[2]]" },
		/* Lengths in UTF-16 units: an astral character is two, an escape
		 * one. */
		{ "['~:\\ud83d\\ude00','^0']", "['~:\xf0\x9f\x98\x80','~:\xf0\x9f\x98\x80']",
		  "['\xf0\x9f\x98\x80','\xf0\x9f\x98\x80']" },
		{ "['~:\\n\\u0041','^0']", "['~:\\nA','~:\\nA']", "['\\nA','\\nA']" },
		{ "['^ ','\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9',['^ ','^0',1]]",
		  "{'\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9':{'\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9':1}}",
		  NULL },
		/* A code may stand in places where the text itself would not enter the
		 * cache. */
		{ "['^ ','~~ab','^0']", "{'~~ab':'~~ab'}", "{'~ab':'~ab'}" },
		/* Keys of objects enter the cache; keys of a cmap do not. */
		{ "[{'abcd':1},['^ ','^0',2]]", "[{'abcd':1},{'abcd':2}]", NULL },
		{ "['~#cmap',['abcd',1,'~:abcd','^1']]", "{'~#cmap':['abcd',1,'~:abcd','~:abcd']}",
		  "[['abcd',1],['abcd','abcd']]" },
	};

	(void)state;
	check_forms(ENCODING_TRANSIT, forms, COUNT(forms));
}

/* After 1936 entries the table starts anew, and older codes are invalid. */
static void test_codes_wrap(void **state)
{
	struct buf message = BUF_EMPTY;
	struct buf out = BUF_EMPTY;
	struct transit_in *in;
	bool plain;

	(void)state;
	buf_put_text(&message, "[");
	for (int i = 0; i < 1936; i++)
		buf_putf(&message, "\"~:k%04d\",", i);
	/* The last entry is ^[[ ('[' is digit 43); then a new table has one entry, then
	 * two. */
	buf_put_text(&message, "\"^[[\",\"^10\",\"~:fresh\",\"^0\",\"~:k0001\",\"^1\"");
	in = transit_in_new(ENCODING_TRANSIT, buf_slice(&message), LIMIT);
	assert_int_equal(transit_in_value(in, &out, &plain), RC_MALFORMED);
	transit_in_free(in);
	buf_put_text(&message, "]");
	in = transit_in_new(ENCODING_TRANSIT, buf_slice(&message), LIMIT);
	assert_int_equal(transit_in_value(in, &out, &plain), RC_OK);
	buf_drop(&out, out.len - 60);
	assert_text(
		buf_slice(&out),
		slice_of(
			"\"~:k1935\",\"~:k0044\",\"~:fresh\",\"~:fresh\",\"~:k0001\",\"~:k0001\"]"),
		"wrap");
	transit_in_free(in);

	message.len--;
	buf_put_text(&message, ",\"^2\"]");
	in = transit_in_new(ENCODING_TRANSIT, buf_slice(&message), LIMIT);
	assert_int_equal(transit_in_value(in, &out, &plain), RC_MALFORMED);
	assert_non_null(strstr(transit_in_error(in), "unknown cache code"));
	transit_in_free(in);
	buf_free(&message);
	buf_free(&out);
}

/* One check reads values one after the other, whatever came before. */
static void test_checks(void **state)
{
	static const struct {
		const char *value;
		bool plain, is_good;
	} values[] = {
		{ "{\"title\":1,\"a\":[\"b\"]}", true, true },
		{ "[[{\"title\":", true, false },
		{ "[\"~:title\"]", false, true },
		{ "[\"~:title\",\"^0\"]", false, false },
		{ "[\"^0\"]", false, false },
		{ "[1,2]", true, true },
		{ "[1,2]", false, false },
		{ "[1, 2]", true, false },
		{ "", true, false },
		{ "\"x\"", true, true },
	};
	struct transit_check *check = transit_check_new();

	(void)state;
	for (size_t n = 0; n < 2; n++)
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
			assert_int_equal(transit_check_value(check, slice_of(values[i].value),
							     values[i].plain),
					 values[i].is_good);
	transit_check_free(check);
}

static void test_output(void **state)
{
	struct buf out = BUF_EMPTY;

	(void)state;
	transit_out_key(&out, ENCODING_JSON, "docs");
	transit_out_key(&out, ENCODING_TRANSIT, "docs");
	transit_out_string(&out, ENCODING_JSON, slice_of("~\"\\\x01\n\x7f\xc3\xa9/"));
	transit_out_string(&out, ENCODING_TRANSIT, slice_of("~\""));
	transit_out_string(&out, ENCODING_TRANSIT, slice_of("^"));
	transit_out_string(&out, ENCODING_TRANSIT, slice_of("`a"));
	transit_out_string(&out, ENCODING_TRANSIT, slice_of(""));
	assert_text(buf_slice(&out),
		    slice_of("\"docs\":\"~:docs\":\"~\\\"\\\\\\u0001\\n\x7f\xc3\xa9/"
			     "\"\"~~\\\"\"\"~^\"\"~`a\"\"\""),
		    "out");
	buf_clear(&out);
	assert_int_equal(transit_out_value(&out, ENCODING_TRANSIT, slice_of("\"~:a\""), false),
			 RC_OK);
	assert_int_equal(transit_out_value(&out, ENCODING_JSON, slice_of("\"~:a\""), false), RC_OK);
	assert_int_equal(transit_out_value(&out, ENCODING_JSON, slice_of("[1]"), true), RC_OK);
	assert_int_equal(transit_out_value(&out, ENCODING_JSON, slice_of("\"~i\""), false),
			 RC_MALFORMED);
	assert_text(buf_slice(&out), slice_of("\"~:a\"\"a\"[1]"), "out");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),       cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_dates),      cmocka_unit_test(test_tagged),
		cmocka_unit_test(test_maps),       cmocka_unit_test(test_codes),
		cmocka_unit_test(test_codes_wrap), cmocka_unit_test(test_output),
		cmocka_unit_test(test_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
