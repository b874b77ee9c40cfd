/* Tests of worker/page_cache.c: pages are found for the same query in the same
 * generation, and for no other. */
#include "shm/generation.h"
#include "worker/page_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define GENERATION 4

static struct store_query make_query(const char *group)
{
	return (struct store_query){ .group = slice_of(group),
				     .since = { .epoch = 7, .seq = 3 },
				     .limit = 100,
				     .max_bytes = 1000 };
}

static struct shared_buf *make_body(const char *text)
{
	struct buf bytes = BUF_EMPTY;

	buf_put_text(&bytes, text);
	return shared_buf_new(&bytes);
}

static void put(struct page_cache *page_cache, const struct store_query *query, const char *text)
{
	struct shared_buf *body = make_body(text);

	page_cache_put(page_cache, query, ENCODING_JSON, GENERATION, body);
	shared_buf_unref(body);
}

static void assert_found(const struct page_cache *page_cache, const struct store_query *query,
			 const char *text)
{
	struct shared_buf *body = page_cache_find(page_cache, query, ENCODING_JSON, GENERATION);

	assert_non_null(body);
	assert_true(slice_is(buf_slice(&body->bytes), text));
}

static void the_same_question_finds_it(void **state)
{
	struct page_cache *page_cache = page_cache_new();
	char group[] = "todos";
	struct store_query query = make_query(group);

	(void)state;
	assert_null(page_cache_find(page_cache, &query, ENCODING_JSON, GENERATION));
	put(page_cache, &query, "page");
	assert_found(page_cache, &query, "page");
	/* The text of the question may be gone. */
	memset(group, 'x', strlen(group));
	query = make_query("todos");
	assert_found(page_cache, &query, "page");
	page_cache_free(page_cache);
}

static void another_generation_does_not(void **state)
{
	struct page_cache *page_cache = page_cache_new();
	struct store_query query = make_query("todos");

	(void)state;
	put(page_cache, &query, "page");
	assert_null(page_cache_find(page_cache, &query, ENCODING_JSON, GENERATION + 2));
	assert_null(page_cache_find(page_cache, &query, ENCODING_JSON, GENERATION_NONE));
	page_cache_free(page_cache);
}

static void nothing_is_kept_while_the_database_changes(void **state)
{
	struct page_cache *page_cache = page_cache_new();
	struct store_query query = make_query("todos");
	struct shared_buf *body = make_body("page");

	(void)state;
	page_cache_put(page_cache, &query, ENCODING_JSON, GENERATION_NONE, body);
	assert_int_equal(body->refs, 1);
	assert_null(page_cache_find(page_cache, &query, ENCODING_JSON, GENERATION_NONE));
	shared_buf_unref(body);
	page_cache_free(page_cache);
}

static void every_part_of_the_question_counts(void **state)
{
	struct page_cache *page_cache = page_cache_new();
	struct store_query query = make_query("todos"), other;

	(void)state;
	put(page_cache, &query, "page");
	other = make_query("todo");
	assert_null(page_cache_find(page_cache, &other, ENCODING_JSON, GENERATION));
	other = make_query("todos:a");
	assert_null(page_cache_find(page_cache, &other, ENCODING_JSON, GENERATION));
	other = query, other.limit++;
	assert_null(page_cache_find(page_cache, &other, ENCODING_JSON, GENERATION));
	other = query, other.since.epoch++;
	assert_null(page_cache_find(page_cache, &other, ENCODING_JSON, GENERATION));
	other = query, other.since.seq++;
	assert_null(page_cache_find(page_cache, &other, ENCODING_JSON, GENERATION));
	other = query, other.since.start++;
	assert_null(page_cache_find(page_cache, &other, ENCODING_JSON, GENERATION));
	other = query, other.since.bound++;
	assert_null(page_cache_find(page_cache, &other, ENCODING_JSON, GENERATION));
	other = query, other.since.reset = true;
	assert_null(page_cache_find(page_cache, &other, ENCODING_JSON, GENERATION));
	assert_null(page_cache_find(page_cache, &query, ENCODING_TRANSIT, GENERATION));
	assert_found(page_cache, &query, "page");
	page_cache_free(page_cache);
}

/* More queries than slots: each finds its own page or none. */
static void questions_push_each_other_out(void **state)
{
	struct page_cache *page_cache = page_cache_new();
	size_t found = 0;
	char text[32];

	(void)state;
	for (uint64_t i = 0; i < 4 * PAGE_CACHE_SLOTS; i++) {
		struct store_query query = make_query("todos");

		query.since.seq = i;
		(void)snprintf(text, sizeof(text), "page %d", (int)i);
		put(page_cache, &query, text);
	}
	for (uint64_t i = 0; i < 4 * PAGE_CACHE_SLOTS; i++) {
		struct store_query query = make_query("todos");
		struct shared_buf *body;

		query.since.seq = i;
		(void)snprintf(text, sizeof(text), "page %d", (int)i);
		body = page_cache_find(page_cache, &query, ENCODING_JSON, GENERATION);
		found += body != NULL;
		assert_true(body == NULL || slice_is(buf_slice(&body->bytes), text));
	}
	assert_in_range(found, 1, PAGE_CACHE_SLOTS);
	page_cache_free(page_cache);
}

static void a_large_page_is_not_kept(void **state)
{
	struct page_cache *page_cache = page_cache_new();
	struct store_query query = make_query("todos");
	struct buf bytes = BUF_EMPTY;
	struct shared_buf *body;

	(void)state;
	memset(buf_reserve(&bytes, PAGE_CACHE_PAGE_MAX + 1), 'x', PAGE_CACHE_PAGE_MAX + 1);
	bytes.len = PAGE_CACHE_PAGE_MAX + 1;
	body = shared_buf_new(&bytes);
	page_cache_put(page_cache, &query, ENCODING_JSON, GENERATION, body);
	assert_null(page_cache_find(page_cache, &query, ENCODING_JSON, GENERATION));
	shared_buf_unref(body);
	page_cache_free(page_cache);
}

/* A response that is being sent keeps the bytes after the page is evicted. */
static void a_held_body_outlives_its_place(void **state)
{
	struct page_cache *page_cache = page_cache_new();
	struct store_query query = make_query("todos");
	struct shared_buf *body;

	(void)state;
	put(page_cache, &query, "first");
	body = shared_buf_ref(page_cache_find(page_cache, &query, ENCODING_JSON, GENERATION));
	put(page_cache, &query, "second");
	assert_found(page_cache, &query, "second");
	page_cache_free(page_cache);
	assert_true(slice_is(buf_slice(&body->bytes), "first"));
	shared_buf_unref(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_question_finds_it),
		cmocka_unit_test(another_generation_does_not),
		cmocka_unit_test(nothing_is_kept_while_the_database_changes),
		cmocka_unit_test(every_part_of_the_question_counts),
		cmocka_unit_test(questions_push_each_other_out),
		cmocka_unit_test(a_large_page_is_not_kept),
		cmocka_unit_test(a_held_body_outlives_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
