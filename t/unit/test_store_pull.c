/* Pulls: pages, what `more` means, cursors that must reset, snapshots that are written
 * and purged under (protocol.md, GET /sync). */
#include "store_kit.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static void put_many(struct kit *kit, const char *format, unsigned from, unsigned to)
{
	char id[64];

	for (unsigned i = from; i <= to; i++) {
		(void)snprintf(id, sizeof(id), format, i);
		kit_put(kit, id, 0, "\"v\"");
	}
}

static void assert_doc(const struct kit_page *page, size_t at, const char *id, uint64_t version,
		       uint64_t seq, bool deleted)
{
	assert_true(at < page->count);
	assert_int_equal(page->docs[at].id.len, strlen(id));
	assert_memory_equal(page->docs[at].id.data, id, strlen(id));
	assert_int_equal(page->docs[at].version, version);
	assert_int_equal(page->docs[at].seq, seq);
	assert_int_equal(page->docs[at].deleted, deleted);
	assert_int_equal(page->docs[at].plain, !deleted);
	assert_int_equal(page->docs[at].value.len > 0, !deleted);
}

static void assert_flags(const struct kit_page *page, size_t count, bool more, bool reset)
{
	assert_int_equal(page->count, count);
	assert_int_equal(page->more, more);
	assert_int_equal(page->reset, reset);
	if (!more)
		assert_int_equal(page->next.bound, 0);
}

static void sequence_order_over_groups(void **state)
{
	struct kit *kit = *state;
	struct store_cursor place;

	kit_put(kit, "a:b:1", 0, "1");
	kit_put(kit, "a:1", 0, "1");
	kit_put(kit, "z:1", 0, "1");
	kit_put(kit, "a:b:2", 0, "1");
	kit_put(kit, "a:1", 1, "1");
	kit_put(kit, "a:b:1", 1, NULL);
	place = kit_place(kit, 0);
	assert_flags(kit_pull(kit, "a", place, 10), 3, false, false);
	assert_doc(&kit->page, 0, "a:b:2", 1, 4, false);
	assert_doc(&kit->page, 1, "a:1", 2, 5, false);
	assert_doc(&kit->page, 2, "a:b:1", 2, 6, true);
	assert_flags(kit_pull(kit, "a", place, 2), 2, true, false);
	assert_flags(kit_pull(kit, "a", kit->page.next, 2), 1, false, false);
	assert_doc(&kit->page, 0, "a:b:1", 2, 6, true);
}

static void more_is_exact(void **state)
{
	struct kit *kit = *state;

	put_many(kit, "t:%u", 1, 4);
	assert_flags(kit_pull(kit, "t", kit_place(kit, 0), 4), 4, false, false);
	assert_flags(kit_pull(kit, "t", kit_place(kit, 0), 3), 3, true, false);
	assert_flags(kit_pull(kit, "t", KIT_BEGINNING, 4), 4, false, false);
	assert_flags(kit_pull(kit, "t", KIT_BEGINNING, 3), 3, true, false);
	/* Hidden tombstones are no more. */
	kit_put(kit, "t:5", 0, "1");
	kit_put(kit, "t:5", 1, NULL);
	kit_put(kit, "t:6", 0, "1");
	kit_put(kit, "t:6", 1, NULL);
	assert_flags(kit_pull(kit, "t", KIT_BEGINNING, 4), 4, false, false);
	assert_flags(kit_pull(kit, "t", kit_place(kit, 0), 4), 4, true, false);
	assert_flags(kit_pull(kit, "t", kit->page.next, 4), 2, false, false);
	assert_doc(&kit->page, 0, "t:5", 2, 6, true);
}

