/* Tests of transit/step.c with the envelope of a push, in both encodings and both write
 * modes of Transit. */
#include "t/unit/transit_text.h"
#include "transit/transit.h"

#define LIMIT 100000

static struct transit_in *in;
static char room[2000];

static void read_text(enum encoding encoding, const char *text)
{
	in = transit_in_new(encoding, unquote(text, room, sizeof(room)), LIMIT);
}

static int forget(void **state)
{
	(void)state;
	transit_in_free(in);
	in = NULL;
	return 0;
}

/* Appends a summary of the push to `out`: "id base=N value plain? op; ..." */
static enum rc walk_doc(struct buf *out)
{
	struct slice key;
	bool more, flag;
	uint64_t number;
	enum rc rc = transit_in_map(in);

	while (!rc && !(rc = transit_in_map_next(in, &more, &key)) && more) {
		buf_putf(out, "%.*s=", (int)key.len, key.data);
		if (slice_is(key, "id") || slice_is(key, "op")) {
			rc = transit_in_string(in, out);
		} else if (slice_is(key, "base")) {
			rc = transit_in_uint(in, &number);
			buf_putf(out, "%llu", rc ? 0ULL : (unsigned long long)number);
		} else if (slice_is(key, "deleted")) {
			rc = transit_in_bool(in, &flag);
			buf_put_text(out, !rc && flag ? "true" : "false");
		} else if (slice_is(key, "value")) {
			rc = transit_in_value(in, out, &flag);
			buf_put_text(out, flag ? "!" : "");
		} else {
			rc = transit_in_skip(in);
			buf_put_text(out, "skipped");
		}
		buf_put_text(out, " ");
	}
	buf_put_text(out, ";");
	return rc;
}

static enum rc walk_push(struct buf *out)
{
	struct slice key;
	bool more, entry, atomic;
	enum rc rc = transit_in_map(in);

	while (!rc && !(rc = transit_in_map_next(in, &more, &key)) && more) {
		if (slice_is(key, "docs")) {
			rc = transit_in_array(in);
			while (!rc && !(rc = transit_in_array_next(in, &entry)) && entry)
				rc = walk_doc(out);
		} else if (slice_is(key, "atomic")) {
			rc = transit_in_bool(in, &atomic);
			buf_put_text(out, !rc && atomic ? "atomic;" : "");
		} else {
			rc = transit_in_skip(in);
		}
	}
	return rc ? rc : transit_in_finish(in);
}

static void check_push(enum encoding encoding, const char *text, const char *expected)
{
	struct buf out = BUF_EMPTY;
	char expect[1000];
	struct slice wanted = unquote(expected, expect, sizeof(expect));

	read_text(encoding, text);
	if (walk_push(&out))
		fail_msg("%s: %s", text, transit_in_error(in));
	if (!slice_equal(buf_slice(&out), wanted))
		fail_msg("%s gave %.*s", text, (int)out.len, out.data);
	buf_free(&out);
	forget(NULL);
}

static void test_push(void **state)
{
	(void)state;
	check_push(ENCODING_JSON,
		   " { 'docs' : [ {'id':'a:1','base':3,'value':{'x': [1.10, '~x']}} , "
		   "{'id':'\\u0061:\\n','deleted':true} ], 'atomic':true} ",
		   "id=a:1 base=3 value={'x':[1.10,'~~x']} ;id=a:\n deleted=true ;atomic;");
	check_push(ENCODING_JSON,
		   "{'docs':[{'id':'~:a','value':null,'new':[[{}]],'base':0}],'more':{'a':1}}",
		   "id=~:a value=null! new=skipped base=0 ;");
	check_push(ENCODING_JSON, "{}", "");
	check_push(ENCODING_JSON, "{'docs':[]}", "");
	check_push(ENCODING_TRANSIT,
		   "{'~:docs':[{'~:id':'a:1','~:base':'~i7','~:value':['~#set',['~:a']]}],'~:"
		   "atomic':'~?t'}",
		   "id=a:1 base=7 value={'~#set':['~:a']} ;atomic;");
	check_push(ENCODING_TRANSIT, "['^ ']", "");
}

/* Cache codes are tracked through copied and skipped values, keys of the envelope, and
 * across documents. */
static void test_push_with_codes(void **state)
{
	(void)state;
	check_push(ENCODING_TRANSIT,
		   "['^ ','~:docs',[['^ ','~:id','a:1','~:base',0,'~:value',['^ "
		   "','~:title','x','~:done',['~#set',[]]]],"
		   "['^ ','^1','~~a:2','^2',1,'^3',['^ "
		   "','^4','y','^5',['^6',[1]]],'~:other',['~:skipped']],"
		   "['^ ','^1','a:3','^3',['^8','~:?','^7']]],'~:atomic',false,'~:last','^9']",
		   "id=a:1 base=0 value={'~:title':'x','~:done':{'~#set':[]}} ;"
		   "id=~a:2 base=1 value={'~:title':'y','~:done':{'~#set':[1]}} other=skipped ;"
		   "id=a:3 value=['~:skipped','~:?','~:other'] ;");
}

