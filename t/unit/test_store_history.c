/* Who wrote a document and when, former versions, and their end; in a file and, with
 * POCKETBOOK_TEST_DB, in PostgreSQL. */
#include "store_kit.h"

#include "store/history.h"
#include "store/store_admin.h"

#include <stdio.h>
#include <string.h>

static const struct store_history three = {
	.versions = { .rules = { { .group = "*", .value = 3 },
				 { .group = "n", .value = 1 },
				 { .group = "n:off", .value = 0 } },
		      .count = 3 },
};

static const struct store_history many = {
	.versions = { .rules = { { .group = "*", .value = 100 } }, .count = 1 },
};

static void write_as(struct kit *kit, const struct store_edit *edit, const char *user,
		     const struct store_history *history)
{
	const struct store_request request = { .kind = STORE_PUSH,
					       .edits = edit,
					       .edit_count = 1,
					       .user = slice_of(user),
					       .history = history };

	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	assert_int_equal(kit->replies[0].results[0].status, STORE_OK);
}

static void put(struct kit *kit, const char *id, uint64_t base, const char *value)
{
	const struct store_edit edit = kit_edit_of(id, base, NULL, value);

	write_as(kit, &edit, base % 2 ? "bob" : "ann", &three);
}

/* The versions as "5=\"v5\"/bob 4=-/ann", newest first. */
static const char *list(struct kit *kit, const char *id, uint64_t before, unsigned limit)
{
	static char text[8192];
	const struct kit_page *page = kit_versions(kit, id, before, limit);
	size_t at = 0;

	text[0] = 0;
	for (size_t i = 0; i < page->count; i++) {
		const struct store_doc *doc = &page->docs[i];

		at += (size_t)snprintf(
			text + at, sizeof(text) - at, "%s%llu=%.*s/%.*s", i ? " " : "",
			(unsigned long long)doc->version,
			doc->deleted ? 1 : (int)(doc->value.len < 8 ? doc->value.len : 8),
			doc->deleted ? "-" : doc->value.data, (int)doc->meta.by.len,
			doc->meta.by.data);
		assert_true(doc->meta.at > 0);
	}
	if (page->more)
		(void)snprintf(text + at, sizeof(text) - at, " ...");
	return text;
}

static void on_fault(void *arg, struct slice place, struct slice what)
{
	(void)arg;
	fail_msg("%.*s: %.*s", (int)place.len, place.data, (int)what.len, what.data);
}

static unsigned fault_count;

static void on_counted_fault(void *arg, struct slice place, struct slice what)
{
	(void)arg;
	(void)place;
	(void)what;
	fault_count++;
}

static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)what;
	(void)done;
	(void)total;
}

static void check(struct kit *kit)
{
	const struct store_check asked = { .on_fault = on_fault, .on_progress = on_progress };
	struct store_stats_full stats;

	assert_int_equal(store_check(kit->path, &asked, &stats, NULL), RC_OK);
}

static void pulls_have_it_only_if_asked(void **state)
{
	struct kit *kit = *state;
	struct store_edit edit = kit_edit_of("a:1", 0, NULL, "1");
	const struct kit_page *page;

	write_as(kit, &edit, "ann", NULL);
	edit = kit_edit_of("a:b:2", 0, NULL, "2");
	edit.meta = (struct store_meta){ .at = 1234, .by = slice_of("eve") };
	write_as(kit, &edit, "ann", NULL);
	edit = kit_edit_of("a:3", 0, NULL, "3");
	write_as(kit, &edit, "", NULL);
	page = kit_pull(kit, "a", KIT_BEGINNING, 10);
	assert_int_equal(page->count, 3);
	assert_int_equal(page->docs[0].meta.at, 0);
	assert_int_equal(page->docs[0].meta.by.len, 0);
	kit->wants_meta = true;
	page = kit_pull(kit, "a", KIT_BEGINNING, 10);
	assert_true(slice_is(page->docs[0].meta.by, "ann"));
	assert_true(page->docs[0].meta.at > 1234);
	assert_true(slice_is(page->docs[1].meta.by, "eve"));
	assert_int_equal(page->docs[1].meta.at, 1234);
	assert_int_equal(page->docs[2].meta.by.len, 0);
	assert_true(page->docs[2].meta.at > 1234);
}

