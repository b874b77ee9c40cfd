/* The body of a push: what is read of it, and what is refused of which field. */
#include "base/docid.h"
#include "t/unit/transit_text.h"
#include "worker/edits.h"

#include <stdio.h>
#include <stdlib.h>

#define LIMIT 1000000

/* In the tables ' stands for a double quote. */
static enum rc parse(enum encoding encoding, const char *quoted, size_t limit, struct edits *out, struct reason *why)
{
	char room[4000];
	struct slice text = unquote(quoted, room, sizeof(room));
	/* A copy of its own, so that a sanitizer sees who reads beyond it; and gone before the edits are looked at. */
	char *copy = malloc(text.len + 1);
	enum rc rc;

	memcpy(copy, text.data, text.len);
	why->text[0] = 0;
	rc = edits_parse(encoding, slice_make(copy, text.len), limit, out, why);
	free(copy);
	return rc;
}

/* JSON with the names of the envelope as keywords: what every push is in Transit's verbose mode. */
static void to_transit(const char *json, char *out, size_t size)
{
	static const char *const names[] = { "'docs':", "'atomic':", "'id':", "'base':", "'op':", "'value':", "'deleted':", "'other':" };
	size_t len = 0;

	for (const char *at = json; *at; at++) {
		for (size_t i = 0; i < COUNT(names); i++)
			if (strncmp(at, names[i], strlen(names[i])) == 0) {
				out[len++] = *at++;
				out[len++] = '~';
				out[len++] = ':';
			}
		out[len++] = *at;
		assert_true(len + 4 < size);
	}
	out[len] = 0;
}

/* ---- What is read -------------------------------------------------------------------------------------------------------------- */

static struct edits read_well(enum encoding encoding, const char *quoted)
{
	struct edits edits;
	struct reason why;

	if (parse(encoding, quoted, LIMIT, &edits, &why) != RC_OK)
		fail_msg("%s: %s", quoted, why.text);
	return edits;
}

static void expect_slice(struct slice slice, const char *quoted)
{
	char room[1000];
	struct slice wanted = unquote(quoted, room, sizeof(room));

	if (!slice_equal(slice, wanted))
		fail_msg("%.*s, not %s", (int)slice.len, slice.data, quoted);
}

static const char full[] = "{'atomic':true,'docs':[{'id':'a:1','value':{'x':[1,2.50,'y']}},{'id':'a:b:2','base':7,'op':'o-1','value':null},"
			   "{'deleted':true,'base':9223372036854775807,'id':'a:3'},{'id':'a:4','deleted':false,'value':'~x','base':0}]}";

static void expect_full(enum encoding encoding, const char *message)
{
	struct edits edits = read_well(encoding, message);

	assert_int_equal(edits.count, 4);
	assert_true(edits.atomic);
	expect_slice(edits.all[0].id, "a:1");
	assert_int_equal(edits.all[0].base, 0);
	assert_int_equal(edits.all[0].op.len, 0);
	assert_false(edits.all[0].deleted);
	expect_slice(edits.all[0].value, "{'x':[1,2.50,'y']}");
	assert_true(edits.all[0].plain);
	expect_slice(edits.all[1].id, "a:b:2");
	assert_int_equal(edits.all[1].base, 7);
	expect_slice(edits.all[1].op, "o-1");
	expect_slice(edits.all[1].value, "null");
	assert_true(edits.all[2].deleted);
	assert_true(edits.all[2].base == INT64_MAX);
	assert_int_equal(edits.all[2].value.len, 0);
	expect_slice(edits.all[3].value, encoding == ENCODING_JSON ? "'~~x'" : "'~x'");
	assert_false(edits.all[3].plain);
	edits_clear(&edits);
	assert_int_equal(edits.count, 0);
	edits_clear(&edits);
}

static void every_field_is_read_in_either_encoding(void **state)
{
	char transit[1000];

	(void)state;
	expect_full(ENCODING_JSON, full);
	to_transit(full, transit, sizeof(transit));
	expect_full(ENCODING_TRANSIT, transit);
}