static void empty_pull_keeps_up_with_the_head(void **state)
{
	struct kit *kit = *state;

	assert_flags(kit_pull(kit, "quiet", KIT_BEGINNING, 10), 0, false, false);
	assert_int_equal(kit->page.next.seq, 0);
	put_many(kit, "t:%u", 1, 5);
	assert_flags(kit_pull(kit, "quiet", kit->page.next, 10), 0, false, false);
	assert_int_equal(kit->page.next.seq, 5);
	assert_flags(kit_pull(kit, "t", kit_place(kit, 3), 10), 2, false, false);
	put_many(kit, "u:%u", 1, 5);
	assert_flags(kit_pull(kit, "t", kit_place(kit, 3), 10), 2, false, false);
	assert_int_equal(kit->page.next.seq, 10);
	/* So that a purge elsewhere does not reset a quiet group. */
	kit_put(kit, "u:1", 1, NULL);
	assert_flags(kit_pull(kit, "t", kit->page.next, 10), 0, false, false);
	assert_int_equal(kit_purge(kit, KIT_LATER), 1);
	assert_flags(kit_pull(kit, "t", kit->page.next, 10), 0, false, false);
}

static void pages_end_by_size(void **state)
{
	static char big[3001];
	struct kit *kit = *state;
	struct store_cursor place;

	memset(big, '1', sizeof(big) - 1);
	kit_put(kit, "t:1", 0, "12345");
	kit_put(kit, "t:2", 0, "12345");
	kit_put(kit, "t:3", 0, big);
	kit_put(kit, "t:4", 0, "1");
	place = kit_place(kit, 0);
	assert_flags(kit_pull_bytes(kit, "t", place, 10, 10), 3, true, false);
	assert_flags(kit_pull_bytes(kit, "t", place, 10, 9), 2, true, false);
	assert_flags(kit_pull_bytes(kit, "t", place, 10, 0), 1, true, false);
	assert_flags(kit_pull_bytes(kit, "t", kit->page.next, 10, 4), 1, true, false);
	assert_doc(&kit->page, 0, "t:2", 1, 2, false);
	assert_flags(kit_pull_bytes(kit, "t", place, 10, 3009), 3, true, false);
	assert_flags(kit_pull_bytes(kit, "t", place, 10, 3010), 4, false, false);
}

static void thousands_of_groups(void **state)
{
	enum { GROUPS = 3000 };
	struct kit *kit = *state;
	struct store_request *requests = mem_array(GROUPS, sizeof(*requests));
	struct store_edit *edits = mem_array(GROUPS, sizeof(*edits));
	char(*ids)[32] = mem_array(GROUPS, sizeof(*ids));
	uint64_t last = 0;
	size_t count = 0;

	for (size_t i = 0; i < GROUPS; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "all:%zu:1", i * 7919 % GROUPS);
		edits[i] = kit_edit_of(ids[i], 0, NULL, "1");
		requests[i] = (struct store_request){ .kind = STORE_PUSH,
						      .edits = &edits[i],
						      .edit_count = 1 };
	}
	assert_int_equal(kit_commit(kit, requests, GROUPS), RC_OK);
	kit->page.next = kit_place(kit, 0);
	do {
		kit_pull(kit, "all", kit->page.next, 700);
		for (size_t i = 0; i < kit->page.count; i++, count++) {
			assert_int_equal(kit->page.docs[i].seq, last + 1);
			last = kit->page.docs[i].seq;
		}
	} while (kit->page.more);
	assert_int_equal(count, GROUPS);
	free(requests);
	free(edits);
	free(ids);
}

/* ---- Resets ---- */

static void what_must_reset(void **state)
{
	struct kit *kit = *state;
	struct store_cursor place, other;

	put_many(kit, "t:%u", 1, 3);
	kit_put(kit, "t:1", 1, NULL);
	place = kit_place(kit, 4);
	other = place;
	other.epoch++;
	assert_flags(kit_pull(kit, "t", other, 10), 2, false, true);
	assert_int_equal(kit->page.next.epoch, place.epoch);
	assert_int_equal(kit->page.next.seq, 4);
	place.seq = 5;
	assert_flags(kit_pull(kit, "t", place, 10), 2, false, true);
	assert_flags(kit_pull(kit, "t", kit_place(kit, 0), 10), 3, false, false);
	assert_int_equal(kit_purge(kit, KIT_LATER), 1);
	assert_flags(kit_pull(kit, "t", kit_place(kit, 3), 10), 2, false, true);
	assert_flags(kit_pull(kit, "t", kit_place(kit, 4), 10), 0, false, false);
	/* From the beginning is no reset. */
	assert_flags(kit_pull(kit, "t", KIT_BEGINNING, 10), 2, false, false);
}

