/* Bodies of pushes: what they become, and that every refusal names its field. */
#include "worker/edits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define LIMIT 100000

static enum rc parse(enum encoding encoding, const char *body, struct edits *edits, struct reason *why)
{
	why->text[0] = 0;
	return edits_parse(encoding, slice_of(body), LIMIT, edits, why);
}

static void refused(enum encoding encoding, const char *body, const char *detail)
{
	struct edits edits;
	struct reason why;

	assert_int_equal(parse(encoding, body, &edits, &why), RC_MALFORMED);
	if (strncmp(why.text, detail, strlen(detail)) != 0)
		print_error("%s\n%s\n", body, why.text);
	assert_memory_equal(why.text, detail, strlen(detail));
	edits_clear(&edits);
}

static void assert_text(struct slice got, const char *wanted)
{
	assert_int_equal(got.len, strlen(wanted));
	assert_memory_equal(got.data, wanted, got.len);
}

static void fields_come_in_any_order(void **state)
{
	struct edits edits;
	struct reason why;

	(void)state;
	assert_int_equal(
		parse(ENCODING_JSON,
		      " { \"x\" : [1,{}], \"docs\" : [ { \"value\":{\"a\":\"~b\"}, \"other\":null, \"id\":\"g:1\" },"
		      "{\"op\":\"o1\",\"id\":\"g:h:2\",\"base\":7,\"deleted\":true}, {\"id\":\"g:3\",\"deleted\":false,\"value\":null}],"
		      "\"atomic\":true } ",
		      &edits, &why),
		RC_OK);
	assert_int_equal(edits.count, 3);
	assert_true(edits.atomic);
	assert_text(edits.all[0].id, "g:1");
	assert_text(edits.all[0].value, "{\"a\":\"~~b\"}");
	assert_false(edits.all[0].plain);
	assert_int_equal(edits.all[0].base, 0);
	assert_int_equal(edits.all[0].op.len, 0);
	assert_text(edits.all[1].id, "g:h:2");
	assert_text(edits.all[1].op, "o1");
	assert_int_equal(edits.all[1].base, 7);
	assert_true(edits.all[1].deleted);
	assert_int_equal(edits.all[1].value.len, 0);
	assert_false(edits.all[2].deleted);
	assert_text(edits.all[2].value, "null");
	assert_true(edits.all[2].plain);
	edits_clear(&edits);
}

static void codes_reach_across_documents(void **state)
{
	struct edits edits;
	struct reason why;

	(void)state;
	assert_int_equal(parse(ENCODING_TRANSIT,
			       "[\"^ \",\"~:docs\",[[\"^ \",\"~:id\",\"g:1\",\"~:value\",[\"~:keyword\",\"~$symbol\"]],"
			       "[\"^ \",\"^1\",\"g:2\",\"^2\",[\"^3\",\"^4\"]],{\"~:id\":\"~~g:3\",\"~:base\":\"~i5\",\"~:value\":1}]]",
			       &edits, &why),
			 RC_OK);
	assert_int_equal(edits.count, 3);
	assert_text(edits.all[1].id, "g:2");
	assert_text(edits.all[1].value, "[\"~:keyword\",\"~$symbol\"]");
	assert_text(edits.all[2].id, "~g:3");
	assert_int_equal(edits.all[2].base, 5);
	edits_clear(&edits);
}

