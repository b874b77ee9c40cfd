/* Tests of worker/push_body.c: refused bodies, and the field that is named. */
#include "store/docid.h"
#include "t/unit/push_body_kit.h"

#include <stdio.h>

/* The beginning of the reason; the byte is left out if it differs between the
 * encodings. */
static const struct refusal {
	const char *message, *err;
} refusals[] = {
	/* The whole. */
	{ "", "body: unexpected end of the text at byte 0" },
	{ " ", "body: unexpected end of the text at byte 1" },
	{ "[]", "body: expected an object at byte 0" },
	{ "null", "body: expected an object at byte 0" },
	{ "'docs'", "body: expected an object at byte 0" },
	{ "{", "body: unexpected end of the text at byte 1" },
	{ "\xef\xbb\xbf{'docs':[]}", "body: expected an object at byte 0" },
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
	{ "{'docs':[1]}", "docs[0]: expected an object" },
	{ "{'docs':[null]}", "docs[0]: expected an object" },
	{ "{'docs':[[]]}", "docs[0]: expected an object" },
	{ "{'docs':[{}]}", "docs[0].id: missing" },
	{ "{'docs':[{'id':'a:1','value':1}{}]}", "docs[1]: expected , or ]" },
	{ "{'docs':[{'id':'a:1','value':1},]}", "docs[1]: expected an object" },
	{ "{'docs':[{'id':'a:1','value':1},{'id':'a:2','value':1},{'id':'a:3','value':1},4]}",
	  "docs[3]: expected an object" },
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
	{ "{'docs':[{'id':'a:1','value':1},{'id':'a:1','value':1}]}",
	  "docs[1].id: the same as docs[0].id" },
	{ "{'docs':[{'id':'b:1','value':1},{'id':'a:1','value':1},{'id':'a:\\u0031','deleted':true}"
	  ",{'id':'b:1','value':1},"
	  "{'id':'a:1','value':1}]}",
	  "docs[2].id: the same as docs[1].id" },
	/* base */
	{ "{'docs':[{'id':'a:1','base':-1}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':1.0}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':1e0}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':9223372036854775808}]}",
	  "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':99999999999999999999999}]}",
	  "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':null}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':true}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':'1'}]}", "docs[0].base: expected a non-negative integer" },
	{ "{'docs':[{'id':'a:1','base':01}]}", "docs[0].base: number with a leading zero" },
	{ "{'docs':[{'id':'a:1','base':1,'base':1}]}", "docs[0].base: given more than once" },
	{ "{'docs':[{'id':'a:1','value':1},{'id':'a:2','value':1},{'id':'a:3','value':1},{'id':'a:"
	  "4','base':'x','value':1}]}",
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
	{ "{'docs':[{'id':'a:1','deleted':true,'value':1}]}",
	  "docs[0].value: a deletion has none" },
	{ "{'docs':[{'id':'a:1','value':null,'deleted':true}]}",
	  "docs[0].value: a deletion has none" },
	{ "{'docs':[{'id':'a:1','value':1,'value':1}]}", "docs[0].value: given more than once" },
	{ "{'docs':[{'id':'a:1','value':nul}]}", "docs[0].value: expected a value" },
	{ "{'docs':[{'id':'a:1','value':[1,}]}", "docs[0].value: expected a value" },
	{ "{'docs':[{'id':'a:1','value':{'x':'\xed\xa0\x80'}}]}", "docs[0].value: not UTF-8" },
	{ "{'docs':[{'id':'a:1','deleted':1}]}", "docs[0].deleted: expected true or false" },
	{ "{'docs':[{'id':'a:1','deleted':null}]}", "docs[0].deleted: expected true or false" },
	{ "{'docs':[{'id':'a:1','deleted':'true'}]}", "docs[0].deleted: expected true or false" },
	{ "{'docs':[{'id':'a:1','deleted':true,'deleted':true}]}",
	  "docs[0].deleted: given more than once" },
};

/* Transit has maps where JSON has objects. */
static void reason_in_transit(const char *reason, char out[200])
{
	static const char object[] = "an object";
	const char *at = strstr(reason, object);

	if (at)
		(void)snprintf(out, 200, "%.*sa map%s", (int)(at - reason), reason,
			       at + sizeof(object) - 1);
	else
		(void)snprintf(out, 200, "%s", reason);
}

static void what_is_wrong_is_refused_by_its_field(void **state)
{
	char transit[1000], reason[200];

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		expect_refused(ENCODING_JSON, refusals[i].message, LIMIT, RC_MALFORMED,
			       refusals[i].err);
		to_transit(refusals[i].message, transit, sizeof(transit));
		reason_in_transit(refusals[i].err, reason);
		expect_refused(ENCODING_TRANSIT, transit, LIMIT, RC_MALFORMED, reason);
	}
}

static void the_byte_is_told(void **state)
{
	(void)state;
	expect_refused(ENCODING_JSON, "{'docs':[{'id':'a:1','base':-1}]}", LIMIT, RC_MALFORMED,
		       "docs[0].base: expected a non-negative integer at byte 28");
	expect_refused(ENCODING_JSON, "{'docs':[{'id':'a:1','value':[1,2,x]}]}", LIMIT,
		       RC_MALFORMED, "docs[0].value: expected a value at byte 34");
}