static void versions_are_kept_by_group(void **state)
{
	static const char *const ids[] = { "a:1", "n:1", "n:off:1" };
	struct kit *kit = *state;

	for (uint64_t base = 0; base < 6; base++)
		for (size_t i = 0; i < 3; i++) {
			char value[16];

			(void)snprintf(value, sizeof(value), "\"v%llu\"",
				       (unsigned long long)base + 1);
			put(kit, ids[i], base, value);
		}
	assert_string_equal(list(kit, "a:1", 0, 10),
			    "6=\"v6\"/bob 5=\"v5\"/ann 4=\"v4\"/bob 3=\"v3\"/ann");
	assert_string_equal(list(kit, "a:1", 0, 2), "6=\"v6\"/bob 5=\"v5\"/ann ...");
	assert_string_equal(list(kit, "a:1", 5, 2), "4=\"v4\"/bob 3=\"v3\"/ann");
	assert_string_equal(list(kit, "n:1", 0, 10), "6=\"v6\"/bob 5=\"v5\"/ann");
	assert_string_equal(list(kit, "n:off:1", 0, 10), "6=\"v6\"/bob");
	assert_string_equal(list(kit, "a:2", 0, 10), "");
	check(kit);
}

static void large_values_and_deletions_are_kept(void **state)
{
	struct kit *kit = *state;
	char value[5000];

	memset(value, 'x', sizeof(value));
	value[0] = value[4998] = '"';
	value[4999] = 0;
	for (uint64_t base = 0; base < 5; base++) {
		value[1] = (char)('1' + base);
		put(kit, "a:1", base, base == 2 ? NULL : value);
	}
	assert_string_equal(list(kit, "a:1", 0, 10),
			    "5=\"5xxxxxx/ann 4=\"4xxxxxx/bob 3=-/ann 2=\"2xxxxxx/bob");
	assert_int_equal(kit->page.docs[0].value.len, 4999);
	assert_int_equal(kit->page.docs[3].value.len, 4999);
	check(kit);
}

static void fewer_are_removed_bit_by_bit(void **state)
{
	struct kit *kit = *state;

	for (uint64_t base = 0; base < 60; base++) {
		const struct store_edit edit = kit_edit_of("a:1", base, NULL, "1");

		write_as(kit, &edit, "ann", &many);
	}
	for (uint64_t base = 60; base < 70; base++)
		put(kit, "a:1", base, "2");
	assert_string_equal(list(kit, "a:1", 0, 100), "70=2/bob 69=2/ann 68=2/bob 67=2/ann");
	check(kit);
}

/* A quarter more at most, which are removed together. */
static void there_are_never_far_too_many(void **state)
{
	static const struct store_history twenty = {
		.versions = { .rules = { { .group = "*", .value = 20 } }, .count = 1 },
	};
	struct kit *kit = *state;

	for (uint64_t base = 0; base < 60; base++) {
		const struct store_edit edit = kit_edit_of("a:1", base, NULL, "1");
		size_t count;

		write_as(kit, &edit, "ann", &twenty);
		count = kit_versions(kit, "a:1", 0, 100)->count - 1;
		assert_true(count >= (base < 20 ? base : 20));
		assert_true(count <= 25);
	}
	check(kit);
}

static void removals_cannot_be_passed_over(void **state)
{
	(void)state;
	for (uint64_t versions = 1; versions < 100; versions++) {
		uint64_t last = 0;

		/* Versions of an import may leave some out. */
		for (uint64_t from = 1; from < 1000; from += versions % 7 + 1)
			if (history_is_due(versions, from, from + versions % 7 + 1)) {
				assert_true(from > versions);
				assert_true(last == 0 || from - last <= versions / 4 + 7);
				last = from;
			}
		assert_true(last > 900);
	}
}

