/* Tests of worker/page_cache.c: pages are found for the same query and for no other,
 * and are good until their group changes. */
#include "base/hash.h"
#include "shm/edition.h"
#include "shm/ring.h"
#include "shm/shm.h"
#include "worker/compress.h"
#include "worker/page_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define HEAD 10
#define NOW 1000

static const struct page_state read_now = { .head = HEAD, .read_at = NOW };

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

	page_cache_put(page_cache, query, ENCODING_JSON, &read_now, body);
	shared_buf_unref(body);
}

static struct shared_buf *find(struct page_cache *page_cache, const struct store_query *query)
{
	struct page *page = page_cache_find(page_cache, query, ENCODING_JSON);

	return page ? page->body : NULL;
}

static void assert_found(struct page_cache *page_cache, const struct store_query *query,
			 const char *text)
{
	struct shared_buf *body = find(page_cache, query);

	assert_non_null(body);
	assert_true(slice_is(buf_slice(&body->bytes), text));
}

static void the_same_question_finds_it(void **state)
{
	struct page_cache *page_cache = page_cache_new();
	char group[] = "todos";
	struct store_query query = make_query(group);

	(void)state;
	assert_null(find(page_cache, &query));
	put(page_cache, &query, "page");
	assert_found(page_cache, &query, "page");
	/* The text of the question may be gone. */
	memset(group, 'x', strlen(group));
	query = make_query("todos");
	assert_found(page_cache, &query, "page");
	page_cache_free(page_cache);
}

/* ---- Until when it is good ------------------------------------------------------- */

struct world {
	struct shm *shm;
	struct page_cache *cache;
	struct page *page; /* of the group todos, read when the head was HEAD */
};

static int world_setup(void **state)
{
	static struct world world;
	struct store_query query = make_query("todos");

	assert_int_equal(shm_new(1, &world.shm), RC_OK);
	assert_true(ring_attach(world.shm, RING_HEADS(HEAD)));
	world.cache = page_cache_new();
	put(world.cache, &query, "page");
	world.page = page_cache_find(world.cache, &query, ENCODING_JSON);
	*state = &world;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *world = *state;

	page_cache_free(world->cache);
	shm_free(world->shm);
	return 0;
}

/* A commit of the writer, up to where it is accounted for. */
static void commit(struct world *world, const char *group, uint64_t number, uint64_t edition)
{
	struct ring_entry entry = { .key = hash_of(slice_of(group)),
				    .number = number,
				    .last = true };

	ring_commit(world->shm, &entry, 1);
	if (edition)
		edition_account(world->shm, edition);
}

static bool is_good(const struct world *world, uint64_t edition)
{
	return page_is_good(world->page, world->shm, edition, NOW);
}

static void it_is_not_good_while_nobody_knows(void **state)
{
	struct world *world = *state;

	assert_false(is_good(world, EDITION_NONE));
	assert_false(is_good(world, 1)); /* that no writer accounts for */
	edition_account(world->shm, 2);
	assert_false(is_good(world, 1));
	assert_false(is_good(world, 3));
	assert_false(is_good(world, EDITION_NONE));
	assert_true(is_good(world, 2));
}

static void it_survives_commits_of_other_groups(void **state)
{
	struct world *world = *state;

	commit(world, "todos", HEAD, 1);
	assert_true(is_good(world, 1));
	commit(world, "other", HEAD + 1, 2);
	assert_true(is_good(world, 2));
	commit(world, "todos", HEAD + 2, 3);
	assert_false(is_good(world, 3));
	commit(world, "other", HEAD + 3, 4);
	assert_false(is_good(world, 4));
}

/* The writer has raised the bucket, but a read would not find the commit yet, or
 * already does and the bucket is not raised. */
static void it_is_told_until_a_commit_is_visible(void **state)
{
	struct world *world = *state;

	edition_account(world->shm, 1);
	assert_true(is_good(world, 1));
	commit(world, "todos", HEAD + 1, 0);
	assert_true(is_good(world, 1));
	assert_false(is_good(world, 2));
	edition_account(world->shm, 2);
	assert_false(is_good(world, 2));
}

static void what_no_bucket_tells_spoils_it(void **state)
{
	struct world *world = *state;

	edition_account(world->shm, 1);
	assert_true(is_good(world, 1));
	edition_spoil(world->shm);
	edition_account(world->shm, 2);
	assert_false(is_good(world, 2));
}

static void a_new_writer_spoils_it(void **state)
{
	struct world *world = *state;

	assert_true(ring_attach(world->shm, RING_HEADS(HEAD + 1)));
	edition_account(world->shm, 1);
	assert_false(is_good(world, 1));
}

static void it_is_read_again_after_a_while(void **state)
{
	struct world *world = *state;

	edition_account(world->shm, 1);
	assert_true(page_is_good(world->page, world->shm, 1, NOW + PAGE_CACHE_AGE_US));
	assert_false(page_is_good(world->page, world->shm, 1, NOW + PAGE_CACHE_AGE_US + 1));
}

/* ---- Its place ------------------------------------------------------------------- */

