/* Tests of worker/push_body.c: valid bodies, also of many documents, and random
 * damage. */
#include "store/docid.h"
#include "t/unit/push_body_kit.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Valid bodies ---- */

static struct push_body read_well(enum encoding encoding, const char *quoted)
{
	struct push_body edits;
	struct error err;

	if (parse(encoding, quoted, LIMIT, &edits, &err) != RC_OK)
		fail_msg("%s: %s", quoted, err.text);
	return edits;
}

static void expect_slice(struct slice slice, const char *quoted)
{
	char room[1000];
	struct slice wanted = unquote(quoted, room, sizeof(room));

	if (!slice_equal(slice, wanted))
		fail_msg("%.*s, not %s", (int)slice.len, slice.data, quoted);
}

static const char full[] = "{'atomic':true,'docs':[{'id':'a:1','value':{'x':[1,2.50,'y']}},{'id':'"
			   "a:b:2','base':7,'op':'o-1','value':null},"
			   "{'deleted':true,'base':9007199254740989,'id':'a:3'},{'id':'a:4','"
			   "deleted':false,'value':'~x','base':0}]}";

static void expect_full(enum encoding encoding, const char *message)
{
	struct push_body edits = read_well(encoding, message);

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
	assert_true(edits.all[2].base == STORE_BASE_MAX);
	assert_int_equal(edits.all[2].value.len, 0);
	expect_slice(edits.all[3].value, encoding == ENCODING_JSON ? "'~~x'" : "'~x'");
	assert_false(edits.all[3].plain);
	push_body_clear(&edits);
	assert_int_equal(edits.count, 0);
	push_body_clear(&edits);
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
	struct push_body edits =
		read_well(ENCODING_TRANSIT,
			  "['^ ','~:docs',[['^ ','~:id','a:1','~:value',['^ "
			  "','~:title','~:buy','~:deleted','~$symbol']],"
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
	push_body_clear(&edits);
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
	{ "{'docs':[{'value':1,'id':'a:1'},{'id':'a:2','value':1},{'id':'a:1:','value':1},{'id':':"
	  "a:1','value':1}]}",
	  4 },
	{ "{'docs':[{'id':'A:1','value':1},{'id':'a:1','value':1},{'id':'a:1 ','value':1}]}", 3 },
	{ "{'docs':[{'id':'a:\\u0031','value':1},{'id':'a:\\ud83d\\ude00','value':1},{'id':'"
	  "\xc3\xa4:\xe2\x82\xac','value':1}]}",
	  3 },
	{ "{'docs':[{'id':'a:1','value':1,'op':'x'},{'id':'a:2','value':1,'op':'x'}]}", 2 },
	{ "{'docs':[{'id':'a:1','value':1,'op':'\\u0000'}]}", 1 },
};

static void what_is_right_is_read(void **state)
{
	struct push_body edits;
	char transit[1000];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		for (int encoding = ENCODING_JSON; encoding <= ENCODING_TRANSIT; encoding++) {
			if (encoding == ENCODING_TRANSIT && strstr(good[i].message, "'docs' :"))
				continue;
			to_transit(good[i].message, transit, sizeof(transit));
			edits = read_well((enum encoding)encoding,
					  encoding == ENCODING_JSON ? good[i].message : transit);
			assert_int_equal(edits.count, good[i].count);
			for (size_t j = 0; j < edits.count; j++)
				assert_true(docid_is_valid(edits.all[j].id));
			push_body_clear(&edits);
		}
	}
}

static void escapes_in_names_ids_and_ops_are_undone(void **state)
{
	static const char *const messages[] = {
		[ENCODING_JSON] =
			"{'d\\u006fcs':[{'\\u0069d':'~a:\\u0031\\/','op':'\\'~','value':3}]}",
		[ENCODING_TRANSIT] = "{'~:d\\u006fcs':[{'~:\\u0069d':'~~a:\\u0031\\/"
				     "','~:op':'\\'~','~:value':3}]}",
	};

	(void)state;
	for (int i = ENCODING_JSON; i <= ENCODING_TRANSIT; i++) {
		struct push_body edits = read_well((enum encoding)i, messages[i]);

		assert_int_equal(edits.count, 1);
		expect_slice(edits.all[0].id, "~a:1/");
		expect_slice(edits.all[0].op, "'~");
		push_body_clear(&edits);
	}
}

/* ---- Many documents ---- */

#define MANY 20000

static void put_many(struct buf *out, size_t twin)
{
	buf_clear(out);
	buf_put_text(out, "{\"docs\":[");
	for (size_t i = 0; i < MANY; i++)
		buf_putf(out, "%s{\"id\":\"a:%zu\",\"base\":%zu,\"value\":{\"n\":%zu}}",
			 i ? "," : "", i == MANY - 1 ? twin : i * 7919 % MANY, i, i);
	buf_put_text(out, "]}");
}