static void cache_codes_reach_across_documents(void **state)
{
	struct edits edits =
		read_well(ENCODING_TRANSIT, "['^ ','~:docs',[['^ ','~:id','a:1','~:value',['^ ','~:title','~:buy','~:deleted','~$symbol']],"
					    "['^ ','^1','a:2','^2',['^3','^4','^6',['^ ','^3','^0']],'~:base','~i3'],"
					    "['^ ','^1','a:3','^5',true,'~:op','o','^7',1]],'~:atomic',false]");

	(void)state;
	assert_int_equal(edits.count, 3);
	assert_false(edits.atomic);
	expect_slice(edits.all[0].value, "{'~:title':'~:buy','~:deleted':'~$symbol'}");
	expect_slice(edits.all[1].value, "['~:title','~:buy','~$symbol',{'~:title':'~:docs'}]");
	assert_int_equal(edits.all[1].base, 3);
	assert_true(edits.all[2].deleted);
	assert_int_equal(edits.all[2].base, 1);
	edits_clear(&edits);
}

static const struct {
	const char *message;
	size_t count;
} good[] = {
	{ "{'docs':[]}", 0 },
	{ " {\t'docs' :\r\n[ ] } \n", 0 },
	{ "{'docs':[],'atomic':false}", 0 },
	{ "{'other':[[{'docs':[1]}]],'docs':[],'other':1,'other':null}", 0 },
	{ "{'docs':[{'id':'a:1','value':1,'other':{'id':['a:1']},'other':2}]}", 1 },
	{ "{'docs':[{'value':1,'id':'a:1'},{'id':'a:2','value':1},{'id':'a:1:','value':1},{'id':':a:1','value':1}]}", 4 },
	{ "{'docs':[{'id':'A:1','value':1},{'id':'a:1','value':1},{'id':'a:1 ','value':1}]}", 3 },
	{ "{'docs':[{'id':'a:\\u0031','value':1},{'id':'a:\\ud83d\\ude00','value':1},{'id':'\xc3\xa4:\xe2\x82\xac','value':1}]}", 3 },
	{ "{'docs':[{'id':'a:1','value':1,'op':'x'},{'id':'a:2','value':1,'op':'x'}]}", 2 },
	{ "{'docs':[{'id':'a:1','value':1,'op':'\\u0000'}]}", 1 },
};

static void what_is_right_is_read(void **state)
{
	struct edits edits;
	char transit[1000];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		for (int encoding = ENCODING_JSON; encoding <= ENCODING_TRANSIT; encoding++) {
			if (encoding == ENCODING_TRANSIT && strstr(good[i].message, "'docs' :"))
				continue;
			to_transit(good[i].message, transit, sizeof(transit));
			edits = read_well((enum encoding)encoding, encoding == ENCODING_JSON ? good[i].message : transit);
			assert_int_equal(edits.count, good[i].count);
			for (size_t j = 0; j < edits.count; j++)
				assert_true(docid_is_valid(edits.all[j].id));
			edits_clear(&edits);
		}
	}
}

static void escapes_in_names_ids_and_ops_are_undone(void **state)
{
	static const char *const messages[] = {
		[ENCODING_JSON] = "{'d\\u006fcs':[{'\\u0069d':'~a:\\u0031\\/','op':'\\'~','value':3}]}",
		[ENCODING_TRANSIT] = "{'~:d\\u006fcs':[{'~:\\u0069d':'~~a:\\u0031\\/','~:op':'\\'~','~:value':3}]}",
	};

	(void)state;
	for (int i = ENCODING_JSON; i <= ENCODING_TRANSIT; i++) {
		struct edits edits = read_well((enum encoding)i, messages[i]);

		assert_int_equal(edits.count, 1);
		expect_slice(edits.all[0].id, "~a:1/");
		expect_slice(edits.all[0].op, "'~");
		edits_clear(&edits);
	}
}

/* ---- What is refused ----------------------------------------------------------------------------------------------------------- */

