/* Which groups of a commit readers are told of, and up to which number. */
#include "writer/hints.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define EDITS 8

/* A push of documents, and what was written of them. */
struct push {
	struct store_edit edits[EDITS];
	struct store_result results[EDITS];
	size_t count;
};

static void add(struct push *push, const char *id, uint64_t seq)
{
	push->edits[push->count] = (struct store_edit){ .id = slice_of(id) };
	push->results[push->count++] = (struct store_result){ .seq = seq };
}

static void collect(struct hints *hints, struct push *pushes, size_t count)
{
	struct store_request requests[4];
	struct store_reply replies[4];

	for (size_t i = 0; i < count; i++) {
		requests[i] = (struct store_request){ .kind = STORE_PUSH,
						      .edits = pushes[i].edits,
						      .edit_count = pushes[i].count };
		replies[i] = (struct store_reply){ .kind = STORE_PUSH,
						   .results = pushes[i].results,
						   .result_count = pushes[i].count };
	}
	hints_collect(hints, requests, replies, count);
}

/* The number of the group's entry, of which there is one; 0: there is none. */
static uint64_t number_of(const struct hints *hints, const char *group)
{
	uint64_t number = 0;

	for (size_t i = 0; i < hints->count; i++) {
		if (hints->entries[i].key != hash_of(slice_of(group)))
			continue;
		assert_int_equal(number, 0);
		number = hints->entries[i].number;
	}
	return number;
}

static void each_group_has_its_newest_number(void **state)
{
	struct push pushes[2] = { { .count = 0 }, { .count = 0 } };
	struct hints hints = { .count = 0 };

	(void)state;
	add(&pushes[0], "a:b:1", 1);
	add(&pushes[0], "a:b:2", 2);
	add(&pushes[0], "a:b:3", 0); /* a conflict */
	add(&pushes[0], "c:1", 3);
	add(&pushes[0], "a:b:c:4", 4);
	add(&pushes[1], "a:b:c:5", 5);
	add(&pushes[1], "a:b:c:6", 6);
	add(&pushes[1], "d:1", 0);
	add(&pushes[1], "a:7", 7);
	collect(&hints, pushes, 2);
	assert_int_equal(number_of(&hints, "a:b:c"), 6);
	assert_int_equal(number_of(&hints, "a:b"), 6);
	assert_int_equal(number_of(&hints, "a"), 7);
	assert_int_equal(number_of(&hints, "c"), 3);
	assert_int_equal(number_of(&hints, "d"), 0);
	assert_int_equal(number_of(&hints, "*"), 7);
	assert_int_equal(hints.count, 5);
	for (size_t i = 1; i < hints.count; i++)
		assert_true(hints.entries[i - 1].number <= hints.entries[i].number);
	hints_free(&hints);
}

static void nothing_written_is_nothing_told(void **state)
{
	struct push push = { .count = 0 };
	struct hints hints = { .count = 0 };

	(void)state;
	add(&push, "a:1", 0);
	collect(&hints, &push, 1);
	assert_int_equal(hints.count, 0);
	hints_free(&hints);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_group_has_its_newest_number),
		cmocka_unit_test(nothing_written_is_nothing_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
