/* The maps around documents, member by member, in both encodings. */
#include "transit/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_written(struct buf *out, const char *expected)
{
	buf_put_byte(out, 0);
	assert_string_equal(out->data, expected);
	buf_free(out);
}

static struct slice text(const char *literal)
{
	return slice_make(literal, strlen(literal));
}

static void test_members_and_lists_in_json(void **state)
{
	struct buf out = BUF_EMPTY;

	(void)state;
	envelope_open(&out);
	envelope_put_text(&out, ENCODING_JSON, "group", text("a\"b"));
	envelope_open_list(&out, ENCODING_JSON, "docs");
	for (uint64_t n = 1; n <= 2; n++) {
		envelope_next(&out);
		envelope_open(&out);
		envelope_put_number(&out, ENCODING_JSON, "version", n);
		envelope_close(&out);
	}
	envelope_close_list(&out);
	envelope_put_flag(&out, ENCODING_JSON, "more", false);
	envelope_close(&out);
	assert_written(&out, "{\"group\":\"a\\\"b\",\"docs\":[{\"version\":1},{\"version\":2}],"
			     "\"more\":false}");
}

static void test_an_empty_list_in_transit(void **state)
{
	struct buf out = BUF_EMPTY;

	(void)state;
	envelope_open(&out);
	envelope_open_list(&out, ENCODING_TRANSIT, "docs");
	envelope_close_list(&out);
	envelope_put_text(&out, ENCODING_TRANSIT, "cursor", text("~x"));
	envelope_close(&out);
	assert_written(&out, "{\"~:docs\":[],\"~:cursor\":\"~~x\"}");
}

/* What follows other text in the same buffer has no comma of its own. */
static void test_documents(void **state)
{
	struct buf out = BUF_EMPTY;

	(void)state;
	assert_int_equal(
		envelope_put_doc(&out, ENCODING_JSON, text("t:1"), 3, false, text("[1]"), true),
		RC_OK);
	assert_int_equal(envelope_put_doc(&out, ENCODING_TRANSIT, text("t:2"), UINT64_MAX, true,
					  text(""), false),
			 RC_OK);
	assert_written(&out, "{\"id\":\"t:1\",\"version\":3,\"value\":[1]}"
			     "{\"~:id\":\"t:2\",\"~:version\":18446744073709551615,"
			     "\"~:deleted\":true}");
}

static void test_a_value_is_projected(void **state)
{
	struct buf out = BUF_EMPTY;

	(void)state;
	envelope_open(&out);
	assert_int_equal(
		envelope_put_content(&out, ENCODING_JSON, false, text("\"~:done\""), false), RC_OK);
	envelope_close(&out);
	assert_written(&out, "{\"value\":\"done\"}");
}

static void test_a_value_that_is_not_canonical(void **state)
{
	struct buf out = BUF_EMPTY;

	(void)state;
	assert_int_equal(
		envelope_put_doc(&out, ENCODING_JSON, text("t:1"), 1, false, text("{"), false),
		RC_CORRUPT);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_and_lists_in_json),
		cmocka_unit_test(test_an_empty_list_in_transit),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_a_value_is_projected),
		cmocka_unit_test(test_a_value_that_is_not_canonical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