/* What says which field is wrong; where it differs between the encodings, the byte is left out. */
static const struct refusal {
	const char *message, *why;
} refusals[] = {
	/* The whole. */
	{ "", "body: unexpected end of the text at byte 0" },
	{ " ", "body: unexpected end of the text at byte 1" },
	{ "[]", "body: expected a map at byte 0" },
	{ "null", "body: expected a map at byte 0" },
	{ "'docs'", "body: expected a map at byte 0" },
	{ "{", "body: unexpected end of the text at byte 1" },
	{ "\xef\xbb\xbf{'docs':[]}", "body: expected a map at byte 0" },
	{ "{}", "docs: missing" },
	{ "{'atomic':true}", "docs: missing" },
	{ "{'other':{'docs':[]}}", "docs: missing" },
	{ "{'docs':[]", "body: unexpected end of the text" },
	{ "{'docs':[],}", "body: expected a string" },
	{ "{'docs':[]}}", "body: text behind the value" },
	{ "{'docs':[]}{'docs':[]}", "body: text behind the value" },
	{ "{'docs':[]} null", "body: text behind the value" },
	{ "{'other':nul,'docs':[]}", "body: expected a value" },
	{ "{'other':01,'docs':[]}", "body: number with a leading zero" },
	{ "{'docs':[],'other':'\xfe'}", "body: not UTF-8" },
	{ "{'docs':[],'other':'\\ud800'}", "body: lone surrogate" },
	/* docs and atomic. */
	{ "{'docs':{}}", "docs: expected an array" },
	{ "{'docs':null}", "docs: expected an array" },
	{ "{'docs':'x'}", "docs: expected an array" },
	{ "{'docs':", "docs: unexpected end of the text" },
	{ "{'docs':[],'docs':[]}", "docs: given more than once" },
	{ "{'docs':[],'atomic':true,'other':1,'docs':[]}", "docs: given more than once" },
	{ "{'atomic':true,'atomic':true,'docs':[]}", "atomic: given more than once" },
	{ "{'atomic':1,'docs':[]}", "atomic: expected true or false" },
	{ "{'atomic':null,'docs':[]}", "atomic: expected true or false" },
	{ "{'atomic':'true','docs':[]}", "atomic: expected true or false" },
	{ "{'docs':[],'atomic':", "atomic: unexpected end of the text" },
	/* A document. */
	{ "{'docs':[", "docs[0]: unexpected end of the text" },
	{ "{'docs':[1]}", "docs[0]: expected a map" },
	{ "{'docs':[null]}", "docs[0]: expected a map" },
	{ "{'docs':[[]]}", "docs[0]: expected a map" },
	{ "{'docs':[{}]}", "docs[0].id: missing" },
	{ "{'docs':[{'id':'a:1','value':1}{}]}", "docs[1]: expected , or ]" },
	{ "{'docs':[{'id':'a:1','value':1},]}", "docs[1]: expected a map" },
	{ "{'docs':[{'id':'a:1','value':1},{'id':'a:2','value':1},{'id':'a:3','value':1},4]}", "docs[3]: expected a map" },
	{ "{'docs':[{'id':'a:1','other':nul}]}", "docs[0]: expected a value" },
	{ "{'docs':[{'id':'a:1' 'value':1}]}", "docs[0]: expected , or }" },
	{ "{'docs':[{'id':'a:1','value':1,}]}", "docs[0]: expected a string" },
	{ "{'docs':[{7:1}]}", "docs[0]: expected a string" },
	/* id */
	{ "{'docs':[{'value':1}]}", "docs[0].id: missing" },
	{ "{'docs':[{'deleted':true}]}", "docs[0].id: missing" },
	{ "{'docs':[{'id':7}]}", "docs[0].id: expected a string" },
	{ "{'docs':[{'id':null}]}", "docs[0].id: expected a string" },
	{ "{'docs':[{'id':['a:1']}]}", "docs[0].id: expected a string" },
	{ "{'docs':[{'id':'a:1','value':1,'id':'a:1'}]}", "docs[0].id: given more than once" },
	{ "{'docs':[{'id':''}]}", "docs[0].id: must be GROUP:REST" },
	{ "{'docs':[{'id':'a'}]}", "docs[0].id: must be GROUP:REST" },
	{ "{'docs':[{'id':':'}]}", "docs[0].id: must be GROUP:REST" },
	{ "{'docs':[{'id':'a:'}]}", "docs[0].id: must be GROUP:REST" },
	{ "{'docs':[{'id':':a'}]}", "docs[0].id: must be GROUP:REST" },
	{ "{'docs':[{'id':'a:\\n1'}]}", "docs[0].id: must be GROUP:REST" },
	{ "{'docs':[{'id':'a:1\\u0000'}]}", "docs[0].id: must be GROUP:REST" },
	{ "{'docs':[{'id':'a:\\u0085'}]}", "docs[0].id: must be GROUP:REST" },
	{ "{'docs':[{'id':'a:\x7f'}]}", "docs[0].id: must be GROUP:REST" },
	{ "{'docs':[{'id':'a:\n1'}]}", "docs[0].id: control character in a string" },
	{ "{'docs':[{'id':'a:\xc0\x80'}]}", "docs[0].id: not UTF-8" },
	{ "{'docs':[{'id':'a:\\ud800'}]}", "docs[0].id: lone surrogate" },
	{ "{'docs':[{'id':'a:1','value':1},{'id':'a:1','value':1}]}", "docs[1].id: the same as docs[0].id" },
	{ "{'docs':[{'id':'b:1','value':1},{'id':'a:1','value':1},{'id':'a:\\u0031','deleted':true},{'id':'b:1','value':1},"
	  "{'id':'a:1','value':1}]}",
	  "docs[2].id: the same as docs[1].id" },
	/* base */
	{ "{'docs':[{'id':'a:1','base':-1}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':1.0}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':1e0}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':9223372036854775808}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':99999999999999999999999}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':null}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':true}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':'1'}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':01}]}", "docs[0].base: number with a leading zero" },
	{ "{'docs':[{'id':'a:1','base':1,'base':1}]}", "docs[0].base: given more than once" },
	{ "{'docs':[{'id':'a:1','value':1},{'id':'a:2','value':1},{'id':'a:3','value':1},{'id':'a:4','base':'x','value':1}]}",
	  "docs[3].base: expected a non-negative integer" },
	/* op */
	{ "{'docs':[{'id':'a:1','op':''}]}", "docs[0].op: must be 1 to 64 bytes long" },
	{ "{'docs':[{'id':'a:1','op':1}]}", "docs[0].op: expected a string" },
	{ "{'docs':[{'id':'a:1','op':null}]}", "docs[0].op: expected a string" },
	{ "{'docs':[{'id':'a:1','op':'x','op':'x'}]}", "docs[0].op: given more than once" },
	/* value and deleted */
	{ "{'docs':[{'id':'a:1'}]}", "docs[0].value: missing" },
	{ "{'docs':[{'id':'a:1','base':3,'op':'x'}]}", "docs[0].value: missing" },
	{ "{'docs':[{'id':'a:1','deleted':false}]}", "docs[0].value: missing" },
	{ "{'docs':[{'id':'a:1','deleted':true,'value':1}]}", "docs[0].value: a deletion has none" },
	{ "{'docs':[{'id':'a:1','value':null,'deleted':true}]}", "docs[0].value: a deletion has none" },
	{ "{'docs':[{'id':'a:1','value':1,'value':1}]}", "docs[0].value: given more than once" },
	{ "{'docs':[{'id':'a:1','value':nul}]}", "docs[0].value: expected a value" },
	{ "{'docs':[{'id':'a:1','value':[1,}]}", "docs[0].value: expected a value" },
	{ "{'docs':[{'id':'a:1','value':{'x':'\xed\xa0\x80'}}]}", "docs[0].value: not UTF-8" },
	{ "{'docs':[{'id':'a:1','deleted':1}]}", "docs[0].deleted: expected true or false" },
	{ "{'docs':[{'id':'a:1','deleted':null}]}", "docs[0].deleted: expected true or false" },
	{ "{'docs':[{'id':'a:1','deleted':'true'}]}", "docs[0].deleted: expected true or false" },
	{ "{'docs':[{'id':'a:1','deleted':true,'deleted':true}]}", "docs[0].deleted: given more than once" },
};

