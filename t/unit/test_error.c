/* Tests of base/error.c and base/rc.c. */
#include "base/array.h"
#include "base/error.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

static void an_error_is_formatted_and_the_result_returned(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(error_set(&err, RC_DENIED, "%s: %d", "docs", 7), RC_DENIED);
	assert_string_equal(err.text, "docs: 7");
	assert_int_equal(error_set(NULL, RC_IO, "%s", "unheard"), RC_IO);
}

static void a_long_error_is_truncated_between_characters(void **state)
{
	static const char *const characters[] = { "a", "\xc3\xa4", "\xe2\x82\xac",
						  "\xf0\x9f\x98\x80" };
	struct error err;
	char text[1000];

	(void)state;
	for (size_t i = 0; i < COUNT(characters); i++) {
		size_t size = strlen(characters[i]);

		for (size_t lead = 0; lead < 5; lead++) {
			memset(text, '-', lead);
			for (size_t at = lead; at < 900; at += size)
				memcpy(text + at, characters[i], size + 1);
			assert_int_equal(error_set(&err, RC_IO, "%s", text), RC_IO);
			assert_true(text_is_utf8(slice_of(err.text)));
			assert_true(strlen(err.text) > sizeof(err.text) - 1 - size);
			assert_memory_equal(err.text, text, strlen(err.text));
		}
	}
}

/* Invalid UTF-8 stays invalid, except at the end. */
static void a_long_error_may_contain_any_bytes(void **state)
{
	struct error err;
	char text[1000];

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		memset(text, byte, sizeof(text) - 1);
		text[sizeof(text) - 1] = 0;
		assert_int_equal(error_set(&err, RC_IO, "%s", text), RC_IO);
		assert_in_range(strlen(err.text), sizeof(err.text) - 6, sizeof(err.text) - 1);
	}
}

static void every_result_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (enum rc rc = RC_OK; rc < RC_COUNT; rc++) {
		assert_string_not_equal(rc_name(rc), "unknown");
		for (enum rc other = RC_OK; other < rc; other++)
			assert_string_not_equal(rc_name(rc), rc_name(other));
	}
	assert_int_equal(rc_of_errno(ENOSPC), RC_FULL);
	assert_int_equal(rc_of_errno(EDQUOT), RC_FULL);
	assert_int_equal(rc_of_errno(EFBIG), RC_FULL);
	assert_int_equal(rc_of_errno(EROFS), RC_READ_ONLY);
	assert_int_equal(rc_of_errno(EIO), RC_IO);
	assert_string_equal(rc_name(RC_COUNT), "unknown");
	assert_string_equal(rc_name((enum rc)4711), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_is_formatted_and_the_result_returned),
		cmocka_unit_test(a_long_error_is_truncated_between_characters),
		cmocka_unit_test(a_long_error_may_contain_any_bytes),
		cmocka_unit_test(every_result_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