static void a_purge_takes_versions_along_in_pieces(void **state)
{
	struct kit *kit = *state;
	struct store_request purge = { .kind = STORE_PURGE, .before = KIT_LATER, .limit = 2 };

	for (uint64_t base = 0; base < 3; base++)
		put(kit, "a:1", base, base == 2 ? NULL : "1");
	put(kit, "a:2", 0, "1");
	put(kit, "a:2", 1, "2");
	assert_int_equal(kit_commit(kit, &purge, 1), RC_OK);
	assert_int_equal(kit->replies[0].pruned, 2);
	assert_int_equal(kit->replies[0].purged, 0);
	check(kit);
	assert_int_equal(kit_commit(kit, &purge, 1), RC_OK);
	assert_int_equal(kit->replies[0].pruned, 0);
	assert_int_equal(kit->replies[0].purged, 1);
	assert_string_equal(list(kit, "a:1", 0, 10), "");
	assert_string_equal(list(kit, "a:2", 0, 10), "2=2/bob 1=1/ann");
	purge = (struct store_request){ .kind = STORE_PURGE, .ended_before = 1000, .limit = 10 };
	assert_int_equal(kit_commit(kit, &purge, 1), RC_OK);
	assert_int_equal(kit->replies[0].pruned, 0);
	purge.ended_before = KIT_LATER;
	assert_int_equal(kit_commit(kit, &purge, 1), RC_OK);
	assert_int_equal(kit->replies[0].pruned, 1);
	assert_string_equal(list(kit, "a:2", 0, 10), "2=2/bob");
	check(kit);
}

/* Writes versions of a document, of which `count` are former ones then. */
static void put_many(struct kit *kit, const char *id, unsigned count, const char *value)
{
	for (uint64_t base = 0; base <= count; base++) {
		const struct store_edit edit = kit_edit_of(id, base, NULL, value);

		write_as(kit, &edit, "ann", &many);
	}
}

static size_t former_count(struct kit *kit, const char *id)
{
	return kit_versions(kit, id, 0, 1000)->count - 1;
}

/* A purge in pieces of `limit`, as the writer makes it: how many there were. */
static unsigned prune(struct kit *kit, const struct history_rules *ended, uint64_t limit,
		      uint64_t *pruned)
{
	struct store_request purge = { .kind = STORE_PURGE, .ended = ended, .limit = limit };
	unsigned pieces = 0;
	char id[DOCID_MAX];

	*pruned = 0;
	do {
		const struct store_former *next;

		assert_int_equal(kit_commit(kit, &purge, 1), RC_OK);
		assert_int_equal(kit->replies[0].rc, RC_OK);
		assert_true(kit->replies[0].pruned <= limit);
		next = &kit->replies[0].next;
		purge.from = *next;
		if (next->id.len)
			memcpy(id, next->id.data, next->id.len);
		else
			purge.ended = NULL;
		purge.from.id.data = id;
		*pruned += kit->replies[0].pruned;
		pieces++;
	} while (kit->replies[0].more);
	return pieces;
}

/* The nearest group decides, whatever the pieces are. */
static void old_versions_are_removed_by_group(void **state)
{
	static const struct {
		const char *id;
		unsigned former, left;
	} docs[] = {
		{ "a:1", 3, 0 },      { "n:1", 4, 4 },           { "n:2", 2, 2 },
		{ "n:deep:1", 5, 0 }, { "n:deep:kept:1", 3, 3 }, { "n:deeper:1", 3, 3 },
		{ "n;:1", 2, 0 },     { "no:1", 1, 0 },          { "young:1", 3, 3 },
		{ "z:1", 2, 0 },      { "z:2", 0, 0 },
	};
	static const struct history_rules ended = {
		.rules = { { .group = "n:deep", .value = KIT_LATER },
			   { .group = "young", .value = 1000 },
			   { .group = "*", .value = KIT_LATER },
			   { .group = "n", .value = 1000 },
			   { .group = "n:deep:kept", .value = 0 },
			   { .group = "n", .value = 0 } },
		.count = 6,
	};
	const size_t count = sizeof(docs) / sizeof(docs[0]);
	struct kit *kit = *state;

	for (uint64_t limit = 1; limit < 30; limit = limit * 2 + 1) {
		uint64_t pruned;

		for (size_t i = 0; i < count; i++)
			put_many(kit, docs[i].id, docs[i].former, "1");
		(void)prune(kit, &ended, limit, &pruned);
		assert_int_equal(pruned, 13);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(former_count(kit, docs[i].id), docs[i].left);
		check(kit);
		kit_teardown(state);
		kit_setup(state);
		kit = *state;
	}
}

/* One group has a rule: nothing else is looked at. */
static void other_groups_are_passed_over(void **state)
{
	static const struct history_rules ended = {
		.rules = { { .group = "m", .value = KIT_LATER } }, .count = 1
	};
	struct kit *kit = *state;
	uint64_t pruned;

	for (unsigned i = 0; i < 20; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "%c:%u", i % 2 ? 'a' : 'z', i);
		put_many(kit, id, 1, "1");
	}
	put_many(kit, "m:1", 3, "1");
	put_many(kit, "m:2", 3, "1");
	/* One of a, six of m, one of z. */
	assert_true(prune(kit, &ended, 4, &pruned) <= 3);
	assert_int_equal(pruned, 6);
	check(kit);
}