static void expect_refused(enum encoding encoding, const char *message, size_t limit, enum rc rc, const char *why_starts)
{
	struct edits edits;
	struct reason why;

	if (parse(encoding, message, limit, &edits, &why) != rc || strncmp(why.text, why_starts, strlen(why_starts)) != 0)
		fail_msg("%s: %s, not %s", message, why.text, why_starts);
	edits_clear(&edits);
}

static void what_is_wrong_is_refused_by_its_field(void **state)
{
	char transit[1000];

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		expect_refused(ENCODING_JSON, refusals[i].message, LIMIT, RC_MALFORMED, refusals[i].why);
		to_transit(refusals[i].message, transit, sizeof(transit));
		expect_refused(ENCODING_TRANSIT, transit, LIMIT, RC_MALFORMED, refusals[i].why);
	}
}

static void the_byte_is_told(void **state)
{
	(void)state;
	expect_refused(ENCODING_JSON, "{'docs':[{'id':'a:1','base':-1}]}", LIMIT, RC_MALFORMED,
		       "docs[0].base: expected a non-negative integer at byte 28");
	expect_refused(ENCODING_JSON, "{'docs':[{'id':'a:1','value':[1,2,x]}]}", LIMIT, RC_MALFORMED,
		       "docs[0].value: expected a value at byte 34");
}

