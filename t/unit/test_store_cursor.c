/* Cursors as text, and the beginnings and ends of pulls (store/rules.h). */
#include "store_kit.h"

#include "store/rules.h"

#include <stdlib.h>

static void assert_round(struct store_cursor cursor, const char *text)
{
	char out[STORE_CURSOR_TEXT_MAX];
	struct store_cursor back;
	size_t len = store_cursor_format(&cursor, out);

	assert_string_equal(out, text);
	assert_int_equal(len, strlen(text));
	assert_int_equal(store_cursor_parse(slice_of(text), &back), RC_OK);
	assert_int_equal(back.epoch, cursor.epoch);
	assert_int_equal(back.seq, cursor.seq);
	assert_int_equal(back.start, cursor.start);
	assert_int_equal(back.bound, cursor.bound);
	assert_int_equal(back.reset, cursor.reset);
}

static void round_trip(void **state)
{
	(void)state;
	assert_round((struct store_cursor){ 0 }, "0");
	assert_round((struct store_cursor){ .epoch = 1 }, "0000000000000001.0");
	assert_round((struct store_cursor){ .epoch = UINT64_C(0xfedcba9876543210), .seq = 42 },
		     "fedcba9876543210.42");
	assert_round((struct store_cursor){ .epoch = 15, .seq = 3, .start = 5, .bound = 9 },
		     "000000000000000f.3.5.9");
	assert_round((struct store_cursor){ .epoch = 15, .start = 5, .bound = 5, .reset = true },
		     "000000000000000f.0.5.5.r");
	assert_round(
		(struct store_cursor){ UINT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, true },
		"ffffffffffffffff.9223372036854775807.9223372036854775807.9223372036854775807.r");
}

static void beginning(void **state)
{
	struct store_cursor cursor = { .epoch = 7 };

	(void)state;
	assert_int_equal(store_cursor_parse(slice_of(""), &cursor), RC_OK);
	assert_int_equal(cursor.epoch, 0);
	assert_int_equal(store_cursor_parse(slice_make(NULL, 0), &cursor), RC_OK);
	assert_int_equal(cursor.epoch, 0);
}

static const char *const bad_cursors[] = {
	"1",
	"00",
	"-1",
	" ",
	"0 ",
	"000000000000000f",
	"000000000000000f.",
	"000000000000000f.x",
	"000000000000000f.1.",
	"000000000000000f.01",
	"000000000000000f.-1",
	"000000000000000f.+1",
	"000000000000000f. 1",
	"000000000000000F.1",
	"00000000000000f.1",
	"0000000000000000.1",
	"000000000000000f.9223372036854775808",
	"000000000000000f.99999999999999999999999999",
	"000000000000000f.1.2",
	"000000000000000f.1.2.0",
	"000000000000000f.1.0.0",
	"000000000000000f.1.2.3.",
	"000000000000000f.1.2.3.x",
	"000000000000000f.1.2.3.r.",
	"000000000000000f.1.2.3.r.r",
	"000000000000000f.1.2.3.r.1",
	"000000000000000f.1.2.3.4",
	"000000000000000f.1.r",
	"000000000000000f.1r",
	"000000000000000f,1",
	"000000000000000f.1\n",
};

static void malformed(void **state)
{
	struct store_cursor cursor = { .epoch = 7, .seq = 8 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad_cursors) / sizeof(bad_cursors[0]); i++)
		if (store_cursor_parse(slice_of(bad_cursors[i]), &cursor) != RC_MALFORMED)
			fail_msg("accepted: %s", bad_cursors[i]);
	assert_int_equal(store_cursor_parse(slice_make("000000000000000f.1\0", 19), &cursor),
			 RC_MALFORMED);
	assert_int_equal(cursor.epoch, 7);
	assert_int_equal(cursor.seq, 8);
}

/* What is read is what would be written: no two texts for one place, whatever bytes
 * come. */
static void any_bytes(void **state)
{
	static const char letters[] = "0123456789abcdef...r-F ";
	char text[64], again[STORE_CURSOR_TEXT_MAX];
	struct store_cursor cursor;
	unsigned accepted = 0;

	(void)state;
	srandom(1);
	for (int round = 0; round < 200000; round++) {
		size_t len = (size_t)random() % 26;

		memcpy(text, "00000000000000af.", 17);
		for (size_t i = random() % 4 ? 17 : 0; i < 17 + len; i++)
			text[i] = letters[(size_t)random() % (sizeof(letters) - 1)];
		if (store_cursor_parse(slice_make(text, 17 + len), &cursor) != RC_OK)
			continue;
		accepted++;
		assert_int_equal(store_cursor_format(&cursor, again), 17 + len);
		assert_memory_equal(again, text, 17 + len);
	}
	assert_true(accepted > 100);
}

/* ---- What was shown beyond a place ---- */

static void assert_shown(const char *from, uint64_t shown, const char *text)
{
	char out[STORE_CURSOR_TEXT_MAX];
	struct store_cursor cursor;

	assert_int_equal(store_cursor_parse(slice_of(from), &cursor), RC_OK);
	cursor = store_cursor_shown(cursor, shown);
	(void)store_cursor_format(&cursor, out);
	assert_string_equal(out, text);
}