/* A piece passes more versions that stay than it may remove. */
static void versions_that_stay_cost_a_purge_little(void **state)
{
	static const struct history_rules none = { .rules = { { .group = "*", .value = 1000 } },
						   .count = 1 };
	struct kit *kit = *state;
	uint64_t pruned;

	for (unsigned i = 0; i < 6; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "a:%u", i);
		put_many(kit, id, 90, "1");
	}
	assert_true(prune(kit, &none, 20, &pruned) <= 2);
	assert_int_equal(pruned, 0);
}

/* Wherever a page begins. */
static void pages_begin_at_any_version(void **state)
{
	struct kit *kit = *state;

	put_many(kit, "a:1", 70, "1");
	put_many(kit, "a:2", 20, "1");
	for (uint64_t before = 1; before <= 72; before++) {
		const struct kit_page *page = kit_versions(kit, "a:1", before, 3);

		assert_int_equal(page->count, before > 3 ? 3 : before - 1);
		assert_int_equal(page->more, before > 4);
		for (size_t i = 0; i < page->count; i++)
			assert_int_equal(page->docs[i].version, before - 1 - i);
	}
	assert_int_equal(kit_versions(kit, "a:3", 5, 3)->count, 0);
}

/* What was written while nothing was kept is missing, and nothing before it. */
static void earlier_versions_stay_while_none_are_kept(void **state)
{
	struct kit *kit = *state;

	for (uint64_t base = 0; base < 10; base++) {
		const struct store_edit edit = kit_edit_of("a:1", base, NULL, "1");

		write_as(kit, &edit, "ann", base == 3 || base == 4 || base == 7 ? NULL : &many);
	}
	assert_string_equal(list(kit, "a:1", 0, 100),
			    "10=1/ann 9=1/ann 8=1/ann 6=1/ann 5=1/ann 2=1/ann 1=1/ann");
	assert_string_equal(list(kit, "a:1", 6, 100), "5=1/ann 2=1/ann 1=1/ann");
	check(kit);
}

static void write_at(struct kit *kit, uint64_t base, int64_t at)
{
	struct store_edit edit = kit_edit_of("a:1", base, NULL, "1");
	const struct store_request request = { .kind = STORE_PUSH,
					       .edits = &edit,
					       .edit_count = 1,
					       .history = &many,
					       .keeps_versions = true,
					       .keeps_former = true };

	edit.meta.at = at;
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].results[0].status, STORE_OK);
}

/* Those of an import can have ended before versions that are older. */
static void old_versions_can_come_after_others(void **state)
{
	static const struct history_rules ended = { .rules = { { .group = "*", .value = 2000 } },
						    .count = 1 };
	static const struct history_rules later = { .rules = { { .group = "*", .value = 6000 } },
						    .count = 1 };
	static const int64_t times[] = { 900, 1000, 5000, 1000, 1500, 7000 };
	struct kit *kit = *state;
	uint64_t pruned;

	for (uint64_t base = 0; base < 6; base++)
		write_at(kit, base, times[base]);
	(void)prune(kit, &ended, 10, &pruned);
	assert_int_equal(pruned, 1);
	assert_int_equal(former_count(kit, "a:1"), 4);
	check(kit);
	(void)prune(kit, &later, 10, &pruned);
	assert_int_equal(pruned, 3);
	assert_int_equal(former_count(kit, "a:1"), 1);
	check(kit);
}

/* One that belongs to another document is not shown, and found by a check. */
static void versions_of_another_document_are_not_shown(void **state)
{
	struct store_check asked = { .on_fault = on_fault, .on_progress = on_progress };
	struct store_stats_full stats;
	struct kit *kit = *state;

	KIT_FILE_ONLY(kit);
	put_many(kit, "a:1", 2, "1");
	put_many(kit, "b:1", 2, "2");
	kit_close(kit);
	kit_sql(kit->path, "UPDATE doc SET former = (SELECT max(key) FROM history) WHERE id = "
			   "'a:1'");
	kit_open(kit);
	assert_string_equal(list(kit, "a:1", 0, 10), "3=1/ann");
	fault_count = 0;
	asked.on_fault = on_counted_fault;
	assert_int_equal(store_check(kit->path, &asked, &stats, NULL), RC_OK);
	assert_int_equal(fault_count, 2);
}