/* What only Transit has. */
static const struct refusal transit_refusals[] = {
	{ "{'docs':[]}", "body: expected a keyword at byte 1" },
	{ "{'~$docs':[]}", "body: expected a keyword at byte 1" },
	{ "{'~~:docs':[]}", "body: expected a keyword at byte 1" },
	{ "{'~:docs':[{'id':'a:1'}]}", "docs[0]: expected a keyword at byte 12" },
	{ "{'~:docs':[],'^0':[]}", "docs: given more than once" },
	{ "['^ ','~:docs',[],'~:atomic']", "body: map key without a value" },
	{ "['^ ','~:docs']", "body: map key without a value" },
	{ "['~#cmap',['~:docs',[]]]", "body: expected a map at byte 0" },
	{ "{'~:docs':['^ ']}", "docs: expected an array" },
	{ "{'~:docs':['~#set',[]]}", "docs: expected an array" },
	{ "{'^0':[]}", "body: unknown cache code" },
	{ "{'~:docs':[{'~:id':'~:a:1'}]}", "docs[0].id: expected a string" },
	{ "{'~:docs':[{'~:id':'~$a:1'}]}", "docs[0].id: expected a string" },
	{ "{'~:docs':[{'~:id':'^0'}]}", "docs[0].id: expected a string" },
	{ "{'~:docs':[{'~:id':'a:1','~:op':'~uaaaa'}]}", "docs[0].op: expected a string" },
	{ "{'~:docs':[{'~:id':'a:1','~:base':'~n5'}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'~:docs':[{'~:id':'a:1','~:base':'~i-5'}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'~:docs':[{'~:id':'a:1','~:base':'~i'}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'~:docs':[{'~:id':'a:1','~:base':'~i9223372036854775808'}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'~:docs':[{'~:id':'a:1','~:value':'^9'}]}", "docs[0].value: unknown cache code" },
	{ "{'~:docs':[{'~:id':'a:1','~:value':'~ix'}]}", "docs[0].value: " },
	{ "{'~:docs':[{'~:id':'a:1','~:other':'^9'}]}", "docs[0]: unknown cache code" },
	{ "{'~:docs':[{'~:id':'a:1','~:value':1,'~:deleted':'~?x'}]}", "docs[0].deleted: expected true or false" },
};

static void what_is_not_transit_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(transit_refusals); i++)
		expect_refused(ENCODING_TRANSIT, transit_refusals[i].message, LIMIT, RC_MALFORMED, transit_refusals[i].why);
	/* Keywords are no names in JSON. */
	expect_refused(ENCODING_JSON, "{'~:docs':[]}", LIMIT, RC_MALFORMED, "docs: missing");
}

/* ---- Limits ---------------------------------------------------------------------------------------------------------------------- */

static void put_doc(struct buf *out, const char *id, const char *op)
{
	buf_putf(out, "{'docs':[{'id':'%s','value':1,'op':'%s'}]}", id, op);
	buf_put_byte(out, 0);
}