struct refusal {
	enum encoding encoding;
	const char *text;
	const char *err;
};

static const struct refusal refused_pushes[] = {
	{ ENCODING_JSON, "[]", "expected an object at byte 0" },
	{ ENCODING_JSON, "", "unexpected end of the text at byte 0" },
	{ ENCODING_JSON, "{'docs':{}}", "expected an array at byte 8" },
	{ ENCODING_JSON, "{'docs':[1]}", "expected an object at byte 9" },
	{ ENCODING_JSON, "{'docs':[{'id':1}]}", "expected a string at byte 15" },
	{ ENCODING_JSON, "{'docs':[{'base':'1'}]}", "expected a non-negative integer at byte 17" },
	{ ENCODING_JSON, "{'docs':[{'base':-1}]}", "expected a non-negative integer at byte 17" },
	{ ENCODING_JSON, "{'docs':[{'base':1.0}]}", "expected a non-negative integer at byte 17" },
	{ ENCODING_JSON, "{'docs':[{'base':1e3}]}", "expected a non-negative integer at byte 17" },
	{ ENCODING_JSON, "{'docs':[{'base':9223372036854775808}]}",
	  "expected a non-negative integer at byte 17" },
	{ ENCODING_JSON, "{'docs':[{'base':null}]}", "expected a non-negative integer at byte 17" },
	{ ENCODING_JSON, "{'docs':[{'base':'~i1'}]}",
	  "expected a non-negative integer at byte 17" },
	{ ENCODING_JSON, "{'docs':[{'deleted':1}]}", "expected true or false at byte 20" },
	{ ENCODING_JSON, "{'docs':[{'deleted':'~?t'}]}", "expected true or false at byte 20" },
	{ ENCODING_JSON, "{'docs':[{'value':}]}", "expected a value at byte 18" },
	{ ENCODING_JSON, "{'docs':[],}", "expected a string at byte 11" },
	{ ENCODING_JSON, "{'docs':[]}x", "text behind the value at byte 11" },
	{ ENCODING_JSON, "{'docs':[{'other':[1,}]}", "expected a value at byte 21" },
	{ ENCODING_TRANSIT, "{'docs':[]}", "expected a keyword at byte 1" },
	{ ENCODING_TRANSIT, "['^ ','docs',[]]", "expected a keyword at byte 6" },
	{ ENCODING_TRANSIT, "['^ ','~$docs',[]]", "expected a keyword at byte 6" },
	{ ENCODING_TRANSIT, "['^ ',1,[]]", "expected a string at byte 6" },
	{ ENCODING_TRANSIT, "['^ ','~:docs']", "map key without a value at byte 14" },
	{ ENCODING_TRANSIT, "['~#cmap',['~:docs',[]]]", "expected a map at byte 0" },
	{ ENCODING_TRANSIT, "{'~#point':{}}", "expected a map at byte 0" },
	{ ENCODING_TRANSIT, "{'~:docs':['~#list',[]]}", "expected an array at byte 10" },
	{ ENCODING_TRANSIT, "{'~:docs':['^ ']}", "expected an array at byte 10" },
	{ ENCODING_TRANSIT, "{'~:docs':['^0']}", "expected a map at byte 11" },
	{ ENCODING_TRANSIT, "{'~:docs':[{'~:id':'~:a'}]}", "expected a string at byte 19" },
	{ ENCODING_TRANSIT, "{'~:docs':[{'~:id':'^2'}]}", "unknown cache code at byte 19" },
	{ ENCODING_TRANSIT, "{'~:docs':[{'~:base':'~n1'}]}",
	  "expected a non-negative integer at byte 21" },
	{ ENCODING_TRANSIT, "{'~:docs':[{'~:base':'~i-1'}]}",
	  "expected a non-negative integer at byte 21" },
	{ ENCODING_TRANSIT, "{'~:docs':[{'~:deleted':'~?x'}]}",
	  "expected true or false at byte 24" },
};

static void test_push_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused_pushes); i++) {
		struct buf out = BUF_EMPTY;

		read_text(refused_pushes[i].encoding, refused_pushes[i].text);
		if (walk_push(&out) != RC_MALFORMED ||
		    strcmp(transit_in_error(in), refused_pushes[i].err) != 0)
			fail_msg("%s: %s", refused_pushes[i].text, transit_in_error(in));
		assert_int_equal(walk_push(&out), RC_MALFORMED);
		assert_string_equal(transit_in_error(in), refused_pushes[i].err);
		buf_free(&out);
		forget(NULL);
	}
}

/* A truncated push is rejected at every length. */
static void test_push_truncated(void **state)
{
	static const char *const pushes[] = {
		"{'docs':[{'id':'a:1','base':3,'value':{'x':[1.10,'~x']},'deleted':true,'other':[]}"
		"],'atomic':true}",
		"['^ ','~:docs',[['^ "
		"','~:id','a:1','~:base','~i3','~:value',['~#set',['^0',{}]],'~:deleted',true]],'~:"
		"atomic','~?f']",
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		size_t len = unquote(pushes[i], room, sizeof(room)).len;

		for (size_t cut = 0; cut <= len; cut++) {
			struct buf out = BUF_EMPTY;
			char copy[sizeof(room)];

			memcpy(copy, room, cut);
			in = transit_in_new(i ? ENCODING_TRANSIT : ENCODING_JSON,
					    slice_make(copy, cut), LIMIT);
			if ((walk_push(&out) == RC_OK) != (cut == len))
				fail_msg("%.*s: %s", (int)cut, copy, transit_in_error(in));
			buf_free(&out);
			forget(NULL);
		}
	}
}