/* Edits of documents that do not lie together add versions that do. */
static void versions_are_added_together(void **state)
{
	enum { EDITS = 40, PAGE = 4096 + 24 };
	struct store_edit edits[EDITS];
	char ids[EDITS][16];
	const struct store_request push = {
		.kind = STORE_PUSH, .edits = edits, .edit_count = EDITS, .history = &many
	};
	struct kit *kit = *state;
	off_t size = 0;

	KIT_FILE_ONLY(kit);
	for (uint64_t base = 0; base < 31; base++) {
		for (unsigned i = 0; i < EDITS; i++) {
			(void)snprintf(ids[i], sizeof(ids[i]), "a:%u", i);
			edits[i] = kit_edit_of(ids[i], base, NULL, "1");
		}
		size = kit_size(kit, "test.db-wal");
		assert_int_equal(kit_commit(kit, &push, 1), RC_OK);
	}
	assert_true(kit_size(kit, "test.db-wal") - size <= EDITS / 4 * PAGE);
}

static void long_old_values_are_removed(void **state)
{
	static const struct history_rules all = { .rules = { { .group = "*", .value = KIT_LATER } },
						  .count = 1 };
	struct kit *kit = *state;
	char value[5000];
	uint64_t pruned;

	memset(value, 'x', sizeof(value));
	value[0] = value[4998] = '"';
	value[4999] = 0;
	put_many(kit, "a:1", 5, value);
	put_many(kit, "b:1", 5, value);
	(void)prune(kit, &all, 3, &pruned);
	assert_int_equal(pruned, 10);
	assert_int_equal(former_count(kit, "a:1"), 0);
	check(kit);
}