static void ids_and_ops_have_a_length(void **state)
{
	struct edits edits;
	struct reason why;
	struct buf message = BUF_EMPTY;
	char id[DOCID_MAX + 2] = "a:", op[OP_MAX + 2];

	(void)state;
	memset(id + 2, 'x', sizeof(id) - 2);
	memset(op, 'x', sizeof(op));
	for (size_t id_over = 0; id_over < 2; id_over++) {
		for (size_t op_over = 0; op_over < 2; op_over++) {
			id[DOCID_MAX + id_over] = 0;
			op[OP_MAX + op_over] = 0;
			buf_clear(&message);
			put_doc(&message, id, op);
			assert_int_equal(parse(ENCODING_JSON, message.data, LIMIT, &edits, &why),
					 id_over || op_over ? RC_MALFORMED : RC_OK);
			if (id_over)
				assert_string_equal(why.text, "docs[0].id: must be GROUP:REST, both parts non-empty, 512 bytes at most, "
							      "no control characters");
			else if (op_over)
				assert_string_equal(why.text, "docs[0].op: must be 1 to 64 bytes long");
			else
				assert_int_equal(edits.all[0].op.len, OP_MAX);
			edits_clear(&edits);
			id[DOCID_MAX] = op[OP_MAX] = 'x';
		}
	}
	buf_free(&message);
}

/* A code of two bytes may stand for a keyword of a hundred. */
static void codes_cannot_make_a_small_body_large(void **state)
{
	struct buf message = BUF_EMPTY;
	struct edits edits;
	struct reason why;
	char key[101];
	size_t size;

	(void)state;
	memset(key, 'k', 100);
	key[100] = 0;
	buf_putf(&message, "{'~:docs':[{'~:id':'a:1','~:value':['~:%s'", key);
	for (int i = 0; i < 99; i++)
		buf_put_text(&message, ",'^3'");
	buf_put_text(&message, "]}]}");
	buf_put_byte(&message, 0);
	/* id, then [ and 100 of '~:k...', */
	size = 3 + 1 + 100 * 105;
	assert_int_equal(parse(ENCODING_TRANSIT, message.data, size, &edits, &why), RC_OK);
	assert_int_equal(edits.all[0].value.len, size - 3);
	edits_clear(&edits);
	expect_refused(ENCODING_TRANSIT, message.data, size - 1, RC_TOO_LARGE, "docs[0].value: values larger than allowed");
	buf_free(&message);
}

static void the_limit_is_of_all_documents_together(void **state)
{
	static const char message[] = "{'docs':[{'id':'a:1','value':'123456'},{'id':'a:2','value':'123456'}]}";
	struct edits edits;
	struct reason why;

	(void)state;
	assert_int_equal(parse(ENCODING_JSON, message, 22, &edits, &why), RC_OK);
	edits_clear(&edits);
	expect_refused(ENCODING_JSON, message, 21, RC_TOO_LARGE, "docs[1].value: values larger than allowed");
	expect_refused(ENCODING_JSON, message, 13, RC_TOO_LARGE, "docs[1].id: values larger than allowed");
	expect_refused(ENCODING_JSON, message, 2, RC_TOO_LARGE, "docs[0].id: values larger than allowed");
}

static void values_may_not_be_too_deep(void **state)
{
	struct buf message = BUF_EMPTY;

	(void)state;
	buf_put_text(&message, "{'docs':[{'id':'a:1','value':");
	for (int i = 0; i < TRANSIT_DEPTH_MAX; i++)
		buf_put_byte(&message, '[');
	buf_put_byte(&message, 0);
	expect_refused(ENCODING_JSON, message.data, LIMIT, RC_MALFORMED, "docs[0].value: nested deeper than 100");
	buf_free(&message);
}

/* ---- Many -------------------------------------------------------------------------------------------------------------------------- */

#define MANY 20000

static void put_many(struct buf *out, size_t twin)
{
	buf_clear(out);
	buf_put_text(out, "{\"docs\":[");
	for (size_t i = 0; i < MANY; i++)
		buf_putf(out, "%s{\"id\":\"a:%zu\",\"base\":%zu,\"value\":{\"n\":%zu}}", i ? "," : "",
			 i == MANY - 1 ? twin : i * 7919 % MANY, i, i);
	buf_put_text(out, "]}");
}

static void thousands_of_documents_are_read(void **state)
{
	struct buf message = BUF_EMPTY;
	struct edits edits;
	struct reason why;
	char text[64];

	(void)state;
	put_many(&message, (MANY - 1) * (size_t)7919 % MANY);
	assert_int_equal(edits_parse(ENCODING_JSON, buf_slice(&message), 4 * message.len, &edits, &why), RC_OK);
	assert_int_equal(edits.count, MANY);
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(text, sizeof(text), "a:%zu", i * 7919 % MANY);
		assert_true(slice_is(edits.all[i].id, text));
		assert_int_equal(edits.all[i].base, i);
		(void)snprintf(text, sizeof(text), "{\"n\":%zu}", i);
		assert_true(slice_is(edits.all[i].value, text));
	}
	edits_clear(&edits);
	put_many(&message, 3 * 7919 % MANY);
	assert_int_equal(edits_parse(ENCODING_JSON, buf_slice(&message), 4 * message.len, &edits, &why), RC_MALFORMED);
	assert_string_equal(why.text, "docs[19999].id: the same as docs[3].id");
	edits_clear(&edits);
	buf_free(&message);
}