static void test_peek(void **state)
{
	static const struct {
		enum transit_kind json;
		enum transit_kind transit;
		const char *text;
	} looks[] = {
		{ TRANSIT_NULL, TRANSIT_NULL, " null" },
		{ TRANSIT_BOOL, TRANSIT_BOOL, "true" },
		{ TRANSIT_BOOL, TRANSIT_BOOL, "false" },
		{ TRANSIT_NUMBER, TRANSIT_NUMBER, "-1" },
		{ TRANSIT_STRING, TRANSIT_STRING, "''" },
		{ TRANSIT_STRING, TRANSIT_STRING, "'~~a'" },
		{ TRANSIT_STRING, TRANSIT_NUMBER, "'~i1'" },
		{ TRANSIT_STRING, TRANSIT_BOOL, "'~?t'" },
		{ TRANSIT_STRING, TRANSIT_NULL, "'~_'" },
		{ TRANSIT_STRING, TRANSIT_OTHER, "'~:a'" },
		{ TRANSIT_STRING, TRANSIT_OTHER, "'~'" },
		{ TRANSIT_STRING, TRANSIT_OTHER, "'^0'" },
		{ TRANSIT_OTHER, TRANSIT_OTHER, "'abc" },
		{ TRANSIT_ARRAY, TRANSIT_ARRAY, "[]" },
		{ TRANSIT_ARRAY, TRANSIT_ARRAY, "['~:a']" },
		{ TRANSIT_ARRAY, TRANSIT_MAP, "[ '^ ']" },
		{ TRANSIT_ARRAY, TRANSIT_OTHER, "['~#set',[]]" },
		{ TRANSIT_MAP, TRANSIT_MAP, "{" },
		{ TRANSIT_MAP, TRANSIT_MAP, "{'a':1}" },
		{ TRANSIT_MAP, TRANSIT_OTHER, "{ '~#a':1}" },
		{ TRANSIT_OTHER, TRANSIT_OTHER, "" },
		{ TRANSIT_OTHER, TRANSIT_OTHER, "]" },
		{ TRANSIT_OTHER, TRANSIT_OTHER, "x" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(looks); i++) {
		read_text(ENCODING_JSON, looks[i].text);
		assert_int_equal(transit_in_peek(in), looks[i].json);
		forget(NULL);
		read_text(ENCODING_TRANSIT, looks[i].text);
		assert_int_equal(transit_in_peek(in), looks[i].transit);
		assert_int_equal(transit_in_peek(in), looks[i].transit);
		forget(NULL);
	}
}

/* Peeking resolves a code and does not change the table. */
static void test_peek_codes(void **state)
{
	static const enum transit_kind kinds[] = { TRANSIT_MAP,   TRANSIT_OTHER,  TRANSIT_OTHER,
						   TRANSIT_OTHER, TRANSIT_STRING, TRANSIT_OTHER };
	bool more;

	(void)state;
	read_text(ENCODING_TRANSIT, "[['^ ','text',1],['~#set',[]],['^1',[]],{'^1':[]},'^0','^2']");
	assert_int_equal(transit_in_array(in), RC_OK);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		assert_int_equal(transit_in_array_next(in, &more), RC_OK);
		assert_true(more);
		assert_int_equal(transit_in_peek(in), kinds[i]);
		assert_int_equal(transit_in_skip(in), i + 1 < COUNT(kinds) ? RC_OK : RC_MALFORMED);
	}
}

/* The key is a copy: it survives a peek, but not the next step. */
static void test_key_stays(void **state)
{
	struct slice key;
	bool more;

	(void)state;
	read_text(ENCODING_TRANSIT, "{'~:\\u0061\\nb':'\\u0063\\u0064'}");
	assert_int_equal(transit_in_map(in), RC_OK);
	assert_int_equal(transit_in_map_next(in, &more, &key), RC_OK);
	assert_true(more);
	assert_int_equal(transit_in_peek(in), TRANSIT_STRING);
	assert_true(slice_is(key, "a\nb"));
	assert_int_equal(transit_in_skip(in), RC_OK);
	assert_int_equal(transit_in_map_next(in, &more, &key), RC_OK);
	assert_false(more);
	assert_int_equal(transit_in_finish(in), RC_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_push, forget),
		cmocka_unit_test_teardown(test_push_with_codes, forget),
		cmocka_unit_test_teardown(test_push_refused, forget),
		cmocka_unit_test_teardown(test_push_truncated, forget),
		cmocka_unit_test_teardown(test_peek, forget),
		cmocka_unit_test_teardown(test_peek_codes, forget),
		cmocka_unit_test_teardown(test_key_stays, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