static void thousands_of_documents_are_read(void **state)
{
	struct buf message = BUF_EMPTY;
	struct push_body edits;
	struct error err;
	char text[64];

	(void)state;
	put_many(&message, (MANY - 1) * (size_t)7919 % MANY);
	assert_int_equal(
		push_body_parse(ENCODING_JSON, buf_slice(&message), 4 * message.len, &edits, &err),
		RC_OK);
	assert_int_equal(edits.count, MANY);
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(text, sizeof(text), "a:%zu", i * 7919 % MANY);
		assert_true(slice_is(edits.all[i].id, text));
		assert_int_equal(edits.all[i].base, i);
		(void)snprintf(text, sizeof(text), "{\"n\":%zu}", i);
		assert_true(slice_is(edits.all[i].value, text));
	}
	push_body_clear(&edits);
	put_many(&message, 3 * 7919 % MANY);
	assert_int_equal(
		push_body_parse(ENCODING_JSON, buf_slice(&message), 4 * message.len, &edits, &err),
		RC_MALFORMED);
	assert_string_equal(err.text, "docs[19999].id: the same as docs[3].id");
	push_body_clear(&edits);
	buf_free(&message);
}

/* ---- Damaged bodies ---- */

static const char *const whole[] = {
	[ENCODING_JSON] = full,
	[ENCODING_TRANSIT] =
		"['^ ','~:docs',[['^ ','~:id','a:1','~:value',['^ "
		"','~:title','~:buy','~:deleted',['~#set',['~i7']]]],"
		"['^ ','^1','a:2','^2',['^3','^4',['^ ','^3','^0'],['^6',[]]],'~:base','~i3'],"
		"['^ ','^1','a:3','^5',true,'~:op','o','^7',1]],'~:atomic',false]",
};

static void no_beginning_of_a_push_is_one(void **state)
{
	char room[1000];

	(void)state;
	for (int encoding = ENCODING_JSON; encoding <= ENCODING_TRANSIT; encoding++) {
		struct push_body edits = read_well((enum encoding)encoding, whole[encoding]);

		push_body_clear(&edits);
		for (size_t len = 0; len < strlen(whole[encoding]); len++) {
			memcpy(room, whole[encoding], len);
			room[len] = 0;
			assert_int_not_equal(parse((enum encoding)encoding, room, LIMIT, &edits,
						   &(struct error){ "" }),
					     RC_OK);
			push_body_clear(&edits);
		}
	}
}

/* Each is either parsed by the rules or refused with a reason; the sanitizers check the
 * rest. EDITS_SEED and EDITS_ROUNDS in the environment run another sequence, or a
 * longer one. */
static void damaged_pushes_do_no_harm(void **state)
{
	const char *seed = getenv("EDITS_SEED"), *rounds = getenv("EDITS_ROUNDS");
	unsigned dice = seed ? (unsigned)atoi(seed) : 20260103;
	char room[1000];
	struct push_body edits;
	struct error err;

	(void)state;
	for (int i = 0; i < (rounds ? atoi(rounds) : 20000); i++) {
		enum encoding encoding = i % 2 ? ENCODING_JSON : ENCODING_TRANSIT;
		struct slice text = unquote(whole[encoding], room, sizeof(room));

		for (int changes = rand_r(&dice) % 4; changes >= 0; changes--) {
			size_t at = (size_t)rand_r(&dice) % text.len,
			       from = (size_t)rand_r(&dice) % text.len;

			room[at] = rand_r(&dice) % 2 ? room[from] : (char)rand_r(&dice);
		}
		err.text[0] = 0;
		if (push_body_parse(encoding, text, LIMIT, &edits, &err) == RC_OK) {
			for (size_t j = 0; j < edits.count; j++) {
				assert_true(docid_is_valid(edits.all[j].id));
				assert_true(edits.all[j].op.len <= OP_MAX);
				assert_int_equal(edits.all[j].value.len == 0, edits.all[j].deleted);
			}
		} else {
			assert_true(err.text[0] != 0);
		}
		push_body_clear(&edits);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read_in_either_encoding),
		cmocka_unit_test(cache_codes_reach_across_documents),
		cmocka_unit_test(what_is_right_is_read),
		cmocka_unit_test(escapes_in_names_ids_and_ops_are_undone),
		cmocka_unit_test(thousands_of_documents_are_read),
		cmocka_unit_test(no_beginning_of_a_push_is_one),
		cmocka_unit_test(damaged_pushes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