static void refusals_name_their_field(void **state)
{
	static const struct {
		const char *body, *detail;
	} rows[] = {
		{ "", "body: " },
		{ "[]", "body: " },
		{ "null", "body: " },
		{ "{\"docs\":[]", "body: " },
		{ "{\"docs\":[]}{}", "body: " },
		{ "{}", "docs: missing" },
		{ "{\"atomic\":false}", "docs: missing" },
		{ "{\"docs\":{}}", "docs: " },
		{ "{\"docs\":[],\"docs\":[]}", "docs: given more than once" },
		{ "{\"docs\":[],\"atomic\":null}", "atomic: " },
		{ "{\"docs\":[],\"atomic\":true,\"atomic\":true}", "atomic: given more than once" },
		{ "{\"docs\":[null]}", "docs[0]: " },
		{ "{\"docs\":[{}]}", "docs[0].id: missing" },
		{ "{\"docs\":[{\"id\":\"a:1\",\"value\":1},{\"value\":1}]}", "docs[1].id: missing" },
		{ "{\"docs\":[{\"id\":\"a:1\"}]}", "docs[0].value: missing" },
		{ "{\"docs\":[{\"id\":\"a:1\",\"deleted\":false}]}", "docs[0].value: missing" },
		{ "{\"docs\":[{\"id\":\"a:1\",\"deleted\":true,\"value\":1}]}", "docs[0].value: a deletion has none" },
		{ "{\"docs\":[{\"id\":null,\"value\":1}]}", "docs[0].id: " },
		{ "{\"docs\":[{\"id\":\"a\",\"value\":1}]}", "docs[0].id: must be" },
		{ "{\"docs\":[{\"id\":\":a\",\"value\":1}]}", "docs[0].id: must be" },
		{ "{\"docs\":[{\"id\":\"a:\",\"value\":1}]}", "docs[0].id: must be" },
		{ "{\"docs\":[{\"id\":\"a:\\u007f\",\"value\":1}]}", "docs[0].id: must be" },
		{ "{\"docs\":[{\"id\":\"a:1\",\"id\":\"a:1\",\"value\":1}]}", "docs[0].id: given more than once" },
		{ "{\"docs\":[{\"id\":\"a:1\",\"base\":null,\"value\":1}]}", "docs[0].base: " },
		{ "{\"docs\":[{\"id\":\"a:1\",\"base\":1e3,\"value\":1}]}", "docs[0].base: " },
		{ "{\"docs\":[{\"id\":\"a:1\",\"base\":9223372036854775808,\"value\":1}]}", "docs[0].base: " },
		{ "{\"docs\":[{\"id\":\"a:1\",\"op\":\"\",\"value\":1}]}", "docs[0].op: must be" },
		{ "{\"docs\":[{\"id\":\"a:1\",\"op\":[],\"value\":1}]}", "docs[0].op: " },
		{ "{\"docs\":[{\"id\":\"a:1\",\"deleted\":\"true\"}]}", "docs[0].deleted: " },
		{ "{\"docs\":[{\"id\":\"a:1\",\"value\":[1,]}]}", "docs[0].value: " },
		{ "{\"docs\":[{\"id\":\"a:1\",\"value\":1,\"x\":tru}]}", "docs[0]: " },
		{ "{\"docs\":[{\"id\":\"a:1\",\"value\":1},{\"id\":\"b:1\",\"value\":1},{\"id\":\"a:1\",\"value\":1}]}",
		  "docs[2].id: the same as docs[0].id" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused(ENCODING_JSON, rows[i].body, rows[i].detail);
	refused(ENCODING_TRANSIT, "{\"docs\":[]}", "body: ");
	refused(ENCODING_TRANSIT, "[\"^ \",\"~:docs\",[[\"^ \",\"~:id\",\"~:a:1\",\"~:value\",1]]]", "docs[0].id: ");
	refused(ENCODING_TRANSIT, "[\"^ \",\"~:docs\",[[\"^ \",\"~:id\",\"a:1\",\"^7\",1]]]", "docs[0]: ");
}

static void limits_are_exact(void **state)
{
	char body[1200];
	struct edits edits;
	struct reason why;

	(void)state;
	for (int over = 0; over < 2; over++) {
		(void)snprintf(body, sizeof(body), "{\"docs\":[{\"id\":\"a:%0*d\",\"value\":1}]}", 510 + over, 0);
		assert_int_equal(parse(ENCODING_JSON, body, &edits, &why), over ? RC_MALFORMED : RC_OK);
		edits_clear(&edits);
		(void)snprintf(body, sizeof(body), "{\"docs\":[{\"id\":\"a:1\",\"op\":\"%0*d\",\"value\":1}]}", 64 + over, 0);
		assert_int_equal(parse(ENCODING_JSON, body, &edits, &why), over ? RC_MALFORMED : RC_OK);
		edits_clear(&edits);
	}
}

static void a_small_body_cannot_become_a_large_one(void **state)
{
	struct buf body = BUF_EMPTY;
	struct edits edits;
	struct reason why;

	(void)state;
	buf_putf(&body, "[\"^ \",\"~:docs\",[[\"^ \",\"~:id\",\"a:1\",\"~:value\",[\"~:%01000d\"", 0);
	for (int i = 0; i < 1000; i++)
		buf_put_text(&body, ",\"^3\"");
	buf_put_text(&body, "]]]]");
	assert_int_equal(edits_parse(ENCODING_TRANSIT, buf_slice(&body), LIMIT, &edits, &why), RC_TOO_LARGE);
	assert_memory_equal(why.text, "docs[0].value: ", 15);
	assert_true(edits.text.cap < 4 * LIMIT);
	edits_clear(&edits);
	assert_int_equal(edits_parse(ENCODING_TRANSIT, buf_slice(&body), 2000000, &edits, &why), RC_OK);
	edits_clear(&edits);
	buf_free(&body);
}

static void many_documents_are_told_apart(void **state)
{
	struct buf body = BUF_EMPTY;
	struct edits edits;
	struct reason why;

	(void)state;
	buf_put_text(&body, "{\"docs\":[");
	for (int i = 0; i < 20000; i++)
		buf_putf(&body, "{\"id\":\"many:%d\",\"value\":%d},", i, i);
	buf_put_text(&body, "{\"id\":\"many:12345\",\"deleted\":true}]}");
	assert_int_equal(edits_parse(ENCODING_JSON, buf_slice(&body), LIMIT * 100, &edits, &why), RC_MALFORMED);
	assert_string_equal(why.text, "docs[20000].id: the same as docs[12345].id");
	edits_clear(&edits);
	body.data[body.len - 20] = 'x';
	assert_int_equal(edits_parse(ENCODING_JSON, buf_slice(&body), LIMIT * 100, &edits, &why), RC_OK);
	assert_int_equal(edits.count, 20001);
	assert_text(edits.all[777].value, "777");
	edits_clear(&edits);
	buf_free(&body);
}

static void a_body_that_is_cut_anywhere_is_refused(void **state)
{
	static const char *const bodies[] = {
		"{\"docs\":[{\"id\":\"a:1\",\"base\":12,\"op\":\"x\",\"value\":{\"a\":[1,\"\\u00e9\"]}}],\"atomic\":true}",
		"[\"^ \",\"~:docs\",[[\"^ \",\"~:id\",\"a:1\",\"~:value\",[\"~#set\",[\"~:key\",1]]]],\"~:atomic\",false]",
	};

	(void)state;
	for (int encoding = ENCODING_JSON; encoding <= ENCODING_TRANSIT; encoding++) {
		for (size_t len = 0; len < strlen(bodies[encoding]); len++) {
			char *copy = malloc(len + 1);
			struct edits edits;
			struct reason why;

			memcpy(copy, bodies[encoding], len);
			assert_int_equal(edits_parse((enum encoding)encoding, slice_make(copy, len), LIMIT, &edits, &why), RC_MALFORMED);
			assert_true(why.text[0] != 0);
			edits_clear(&edits);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_come_in_any_order),
		cmocka_unit_test(codes_reach_across_documents),
		cmocka_unit_test(refusals_name_their_field),
		cmocka_unit_test(limits_are_exact),
		cmocka_unit_test(a_small_body_cannot_become_a_large_one),
		cmocka_unit_test(many_documents_are_told_apart),
		cmocka_unit_test(a_body_that_is_cut_anywhere_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
