/* Tests of worker/http/byte_range.c: RFC 9110, section 14. */
#include "base/array.h"
#include "worker/http/byte_range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	const char *field;
	uint64_t size;
	enum byte_range range;
	uint64_t from, len;
} fields[] = {
	{ "bytes=0-0", 10, BYTE_RANGE_PART, 0, 1 },
	{ "bytes=00-005", 10, BYTE_RANGE_PART, 0, 6 },
	{ "bytes=0-9", 10, BYTE_RANGE_PART, 0, 10 },
	{ "bytes=0-10", 10, BYTE_RANGE_PART, 0, 10 },
	{ "bytes=3-", 10, BYTE_RANGE_PART, 3, 7 },
	{ "bytes=9-", 10, BYTE_RANGE_PART, 9, 1 },
	{ "bytes=-1", 10, BYTE_RANGE_PART, 9, 1 },
	{ "bytes=-10", 10, BYTE_RANGE_PART, 0, 10 },
	{ "bytes=-11", 10, BYTE_RANGE_PART, 0, 10 },
	{ "Bytes= 2-4 ", 10, BYTE_RANGE_PART, 2, 3 },
	{ "bytes=5-18446744073709551615", 10, BYTE_RANGE_PART, 5, 5 },
	{ "bytes=5-99999999999999999999999", 10, BYTE_RANGE_PART, 5, 5 },
	{ "bytes=4294967296-", 4294967297, BYTE_RANGE_PART, 4294967296, 1 },
	{ "bytes=10-", 10, BYTE_RANGE_UNSATISFIABLE, 0, 0 },
	{ "bytes=10-20", 10, BYTE_RANGE_UNSATISFIABLE, 0, 0 },
	{ "bytes=0-", 0, BYTE_RANGE_UNSATISFIABLE, 0, 0 },
	{ "bytes=-5", 0, BYTE_RANGE_UNSATISFIABLE, 0, 0 },
	{ "bytes=-0", 10, BYTE_RANGE_UNSATISFIABLE, 0, 0 },
	{ "bytes=99999999999999999999999-", 10, BYTE_RANGE_UNSATISFIABLE, 0, 0 },
	{ NULL, 10, BYTE_RANGE_NONE, 0, 0 },
	{ "", 10, BYTE_RANGE_NONE, 0, 0 },
	{ "bytes", 10, BYTE_RANGE_NONE, 0, 0 },
	{ "bytes=", 10, BYTE_RANGE_NONE, 0, 0 },
	{ "bytes=-", 10, BYTE_RANGE_NONE, 0, 0 },
	{ "bytes=5", 10, BYTE_RANGE_NONE, 0, 0 },
	{ "bytes=5-4", 10, BYTE_RANGE_NONE, 0, 0 },
	{ "bytes=a-4", 10, BYTE_RANGE_NONE, 0, 0 },
	{ "bytes=4-a", 10, BYTE_RANGE_NONE, 0, 0 },
	{ "bytes=+1-4", 10, BYTE_RANGE_NONE, 0, 0 },
	{ "bytes=1 - 4", 10, BYTE_RANGE_NONE, 0, 0 },
	{ "bytes=1--4", 10, BYTE_RANGE_NONE, 0, 0 },
	{ "bytes=0-1,3-4", 10, BYTE_RANGE_NONE, 0, 0 },
	{ "lines=0-1", 10, BYTE_RANGE_NONE, 0, 0 },
};

static void a_range_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++) {
		uint64_t from = 0, len = 0;
		enum byte_range range =
			byte_range_parse(fields[i].field, fields[i].size, &from, &len);

		if (range != fields[i].range || from != fields[i].from || len != fields[i].len)
			fail_msg("%s: %d, %ju bytes from %ju",
				 fields[i].field ? fields[i].field : "-", range, (uintmax_t)len,
				 (uintmax_t)from);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