static void reset_of_an_empty_database(void **state)
{
	struct kit *kit = *state;

	assert_flags(kit_pull(kit, "t", kit_place(kit, 1), 10), 0, false, true);
	assert_flags(kit_pull(kit, "t", kit->page.next, 10), 0, false, false);
}

static void every_page_of_a_reset_says_so(void **state)
{
	struct kit *kit = *state;

	put_many(kit, "t:%u", 1, 5);
	assert_flags(kit_pull(kit, "t", kit_place(kit, 99), 2), 2, true, true);
	assert_flags(kit_pull(kit, "t", kit->page.next, 2), 2, true, true);
	assert_flags(kit_pull(kit, "t", kit->page.next, 2), 1, false, true);
	assert_flags(kit_pull(kit, "t", kit->page.next, 2), 0, false, false);
	/* And every page of another snapshot does not. */
	assert_flags(kit_pull(kit, "t", KIT_BEGINNING, 2), 2, true, false);
	assert_flags(kit_pull(kit, "t", kit->page.next, 2), 2, true, false);
	assert_flags(kit_pull(kit, "t", kit->page.next, 2), 1, false, false);
}

/* ---- Snapshots ---- */

static void newcomer_sees_no_old_tombstones(void **state)
{
	struct kit *kit = *state;

	put_many(kit, "t:%u", 1, 4);
	kit_put(kit, "t:1", 1, NULL);
	assert_flags(kit_pull(kit, "t", KIT_BEGINNING, 2), 2, true, false);
	assert_doc(&kit->page, 0, "t:2", 1, 2, false);
	/* One from after the first page it must see: the document may have been on
	 * it. */
	kit_put(kit, "t:2", 1, NULL);
	assert_flags(kit_pull(kit, "t", kit->page.next, 5), 2, false, false);
	assert_doc(&kit->page, 0, "t:4", 1, 4, false);
	assert_doc(&kit->page, 1, "t:2", 2, 6, true);
	assert_int_equal(kit->page.next.seq, 6);
}

/* Each page is followed by more writes than it holds: still it ends, and what it left
 * out comes with the next pull. */
static void paging_ends_under_writes(void **state)
{
	struct kit *kit = *state;
	unsigned pages = 0, written = 10;

	put_many(kit, "t:%u", 1, 10);
	kit->page.next = KIT_BEGINNING;
	do {
		struct store_cursor next;

		kit_pull(kit, "t", kit->page.next, 2);
		assert_false(kit->page.reset);
		assert_true(kit->page.count <= 2);
		next = kit->page.next;
		put_many(kit, "t:%u", written + 1, written + 3);
		written += 3;
		kit->page.next = next;
		assert_true(++pages < 100);
	} while (kit->page.more);
	/* 5 pages to the first bound, the head of that moment 12 further on: 6 more. */
	assert_int_equal(pages, 11);
	assert_int_equal(kit->page.next.seq, 22);
	assert_flags(kit_pull(kit, "t", kit->page.next, 100), written - 22, false, false);
	assert_doc(&kit->page, 0, "t:23", 1, 23, false);
}

/* Pages of a snapshot whose tail keeps moving to the end: the same documents again and
 * again. */
static void paging_ends_under_edits(void **state)
{
	struct kit *kit = *state;
	uint64_t versions[4] = { 1, 1, 1, 1 };
	unsigned pages = 0;

	put_many(kit, "t:%u", 0, 3);
	kit->page.next = kit_place(kit, 99);
	do {
		struct store_cursor next;

		kit_pull(kit, "t", kit->page.next, 1);
		assert_true(kit->page.reset);
		next = kit->page.next;
		for (unsigned i = 0; i < 4; i++) {
			char id[8];

			(void)snprintf(id, sizeof(id), "t:%u", i);
			kit_put(kit, id, versions[i]++, "1");
		}
		kit->page.next = next;
		assert_true(++pages < 20);
	} while (kit->page.more);
	assert_flags(kit_pull(kit, "t", kit->page.next, 100), 4, false, false);
}