static void cursors_with_what_was_shown(void **state)
{
	(void)state;
	assert_shown("000000000000000f.3", 0, "000000000000000f.3");
	assert_shown("000000000000000f.3", 3, "000000000000000f.3");
	assert_shown("000000000000000f.3", 4, "000000000000000f.3.3.4");
	assert_shown("000000000000000f.0", 1, "000000000000000f.0.1.1");
	assert_shown("000000000000000f.3.5.9", 9, "000000000000000f.3.5.9");
	assert_shown("000000000000000f.3.5.5.r", 9, "000000000000000f.3.5.9.r");
}

/* ---- Where a pull begins ---- */

static const struct store_state database = { .epoch = 7, .head = 100, .horizon = 20 };

static struct store_cursor begin(struct store_cursor since)
{
	struct store_cursor from;

	rules_pull_begin(&since, &database, &from);
	assert_int_equal(from.epoch, 7);
	return from;
}

static void assert_new_snapshot(struct store_cursor since, bool reset)
{
	struct store_cursor from = begin(since);

	assert_int_equal(from.seq, 0);
	assert_int_equal(from.start, 100);
	assert_int_equal(from.bound, 100);
	assert_int_equal(from.reset, reset);
}

static void assert_followed(struct store_cursor since)
{
	struct store_cursor from = begin(since);

	assert_int_equal(from.seq, since.seq);
	assert_int_equal(from.start, since.start);
	assert_int_equal(from.bound, since.bound);
	assert_int_equal(from.reset, since.reset);
}

static void pull_begins(void **state)
{
	(void)state;
	assert_new_snapshot((struct store_cursor){ .epoch = 0 }, false);
	assert_followed((struct store_cursor){ .epoch = 7, .seq = 20 });
	assert_followed((struct store_cursor){ .epoch = 7, .seq = 100 });
	assert_new_snapshot((struct store_cursor){ .epoch = 7, .seq = 19 }, true);
	assert_new_snapshot((struct store_cursor){ .epoch = 7, .seq = 101 }, true);
	assert_new_snapshot((struct store_cursor){ .epoch = 8, .seq = 50 }, true);
	/* Within a snapshot: the horizon does not count, what cannot be does. */
	assert_followed((struct store_cursor){ .epoch = 7, .seq = 5, .start = 10, .bound = 10 });
	assert_followed((struct store_cursor){
		.epoch = 7, .seq = 5, .start = 10, .bound = 90, .reset = true });
	assert_new_snapshot((struct store_cursor){ .epoch = 8, .seq = 5, .start = 10, .bound = 10 },
			    true);
	assert_new_snapshot(
		(struct store_cursor){ .epoch = 7, .seq = 5, .start = 10, .bound = 101 }, true);
	assert_new_snapshot((struct store_cursor){ .epoch = 7, .seq = 5, .start = 10, .bound = 9 },
			    true);
	assert_new_snapshot((struct store_cursor){ .epoch = 7, .seq = 5, .start = 0, .bound = 9 },
			    true);
	assert_new_snapshot(
		(struct store_cursor){ .epoch = 7, .seq = 10, .start = 10, .bound = 10 }, true);
}

/* ---- Where it ends ---- */

static void assert_end(struct store_cursor from, uint64_t left, bool more, struct store_cursor next)
{
	struct store_page page = { .count = 0 };

	rules_pull_end(&from, &database, left, &page);
	assert_int_equal(page.reset, from.reset);
	assert_int_equal(page.more, more);
	assert_int_equal(page.next.epoch, 7);
	assert_int_equal(page.next.seq, next.seq);
	assert_int_equal(page.next.start, next.start);
	assert_int_equal(page.next.bound, next.bound);
	assert_int_equal(page.next.reset, next.reset);
}

static void pull_ends(void **state)
{
	struct store_cursor plain = { .epoch = 7, .seq = 30 };
	struct store_cursor first = {
		.epoch = 7, .seq = 1, .start = 50, .bound = 50, .reset = true
	};
	struct store_cursor second = { .epoch = 7, .seq = 1, .start = 50, .bound = 80 };
	struct store_cursor old = { .epoch = 7, .seq = 1, .start = 10, .bound = 80 };

	(void)state;
	assert_end(plain, 0, false, (struct store_cursor){ .seq = 100 });
	assert_end(plain, 60, true, (struct store_cursor){ .seq = 59 });
	/* All fits. */
	assert_end(first, 0, false, (struct store_cursor){ .seq = 100 });
	/* Not yet at the bound. */
	assert_end(first, 50, true,
		   (struct store_cursor){ .seq = 49, .start = 50, .bound = 50, .reset = true });
	/* At the first bound: on to the head of this moment. */
	assert_end(first, 51, true,
		   (struct store_cursor){ .seq = 50, .start = 50, .bound = 100, .reset = true });
	assert_end(second, 80, true, (struct store_cursor){ .seq = 79, .start = 50, .bound = 80 });
	/* At the second: the end, though there is more. */
	assert_end(second, 81, false, (struct store_cursor){ .seq = 80 });
	assert_end(second, 0, false, (struct store_cursor){ .seq = 100 });
	/* A purge went past its start: the next pull must reset. */
	assert_end(old, 81, false, (struct store_cursor){ .seq = 10 });
	assert_end(old, 0, false, (struct store_cursor){ .seq = 10 });
	assert_end(old, 70, true, (struct store_cursor){ .seq = 69, .start = 10, .bound = 80 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(beginning),
		cmocka_unit_test(malformed),
		cmocka_unit_test(any_bytes),
		cmocka_unit_test(cursors_with_what_was_shown),
		cmocka_unit_test(pull_begins),
		cmocka_unit_test(pull_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