static void every_part_of_the_question_counts(void **state)
{
	struct page_cache *page_cache = page_cache_new();
	struct store_query query = make_query("todos"), other;

	(void)state;
	put(page_cache, &query, "page");
	other = make_query("todo");
	assert_null(find(page_cache, &other));
	other = make_query("todos:a");
	assert_null(find(page_cache, &other));
	other = query, other.limit++;
	assert_null(find(page_cache, &other));
	other = query, other.since.epoch++;
	assert_null(find(page_cache, &other));
	other = query, other.since.seq++;
	assert_null(find(page_cache, &other));
	other = query, other.since.start++;
	assert_null(find(page_cache, &other));
	other = query, other.since.bound++;
	assert_null(find(page_cache, &other));
	other = query, other.since.reset = true;
	assert_null(find(page_cache, &other));
	assert_null(page_cache_find(page_cache, &query, ENCODING_TRANSIT));
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
		body = find(page_cache, &query);
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
	page_cache_put(page_cache, &query, ENCODING_JSON, &read_now, body);
	assert_null(find(page_cache, &query));
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
	body = shared_buf_ref(find(page_cache, &query));
	put(page_cache, &query, "second");
	assert_found(page_cache, &query, "second");
	page_cache_free(page_cache);
	assert_true(slice_is(buf_slice(&body->bytes), "first"));
	shared_buf_unref(body);
}

/* ---- Compressed ------------------------------------------------------------------ */

static struct shared_buf *make_text(size_t len, uint32_t seed)
{
	struct buf bytes = BUF_EMPTY;

	while (bytes.len < len) {
		seed = seed * 1664525 + 1013904223;
		buf_put_text(&bytes, seed >> 24 & 1 ? "one " : "another ");
		buf_put_byte(&bytes, (char)('a' + (seed >> 16) % 26));
	}
	bytes.len = len;
	return shared_buf_new(&bytes);
}

static struct page *put_text(struct page_cache *page_cache, uint64_t seq, size_t len,
			     bool may_compress)
{
	const struct page_state state = { .head = HEAD, .may_compress = may_compress };
	struct shared_buf *body = make_text(len, (uint32_t)seq);
	struct store_query query = make_query("todos");

	query.since.seq = seq;
	page_cache_put(page_cache, &query, ENCODING_JSON, &state, body);
	shared_buf_unref(body);
	return page_cache_find(page_cache, &query, ENCODING_JSON);
}

static void it_is_compressed_once_if_it_may_be(void **state)
{
	struct page_cache *page_cache = page_cache_new();
	struct page *page = put_text(page_cache, 1, 20000, true);
	struct shared_buf *gzip = page_cache_gzip(page_cache, page);

	(void)state;
	assert_non_null(gzip);
	assert_true(gzip->bytes.len < 10000);
	assert_ptr_equal(page_cache_gzip(page_cache, page), gzip);
	assert_null(page_cache_gzip(page_cache, put_text(page_cache, 2, 20000, false)));
	/* Bytes that have nothing in common. */
	assert_null(page_cache_gzip(page_cache, put_text(page_cache, 3, 4, true)));
	page_cache_free(page_cache);
}

/* Pages and their compressed forms together: older ones go. */
static void its_memory_is_bounded(void **state)
{
	struct page_cache *page_cache = page_cache_new();
	size_t bytes = 0, found = 0;

	(void)state;
	for (uint64_t i = 0; i < PAGE_CACHE_SLOTS; i++)
		(void)page_cache_gzip(page_cache,
				      put_text(page_cache, i, PAGE_CACHE_PAGE_MAX, true));
	for (uint64_t i = 0; i < PAGE_CACHE_SLOTS; i++) {
		struct store_query query = make_query("todos");
		struct page *page;

		query.since.seq = i;
		page = page_cache_find(page_cache, &query, ENCODING_JSON);
		if (page == NULL)
			continue;
		found++;
		bytes += page->body->bytes.len + (page->gzip ? page->gzip->bytes.len : 0);
	}
	assert_true(bytes <= PAGE_CACHE_BYTES);
	assert_in_range(found, 10, PAGE_CACHE_BYTES / PAGE_CACHE_PAGE_MAX);
	page_cache_free(page_cache);
}

static void documents_of_nested_groups_forbid_it(void **state)
{
	struct store_doc docs[] = { { .id = slice_of("a:b:1") }, { .id = slice_of("a:b:2") } };
	struct store_page page = { .docs = docs, .count = 2 };

	(void)state;
	assert_true(compress_allows(&page, slice_of("a:b"), COMPRESS_MIN));
	assert_false(compress_allows(&page, slice_of("a:b"), COMPRESS_MIN - 1));
	assert_false(compress_allows(&page, slice_of("a"), COMPRESS_MIN));
	/* Its length is that of other groups. */
	docs[0].id = slice_of("a:1");
	docs[1].id = slice_of("b:2");
	assert_false(compress_allows(&page, slice_of("*"), COMPRESS_MIN));
	docs[0].id = slice_of("a:b:1");
	docs[1].id = slice_of("a:b:c:2");
	assert_false(compress_allows(&page, slice_of("a:b"), COMPRESS_MIN));
}