/* What a server has said is there for those that open the database after it. */
static void rules_of_servers_are_kept(void **state)
{
	static const struct store_history none = { .versions = { .count = 0 } };
	const struct store_history *kept;
	struct kit *kit = *state;
	struct store_edit edit = kit_edit_of("n:2:1", 0, NULL, "1");

	assert_int_equal(store_kept_history(kit->writer)->versions.count, 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(store_keep_history(kit->writer, i ? &three : &many), RC_OK);
	kit_put(kit, "a:1", 0, "1");
	kit_close(kit);
	kit_open(kit);
	kept = store_kept_history(kit->writer);
	assert_int_equal(kept->versions.count, 3);
	assert_int_equal(history_versions(kept, slice_of("a:1")), 3);
	assert_int_equal(history_versions(kept, slice_of("n:x:1")), 1);
	assert_int_equal(history_versions(kept, slice_of("n:off:1")), 0);
	for (; edit.base < 3; edit.base++)
		write_as(kit, &edit, "", kept);
	assert_string_equal(list(kit, "n:2:1", 0, 10), "3=1/ 2=1/");
	check(kit);
	assert_int_equal(store_keep_history(kit->writer, &none), RC_OK);
	kit_close(kit);
	kit_open(kit);
	assert_int_equal(store_kept_history(kit->writer)->versions.count, 0);
	assert_int_equal(kit_head(kit->reader).seq, 4);
}

static void rules_are_read_from_their_text(void **state)
{
	struct history_rules rules;
	struct buf text = BUF_EMPTY;

	(void)state;
	assert_true(slice_is(history_rules_put(&text, &three.versions), "*=3\nn=1\nn:off=0"));
	history_rules_parse(buf_slice(&text), &rules);
	buf_clear(&text);
	assert_true(slice_is(history_rules_put(&text, &rules), "*=3\nn=1\nn:off=0"));
	buf_free(&text);
	history_rules_parse(slice_of(""), &rules);
	assert_int_equal(rules.count, 0);
	history_rules_parse(slice_of("a=b=5\n\n=1\nx\nx=\nx=-1\n'\\ \xc3\xa9=7\n"), &rules);
	assert_int_equal(rules.count, 2);
	assert_string_equal(rules.rules[0].group, "a=b");
	assert_int_equal(rules.rules[0].value, 5);
	assert_string_equal(rules.rules[1].group, "'\\ \xc3\xa9");
	assert_int_equal(rules.rules[1].value, 7);
}

/* The time of a line of tail says when it was written, not when another was replaced
 * here; that of a line of `export --history` does. */
static void imports_of_changes_end_versions_now(void **state)
{
	struct kit *kit = *state;
	struct store_edit edit = kit_edit_of("a:1", 0, NULL, "1");
	struct store_request request = { .kind = STORE_PUSH,
					 .edits = &edit,
					 .edit_count = 1,
					 .history = &many,
					 .keeps_versions = true };

	for (; edit.base < 4; edit.base++) {
		edit.meta.at = 1000;
		request.keeps_former = edit.base == 3;
		assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
		assert_int_equal(kit->replies[0].results[0].status, STORE_OK);
	}
	assert_string_equal(
		kit_ask(kit->path, "SELECT count(*) FROM history WHERE ended_at = 1000"), "1");
}

static void rules_are_parsed(void **state)
{
	static const char *const bad[] = { "a:=1", "=1", "a=", "a=-1", "a=x", "", "a=1=" };
	struct history_rule rule;
	struct error err;

	(void)state;
	assert_int_equal(history_versions_parse("20", &rule, &err), RC_OK);
	assert_string_equal(rule.group, "*");
	assert_int_equal(rule.value, 20);
	assert_int_equal(history_versions_parse("a:b=off", &rule, &err), RC_OK);
	assert_string_equal(rule.group, "a:b");
	assert_int_equal(rule.value, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(history_versions_parse(bad[i], &rule, &err), RC_MALFORMED);
	assert_int_equal(history_versions_parse("1000001", &rule, &err), RC_MALFORMED);
	assert_int_equal(history_age_parse("*=90d", &rule, &err), RC_OK);
	assert_string_equal(rule.group, "*");
	assert_int_equal(rule.value, 90 * 86400);
	assert_int_equal(history_age_parse("a:b=5s", &rule, &err), RC_OK);
	assert_string_equal(rule.group, "a:b");
	assert_int_equal(rule.value, 5);
	assert_int_equal(history_age_parse("a=off", &rule, &err), RC_OK);
	assert_int_equal(rule.value, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(history_age_parse(bad[i], &rule, &err), RC_MALFORMED);
	assert_int_equal(history_age_parse("5", &rule, &err), RC_MALFORMED);
	assert_int_equal(history_age_parse("a=0s", &rule, &err), RC_MALFORMED);
	assert_int_equal(history_age_parse("36501d", &rule, &err), RC_MALFORMED);
}

static void ages_become_times(void **state)
{
	const struct history_rules ages = { .rules = { { .group = "*", .value = 300 },
						       { .group = "a", .value = 0 },
						       { .group = "a:b", .value = 2000 },
						       { .group = "c", .value = 100 } },
					    .count = 4 };
	struct history_rules times;

	(void)state;
	history_times(&ages, 1000, &times);
	assert_int_equal(history_find(&times, slice_of("z")), 700);
	assert_int_equal(history_find(&times, slice_of("a")), 0);
	assert_int_equal(history_find(&times, slice_of("a:b:c")), 0); /* before 1970 */
	assert_int_equal(history_find(&times, slice_of("c:d")), 900);
	assert_int_equal(history_find(&times, slice_of("cd")), 700);
	assert_int_equal(history_shortest(&ages), 100);
	assert_int_equal(history_shortest(&(struct history_rules){ .count = 0 }), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pulls_have_it_only_if_asked),
		TEST(versions_are_kept_by_group),
		TEST(large_values_and_deletions_are_kept),
		TEST(fewer_are_removed_bit_by_bit),
		TEST(there_are_never_far_too_many),
		cmocka_unit_test(removals_cannot_be_passed_over),
		TEST(a_purge_takes_versions_along_in_pieces),
		TEST(old_versions_are_removed_by_group),
		TEST(other_groups_are_passed_over),
		TEST(versions_that_stay_cost_a_purge_little),
		TEST(pages_begin_at_any_version),
		TEST(earlier_versions_stay_while_none_are_kept),
		TEST(old_versions_can_come_after_others),
		TEST(versions_of_another_document_are_not_shown),
		TEST(versions_are_added_together),
		TEST(long_old_values_are_removed),
		TEST(rules_of_servers_are_kept),
		TEST(imports_of_changes_end_versions_now),
		cmocka_unit_test(rules_are_read_from_their_text),
		cmocka_unit_test(rules_are_parsed),
		cmocka_unit_test(ages_become_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