/* ---- Damaged ----------------------------------------------------------------------------------------------------------------------- */

static const char *const whole[] = {
	[ENCODING_JSON] = full,
	[ENCODING_TRANSIT] = "['^ ','~:docs',[['^ ','~:id','a:1','~:value',['^ ','~:title','~:buy','~:deleted',['~#set',['~i7']]]],"
			     "['^ ','^1','a:2','^2',['^3','^4',['^ ','^3','^0'],['^6',[]]],'~:base','~i3'],"
			     "['^ ','^1','a:3','^5',true,'~:op','o','^7',1]],'~:atomic',false]",
};

static void no_beginning_of_a_push_is_one(void **state)
{
	char room[1000];

	(void)state;
	for (int encoding = ENCODING_JSON; encoding <= ENCODING_TRANSIT; encoding++) {
		struct edits edits = read_well((enum encoding)encoding, whole[encoding]);

		edits_clear(&edits);
		for (size_t len = 0; len < strlen(whole[encoding]); len++) {
			memcpy(room, whole[encoding], len);
			room[len] = 0;
			assert_int_not_equal(parse((enum encoding)encoding, room, LIMIT, &edits, &(struct reason){ "" }), RC_OK);
			edits_clear(&edits);
		}
	}
}

/* Whatever comes, it is either read by the rules or refused with a reason; the sanitizers see the rest. EDITS_SEED and EDITS_ROUNDS in
 * the environment run another sequence, or a longer one. */
static void damaged_pushes_do_no_harm(void **state)
{
	const char *seed = getenv("EDITS_SEED"), *rounds = getenv("EDITS_ROUNDS");
	unsigned dice = seed ? (unsigned)atoi(seed) : 20260103;
	char room[1000];
	struct edits edits;
	struct reason why;

	(void)state;
	for (int i = 0; i < (rounds ? atoi(rounds) : 20000); i++) {
		enum encoding encoding = i % 2 ? ENCODING_JSON : ENCODING_TRANSIT;
		struct slice text = unquote(whole[encoding], room, sizeof(room));

		for (int changes = rand_r(&dice) % 4; changes >= 0; changes--) {
			size_t at = (size_t)rand_r(&dice) % text.len, from = (size_t)rand_r(&dice) % text.len;

			room[at] = rand_r(&dice) % 2 ? room[from] : (char)rand_r(&dice);
		}
		why.text[0] = 0;
		if (edits_parse(encoding, text, LIMIT, &edits, &why) == RC_OK) {
			for (size_t j = 0; j < edits.count; j++) {
				assert_true(docid_is_valid(edits.all[j].id));
				assert_true(edits.all[j].op.len <= OP_MAX);
				assert_int_equal(edits.all[j].value.len == 0, edits.all[j].deleted);
			}
		} else {
			assert_true(why.text[0] != 0);
		}
		edits_clear(&edits);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read_in_either_encoding),
		cmocka_unit_test(cache_codes_reach_across_documents),
		cmocka_unit_test(what_is_right_is_read),
		cmocka_unit_test(escapes_in_names_ids_and_ops_are_undone),
		cmocka_unit_test(what_is_wrong_is_refused_by_its_field),
		cmocka_unit_test(the_byte_is_told),
		cmocka_unit_test(what_is_not_transit_is_refused),
		cmocka_unit_test(ids_and_ops_have_a_length),
		cmocka_unit_test(codes_cannot_make_a_small_body_large),
		cmocka_unit_test(the_limit_is_of_all_documents_together),
		cmocka_unit_test(values_may_not_be_too_deep),
		cmocka_unit_test(thousands_of_documents_are_read),
		cmocka_unit_test(no_beginning_of_a_push_is_one),
		cmocka_unit_test(damaged_pushes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