/* ---- A database that other hosts use ---- */

static bool is_current(const struct world *world, uint64_t epoch, uint64_t head)
{
	const struct store_places heads = { .epoch = epoch, .lanes = 1, .seqs = { head } };

	return page_is_current(world->page, world->shm, &heads, NOW);
}

static void a_shared_one_is_asked_for_its_heads(void **state)
{
	struct world *world = *state;

	assert_false(is_current(world, 7, HEAD)); /* the ring is of no epoch yet */
	world->page->state.epoch = 7;
	shm_set_epoch(world->shm, 7);
	assert_true(page_is_current(world->page, world->shm, NULL, NOW));
	assert_true(is_current(world, 7, HEAD));
	assert_false(is_current(world, 8, HEAD));
	assert_false(is_current(world, 7, HEAD + 1)); /* that this host has not heard of */
	commit(world, "other", HEAD + 1, 0);
	assert_true(is_current(world, 7, HEAD + 1));
	shm_set_epoch(world->shm, 0);
	assert_false(is_current(world, 7, HEAD + 1));
	shm_set_epoch(world->shm, 7);
	commit(world, "todos", HEAD + 2, 0);
	assert_false(is_current(world, 7, HEAD + 2));
}

static void only_its_own_lane_counts(void **state)
{
	struct world *world = *state;
	struct ring_entry entry = {
		.key = hash_of(slice_of("todos")), .number = HEAD + 9, .lane = 1, .last = true
	};

	ring_set_lanes(world->shm, 2);
	world->page->state.epoch = 7;
	shm_set_epoch(world->shm, 7);
	ring_commit(world->shm, &entry, 1);
	assert_true(is_current(world, 7, HEAD));
	assert_false(is_current(world, 7, HEAD + 9));
}

/* Of the group `*`: neither a commit in any of its lanes, nor a head that this host has
 * not heard of. */
static void all_lanes_count(void **state)
{
	struct world *world = *state;
	const struct store_places heads = { .epoch = 7, .lanes = 2, .seqs = { HEAD, HEAD } };
	const struct store_places ahead = { .epoch = 7, .lanes = 2, .seqs = { HEAD, HEAD + 1 } };
	const struct page_state page_state = {
		.heads = &heads, .epoch = 7, .read_at = NOW, .spoils = edition_spoils(world->shm)
	};
	const struct store_cursors since = { .at = heads }, other = { .at = ahead };
	struct store_query query = { .group = slice_of("*"), .all = &since, .limit = 1 };
	struct ring_entry entries[] = {
		{ .key = hash_of(slice_of("other")), .number = HEAD + 1, .lane = 1, .last = true },
		{ .key = hash_of(slice_of("*")), .number = HEAD + 1, .lane = 1, .last = true },
	};
	struct buf bytes = BUF_EMPTY;
	struct shared_buf *body;
	const struct page *page;

	buf_put_text(&bytes, "{}");
	body = shared_buf_new(&bytes);
	ring_set_lanes(world->shm, 2);
	shm_set_epoch(world->shm, 7);
	entries[0].number = HEAD;
	ring_commit(world->shm, entries, 1);
	page_cache_put(world->cache, &query, ENCODING_JSON, &page_state, body);
	shared_buf_unref(body);
	query.all = &other;
	assert_null(page_cache_find(world->cache, &query, ENCODING_JSON));
	query.all = &since;
	page = page_cache_find(world->cache, &query, ENCODING_JSON);
	assert_non_null(page);
	assert_true(page_is_current(page, world->shm, NULL, NOW));
	assert_true(page_is_current(page, world->shm, &heads, NOW));
	assert_false(page_is_current(page, world->shm, &ahead, NOW));
	entries[0].number = HEAD + 1;
	ring_commit(world->shm, entries, 2);
	assert_false(page_is_current(page, world->shm, &ahead, NOW));
	assert_false(page_is_current(page, world->shm, NULL, NOW));
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_question_finds_it),
		WORLD_TEST(it_is_not_good_while_nobody_knows),
		WORLD_TEST(it_survives_commits_of_other_groups),
		WORLD_TEST(it_is_told_until_a_commit_is_visible),
		WORLD_TEST(what_no_bucket_tells_spoils_it),
		WORLD_TEST(a_new_writer_spoils_it),
		WORLD_TEST(it_is_read_again_after_a_while),
		WORLD_TEST(a_shared_one_is_asked_for_its_heads),
		WORLD_TEST(only_its_own_lane_counts),
		WORLD_TEST(all_lanes_count),
		cmocka_unit_test(every_part_of_the_question_counts),
		cmocka_unit_test(questions_push_each_other_out),
		cmocka_unit_test(a_large_page_is_not_kept),
		cmocka_unit_test(a_held_body_outlives_its_place),
		cmocka_unit_test(it_is_compressed_once_if_it_may_be),
		cmocka_unit_test(its_memory_is_bounded),
		cmocka_unit_test(documents_of_nested_groups_forbid_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