static void purge_during_a_snapshot(void **state)
{
	struct kit *kit = *state;
	struct store_cursor next;

	put_many(kit, "t:%u", 1, 6);
	kit_pull(kit, "t", KIT_BEGINNING, 2);
	next = kit->page.next;
	/* Seen alive on the first page, gone without a trace before the last. */
	kit_put(kit, "t:1", 1, NULL);
	assert_int_equal(kit_purge(kit, KIT_LATER), 1);
	assert_flags(kit_pull(kit, "t", next, 2), 2, true, false);
	assert_doc(&kit->page, 0, "t:3", 1, 3, false);
	assert_flags(kit_pull(kit, "t", kit->page.next, 2), 2, false, false);
	assert_int_equal(kit->page.next.seq, 6);
	assert_flags(kit_pull(kit, "t", kit->page.next, 10), 5, false, true);
	assert_flags(kit_pull(kit, "t", kit->page.next, 10), 0, false, false);
}

/* A purge of what was dead when the snapshot began is no reason to reset. */
static void harmless_purge_during_a_snapshot(void **state)
{
	struct kit *kit = *state;
	struct store_cursor next;

	put_many(kit, "t:%u", 1, 6);
	kit_put(kit, "t:6", 1, NULL);
	kit_pull(kit, "t", KIT_BEGINNING, 2);
	next = kit->page.next;
	assert_int_equal(kit_purge(kit, KIT_LATER), 1);
	assert_flags(kit_pull(kit, "t", next, 2), 2, true, false);
	assert_flags(kit_pull(kit, "t", kit->page.next, 2), 1, false, false);
	assert_int_equal(kit->page.next.seq, 7);
	assert_flags(kit_pull(kit, "t", kit->page.next, 10), 0, false, false);
}

static void snapshot_of_another_epoch(void **state)
{
	struct kit *kit = *state;
	struct store_cursor next;

	put_many(kit, "t:%u", 1, 6);
	kit_pull(kit, "t", KIT_BEGINNING, 2);
	next = kit->page.next;
	next.epoch++;
	assert_flags(kit_pull(kit, "t", next, 10), 6, false, true);
	next.epoch--;
	next.bound = 7;
	assert_flags(kit_pull(kit, "t", next, 10), 6, false, true);
}

/* ---- The callback ---- */

static void on_inner(void *arg, enum rc rc, const struct store_page *page)
{
	assert_int_equal(rc, RC_OK);
	*(size_t *)arg = page->count;
}

struct outer {
	struct kit *kit;
	size_t inner;
};

static void on_outer(void *arg, enum rc rc, const struct store_page *page)
{
	struct outer *outer = arg;
	struct store_query query = { .group = { "t", 1 }, .limit = 10, .max_bytes = 100 };

	assert_int_equal(rc, RC_OK);
	store_changes(outer->kit->reader, &query, on_inner, &outer->inner);
	assert_int_equal(page->count, 3);
	assert_memory_equal(page->docs[2].id.data, "t:3", 3);
}

static void callbacks_may_pull_again(void **state)
{
	struct outer outer = { .kit = *state };
	struct store_query query = { .group = { "t", 1 }, .limit = 10, .max_bytes = 100 };

	put_many(*state, "t:%u", 1, 3);
	store_changes(outer.kit->reader, &query, on_outer, &outer);
	store_wait(outer.kit->reader);
	assert_int_equal(outer.inner, 3);
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(sequence_order_over_groups),
		KIT_TEST(more_is_exact),
		KIT_TEST(empty_pull_keeps_up_with_the_head),
		KIT_TEST(pages_end_by_size),
		KIT_TEST(thousands_of_groups),
		KIT_TEST(what_must_reset),
		KIT_TEST(reset_of_an_empty_database),
		KIT_TEST(every_page_of_a_reset_says_so),
		KIT_TEST(newcomer_sees_no_old_tombstones),
		KIT_TEST(paging_ends_under_writes),
		KIT_TEST(paging_ends_under_edits),
		KIT_TEST(purge_during_a_snapshot),
		KIT_TEST(harmless_purge_during_a_snapshot),
		KIT_TEST(snapshot_of_another_epoch),
		KIT_TEST(callbacks_may_pull_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