/* Only in Transit. */
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
	{ "{'~:docs':[{'~:id':'a:1','~:base':'~n5'}]}",
	  "docs[0].base: expected a non-negative integer" },
	{ "{'~:docs':[{'~:id':'a:1','~:base':'~i-5'}]}",
	  "docs[0].base: expected a non-negative integer" },
	{ "{'~:docs':[{'~:id':'a:1','~:base':'~i'}]}",
	  "docs[0].base: expected a non-negative integer" },
	{ "{'~:docs':[{'~:id':'a:1','~:base':'~i9223372036854775808'}]}",
	  "docs[0].base: expected a non-negative integer" },
	{ "{'~:docs':[{'~:id':'a:1','~:value':'^9'}]}", "docs[0].value: unknown cache code" },
	{ "{'~:docs':[{'~:id':'a:1','~:value':'~ix'}]}", "docs[0].value: " },
	{ "{'~:docs':[{'~:id':'a:1','~:other':'^9'}]}", "docs[0]: unknown cache code" },
	{ "{'~:docs':[{'~:id':'a:1','~:value':1,'~:deleted':'~?x'}]}",
	  "docs[0].deleted: expected true or false" },
};

static void what_is_not_transit_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(transit_refusals); i++)
		expect_refused(ENCODING_TRANSIT, transit_refusals[i].message, LIMIT, RC_MALFORMED,
			       transit_refusals[i].err);
	/* Keywords are no names in JSON. */
	expect_refused(ENCODING_JSON, "{'~:docs':[]}", LIMIT, RC_MALFORMED, "docs: missing");
}

/* ---- Limits ---- */

static void put_doc(struct buf *out, const char *id, const char *op)
{
	buf_putf(out, "{'docs':[{'id':'%s','value':1,'op':'%s'}]}", id, op);
	buf_put_byte(out, 0);
}

static void ids_and_ops_have_a_length(void **state)
{
	struct push_body edits;
	struct error err;
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
			assert_int_equal(parse(ENCODING_JSON, message.data, LIMIT, &edits, &err),
					 id_over || op_over ? RC_MALFORMED : RC_OK);
			if (id_over)
				assert_string_equal(err.text,
						    "docs[0].id: must be GROUP:REST, both parts "
						    "non-empty, 512 bytes at most, "
						    "no control characters");
			else if (op_over)
				assert_string_equal(err.text,
						    "docs[0].op: must be 1 to 64 bytes long");
			else
				assert_int_equal(edits.all[0].op.len, OP_MAX);
			push_body_clear(&edits);
			id[DOCID_MAX] = op[OP_MAX] = 'x';
		}
	}
	buf_free(&message);
}

/* A code of two bytes may stand for a keyword of a hundred. */
static void codes_cannot_make_a_small_body_large(void **state)
{
	struct buf message = BUF_EMPTY;
	struct push_body edits;
	struct error err;
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
	assert_int_equal(parse(ENCODING_TRANSIT, message.data, size, &edits, &err), RC_OK);
	assert_int_equal(edits.all[0].value.len, size - 3);
	push_body_clear(&edits);
	expect_refused(ENCODING_TRANSIT, message.data, size - 1, RC_TOO_LARGE,
		       "docs[0].value: values larger than allowed");
	buf_free(&message);
}

static void the_limit_is_of_all_documents_together(void **state)
{
	static const char message[] =
		"{'docs':[{'id':'a:1','value':'123456'},{'id':'a:2','value':'123456'}]}";
	struct push_body edits;
	struct error err;

	(void)state;
	assert_int_equal(parse(ENCODING_JSON, message, 22, &edits, &err), RC_OK);
	push_body_clear(&edits);
	expect_refused(ENCODING_JSON, message, 21, RC_TOO_LARGE,
		       "docs[1].value: values larger than allowed");
	expect_refused(ENCODING_JSON, message, 13, RC_TOO_LARGE,
		       "docs[1].id: values larger than allowed");
	expect_refused(ENCODING_JSON, message, 2, RC_TOO_LARGE,
		       "docs[0].id: values larger than allowed");
}

static void values_may_not_be_too_deep(void **state)
{
	struct buf message = BUF_EMPTY;

	(void)state;
	buf_put_text(&message, "{'docs':[{'id':'a:1','value':");
	for (int i = 0; i < TRANSIT_DEPTH_MAX; i++)
		buf_put_byte(&message, '[');
	buf_put_byte(&message, 0);
	expect_refused(ENCODING_JSON, message.data, LIMIT, RC_MALFORMED,
		       "docs[0].value: nested deeper than 100");
	buf_free(&message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_refused_by_its_field),
		cmocka_unit_test(the_byte_is_told),
		cmocka_unit_test(what_is_not_transit_is_refused),
		cmocka_unit_test(ids_and_ops_have_a_length),
		cmocka_unit_test(codes_cannot_make_a_small_body_large),
		cmocka_unit_test(the_limit_is_of_all_documents_together),
		cmocka_unit_test(values_may_not_be_too_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
