/* Pages that are kept ready: for the same question, in the same edition, and for no other. */
#include "shm/generation.h"
#include "worker/page_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define EDITION 4

static struct store_query make_query(const char *group)
{
	return (struct store_query){ .group = slice_of(group), .since = { .epoch = 7, .seq = 3 }, .limit = 100, .max_bytes = 1000 };
}

static struct kept_body *make_body(const char *text)
{
	struct buf bytes = BUF_EMPTY;

	buf_put_text(&bytes, text);
	return kept_body_new(&bytes);
}

static void keep(struct kept *kept, const struct store_query *query, const char *text)
{
	struct kept_body *body = make_body(text);

	kept_put(kept, query, ENCODING_JSON, EDITION, body);
	kept_body_release(body);
}

static void assert_found(const struct kept *kept, const struct store_query *query, const char *text)
{
	struct kept_body *body = kept_find(kept, query, ENCODING_JSON, EDITION);

	assert_non_null(body);
	assert_true(slice_is(buf_slice(&body->bytes), text));
}

static void the_same_question_finds_it(void **state)
{
	struct kept *kept = kept_new();
	char group[] = "todos";
	struct store_query query = make_query(group);

	(void)state;
	assert_null(kept_find(kept, &query, ENCODING_JSON, EDITION));
	keep(kept, &query, "page");
	assert_found(kept, &query, "page");
	/* The text of the question may be gone. */
	memset(group, 'x', strlen(group));
	query = make_query("todos");
	assert_found(kept, &query, "page");
	kept_free(kept);
}

static void another_edition_does_not(void **state)
{
	struct kept *kept = kept_new();
	struct store_query query = make_query("todos");

	(void)state;
	keep(kept, &query, "page");
	assert_null(kept_find(kept, &query, ENCODING_JSON, EDITION + 2));
	assert_null(kept_find(kept, &query, ENCODING_JSON, GENERATION_NONE));
	kept_free(kept);
}

static void nothing_is_kept_while_the_database_changes(void **state)
{
	struct kept *kept = kept_new();
	struct store_query query = make_query("todos");
	struct kept_body *body = make_body("page");

	(void)state;
	kept_put(kept, &query, ENCODING_JSON, GENERATION_NONE, body);
	assert_int_equal(body->holders, 1);
	assert_null(kept_find(kept, &query, ENCODING_JSON, GENERATION_NONE));
	kept_body_release(body);
	kept_free(kept);
}

static void every_part_of_the_question_counts(void **state)
{
	struct kept *kept = kept_new();
	struct store_query query = make_query("todos"), other;

	(void)state;
	keep(kept, &query, "page");
	other = make_query("todo");
	assert_null(kept_find(kept, &other, ENCODING_JSON, EDITION));
	other = make_query("todos:a");
	assert_null(kept_find(kept, &other, ENCODING_JSON, EDITION));
	other = query, other.limit++;
	assert_null(kept_find(kept, &other, ENCODING_JSON, EDITION));
	other = query, other.since.epoch++;
	assert_null(kept_find(kept, &other, ENCODING_JSON, EDITION));
	other = query, other.since.seq++;
	assert_null(kept_find(kept, &other, ENCODING_JSON, EDITION));
	other = query, other.since.start++;
	assert_null(kept_find(kept, &other, ENCODING_JSON, EDITION));
	other = query, other.since.bound++;
	assert_null(kept_find(kept, &other, ENCODING_JSON, EDITION));
	other = query, other.since.reset = true;
	assert_null(kept_find(kept, &other, ENCODING_JSON, EDITION));
	assert_null(kept_find(kept, &query, ENCODING_TRANSIT, EDITION));
	assert_found(kept, &query, "page");
	kept_free(kept);
}

/* More questions than there is room for: each finds its own answer or none. */
static void questions_push_each_other_out(void **state)
{
	struct kept *kept = kept_new();
	size_t found = 0;
	char text[32];

	(void)state;
	for (uint64_t i = 0; i < 4 * KEPT_SLOTS; i++) {
		struct store_query query = make_query("todos");

		query.since.seq = i;
		(void)snprintf(text, sizeof(text), "page %d", (int)i);
		keep(kept, &query, text);
	}
	for (uint64_t i = 0; i < 4 * KEPT_SLOTS; i++) {
		struct store_query query = make_query("todos");
		struct kept_body *body;

		query.since.seq = i;
		(void)snprintf(text, sizeof(text), "page %d", (int)i);
		body = kept_find(kept, &query, ENCODING_JSON, EDITION);
		found += body != NULL;
		assert_true(body == NULL || slice_is(buf_slice(&body->bytes), text));
	}
	assert_in_range(found, 1, KEPT_SLOTS);
	kept_free(kept);
}

static void a_large_page_is_not_kept(void **state)
{
	struct kept *kept = kept_new();
	struct store_query query = make_query("todos");
	struct buf bytes = BUF_EMPTY;
	struct kept_body *body;

	(void)state;
	memset(buf_reserve(&bytes, KEPT_PAGE_MAX + 1), 'x', KEPT_PAGE_MAX + 1);
	bytes.len = KEPT_PAGE_MAX + 1;
	body = kept_body_new(&bytes);
	kept_put(kept, &query, ENCODING_JSON, EDITION, body);
	assert_null(kept_find(kept, &query, ENCODING_JSON, EDITION));
	kept_body_release(body);
	kept_free(kept);
}

/* An answer on its way out has the bytes, whatever becomes of the page. */
static void a_held_body_outlives_its_place(void **state)
{
	struct kept *kept = kept_new();
	struct store_query query = make_query("todos");
	struct kept_body *body;

	(void)state;
	keep(kept, &query, "first");
	body = kept_body_hold(kept_find(kept, &query, ENCODING_JSON, EDITION));
	keep(kept, &query, "second");
	assert_found(kept, &query, "second");
	kept_free(kept);
	assert_true(slice_is(buf_slice(&body->bytes), "first"));
	kept_body_release(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_question_finds_it),
		cmocka_unit_test(another_edition_does_not),
		cmocka_unit_test(nothing_is_kept_while_the_database_changes),
		cmocka_unit_test(every_part_of_the_question_counts),
		cmocka_unit_test(questions_push_each_other_out),
		cmocka_unit_test(a_large_page_is_not_kept),
		cmocka_unit_test(a_held_body_outlives_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
