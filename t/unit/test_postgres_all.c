/* Pulls of all groups in a database with several lanes: every change comes exactly
 * once, within the bounds of a page, whatever is written meanwhile. A database file,
 * which gets the same writes, says what there is. Skipped without
 * POCKETBOOK_TEST_DB. */
#include "store_kit.h"

#include "store_kit_postgres.h"

#include "base/mem.h"
#include "store/lane.h"

#include <stdio.h>
#include <stdlib.h>

#define LANES 4
#define STEPS 700
#define READERS 3
#define NAMES 10
#define IDS 8
#define DOCS (NAMES * IDS)
/* More pages than any snapshot or any backlog here needs. */
#define PAGES_MAX (4 * DOCS)

static const char *const names[NAMES] = { "a", "b",           "c", "d",     "a:b",
					  "e", "b:long:name", "f", "d:d:d", "*" };

struct held {
	uint64_t version; /* 0: none */
	bool deleted;
	bool seen; /* in the reset under way */
};

/* A client that follows everything. */
struct reader {
	struct store_position at;
	struct held docs[DOCS];
	bool resets;
	unsigned resets_seen;
};

struct world {
	struct kit *file;
	struct kit *server;
	uint64_t versions[DOCS]; /* of the last write; 0: none, or purged */
	bool deleted[DOCS];
	struct reader readers[READERS];
};

static unsigned below(unsigned n)
{
	return (unsigned)random() % n;
}

static const char *id_of(unsigned doc)
{
	static char id[32];

	(void)snprintf(id, sizeof(id), "%s:%u", names[doc / IDS], doc % IDS);
	return id;
}

static unsigned doc_of(struct slice id)
{
	unsigned doc = 0;

	while (doc < DOCS && !slice_is(id, id_of(doc)))
		doc++;
	assert_true(doc < DOCS);
	return doc;
}

/* ---- Writes ---- */

static void write_doc(struct world *world, unsigned doc)
{
	static char value[600];
	const bool deletes = world->versions[doc] && !world->deleted[doc] && below(4) == 0;
	const unsigned length = 3 + below(sizeof(value) - 4);

	memset(value, 'x', length);
	value[0] = value[length - 1] = '"';
	value[length] = 0;
	for (int i = 0; i < 2; i++)
		(void)kit_put(i ? world->server : world->file, id_of(doc), world->versions[doc],
			      deletes ? NULL : value);
	world->versions[doc]++;
	world->deleted[doc] = deletes;
}

static void purge(struct world *world)
{
	assert_int_equal(kit_purge(world->file, KIT_LATER), kit_purge(world->server, KIT_LATER));
	for (unsigned doc = 0; doc < DOCS; doc++)
		if (world->deleted[doc]) {
			world->versions[doc] = 0;
			world->deleted[doc] = false;
		}
}

/* ---- Reads ---- */

static void begin_reset(struct reader *reader)
{
	reader->resets = true;
	reader->resets_seen++;
	for (unsigned doc = 0; doc < DOCS; doc++)
		reader->docs[doc].seen = false;
}

static void end_reset(struct reader *reader)
{
	reader->resets = false;
	for (unsigned doc = 0; doc < DOCS; doc++)
		if (!reader->docs[doc].seen)
			reader->docs[doc].version = 0;
}

static void take_doc(struct reader *reader, const struct store_doc *doc)
{
	struct held *held = &reader->docs[doc_of(doc->id)];

	/* A purged document begins with version 1 again. */
	if (!held->deleted && !(reader->resets && !held->seen))
		assert_true(doc->version > held->version);
	*held = (struct held){ doc->version, doc->deleted, true };
}

static void assert_bounds(const struct kit_page *page, unsigned limit, size_t max_bytes)
{
	uint64_t seqs[LANES] = { 0 };
	size_t bytes = 0;

	assert_true(page->count <= limit);
	for (size_t i = 0; i < page->count; i++) {
		const int lane = lane_of(page->docs[i].id, LANES);

		assert_true(bytes <= max_bytes);
		bytes += page->docs[i].value.len;
		assert_true(page->docs[i].seq > seqs[lane]);
		seqs[lane] = page->docs[i].seq;
	}
	/* A page that is not full is the last. */
	assert_true(!page->more || page->count == limit || bytes > max_bytes);
}

/* Through the text, as a client that keeps it. */
static void pass_on(struct store_position *at)
{
	char text[STORE_CURSOR_TEXT_MAX];
	const size_t len = store_position_format(at, text);
	struct store_cursors before = *at->all;

	assert_true(len < STORE_CURSOR_TEXT_MAX && len == strlen(text));
	assert_int_equal(store_position_parse(at, slice_of(text), 0), RC_OK);
	/* Lanes that have not begun are not in it. */
	for (int lane = before.lane + 1; before.bound && lane < LANES; lane++)
		assert_int_equal(before.at.seqs[lane], 0);
	assert_int_equal(at->all->bound, before.bound);
	assert_memory_equal(at->all->at.seqs, before.at.seqs, sizeof(before.at.seqs));
}

/* False: there is nothing more. */
static bool read_page(struct world *world, struct reader *reader, unsigned limit, size_t max_bytes)
{
	const bool resets = store_position_resets(&reader->at);
	const struct kit_page *page =
		kit_pull_at(world->server, "*", &reader->at, limit, max_bytes);

	assert_bounds(page, limit, max_bytes);
	if (page->reset && !resets)
		begin_reset(reader);
	for (size_t i = 0; i < page->count; i++)
		take_doc(reader, &page->docs[i]);
	assert_int_equal(store_position_bound(&reader->at) > 0 && page->reset,
			 store_position_resets(&reader->at));
	if (!page->more)
		assert_int_equal(store_position_bound(&reader->at), 0);
	if (reader->resets && !page->more)
		end_reset(reader);
	pass_on(&reader->at);
	return page->more;
}

/* Everything that there is, and what the file has is the same. */
static void assert_current(struct world *world, struct reader *reader)
{
	unsigned pages = 0, alive = 0;
	const struct kit_page *file;

	while (read_page(world, reader, 1 + below(20), below(2) ? SIZE_MAX : below(2000)))
		assert_true(++pages < PAGES_MAX);
	/* A snapshot may end before what was written since it began, or have to be
	 * repeated after a purge. */
	for (int i = 0; i < 3; i++)
		while (read_page(world, reader, 7, SIZE_MAX))
			assert_true(++pages < PAGES_MAX);
	assert_int_equal(kit_pull_at(world->server, "*", &reader->at, 1, 0)->count, 0);
	file = kit_pull(world->file, "*", KIT_BEGINNING, DOCS);
	for (size_t i = 0; i < file->count; i++) {
		const struct held *held = &reader->docs[doc_of(file->docs[i].id)];

		assert_int_equal(held->version, file->docs[i].version);
		assert_false(held->deleted);
	}
	for (unsigned doc = 0; doc < DOCS; doc++)
		alive += reader->docs[doc].version && !reader->docs[doc].deleted;
	assert_int_equal(alive, file->count);
}

static void forget(struct world *world, struct reader *reader)
{
	store_position_clear(&reader->at);
	*reader = (struct reader){ .resets_seen = reader->resets_seen };
	store_position_init(&reader->at, world->server->reader, slice_of("*"));
}

/* ---- Walks ---- */

static void setup(void **state, struct world *world, unsigned seed)
{
	struct error err = { "" };
	void *server;

	*world = (struct world){ .file = *state };
	if (getenv("POCKETBOOK_TEST_DB") == NULL)
		skip();
	assert_int_equal(kit_setup(&server), 0);
	world->server = server;
	kit_close(world->server);
	kit_postgres_setup(getenv("POCKETBOOK_TEST_DB"), world->server->path,
			   sizeof(world->server->path));
	if (store_init(world->server->path, LANES, &err) != RC_OK)
		fail_msg("%s", err.text);
	kit_open(world->server);
	for (int i = 0; i < READERS; i++)
		forget(world, &world->readers[i]);
	print_message("seed %u\n", seed);
	srandom(seed);
}

static void teardown(struct world *world)
{
	void *server = world->server;

	for (int i = 0; i < READERS; i++)
		store_position_clear(&world->readers[i].at);
	assert_int_equal(kit_teardown(&server), 0);
}

static void step(struct world *world)
{
	struct reader *reader = &world->readers[below(READERS)];
	const unsigned dice = below(60);

	if (dice < 24)
		write_doc(world, below(DOCS));
	else if (dice < 25)
		purge(world);
	else if (dice < 26)
		forget(world, reader);
	else if (dice < 27)
		assert_int_equal(store_new_epoch(world->server->writer, world->server->path, NULL),
				 RC_OK);
	else if (dice < 30)
		assert_current(world, reader);
	else
		(void)read_page(world, reader, 1 + below(5), below(2) ? SIZE_MAX : below(1500));
}

static void run(void **state, unsigned seed)
{
	struct world world;
	unsigned resets = 0;

	setup(state, &world, seed);
	for (int i = 0; i < STEPS; i++)
		step(&world);
	for (int i = 0; i < READERS; i++) {
		assert_current(&world, &world.readers[i]);
		resets += world.readers[i].resets_seen;
	}
	assert_true(resets > 0);
	teardown(&world);
}

static void seed_1(void **state)
{
	run(state, 1);
}

static void seed_2(void **state)
{
	run(state, 2);
}

/* SEED=N repeats one. */
static void seed_asked_for(void **state)
{
	const char *seed = getenv("SEED");

	run(state, seed ? (unsigned)atoi(seed) : 3);
}

/* A lane in which more is written than a reader takes does not hold the others back. */
static void busy_lanes_hold_no_other_back(void **state)
{
	struct world world;
	struct reader *reader = &world.readers[0];
	unsigned pages = 0;

	setup(state, &world, 4);
	while (read_page(&world, reader, 10, SIZE_MAX))
		;
	write_doc(&world, 1 * IDS);
	while (reader->docs[1 * IDS].version == 0) {
		write_doc(&world, below(IDS));
		(void)read_page(&world, reader, 1, SIZE_MAX);
		assert_true(++pages < 200);
	}
	/* Nor does a snapshot take for ever. */
	forget(&world, reader);
	pages = 0;
	do {
		for (int i = 0; i < 3; i++)
			write_doc(&world, below(DOCS));
		assert_true(++pages < PAGES_MAX);
	} while (read_page(&world, reader, 1, SIZE_MAX));
	assert_current(&world, reader);
	teardown(&world);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup_file, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(seed_1),
		FILE_TEST(seed_2),
		FILE_TEST(seed_asked_for),
		FILE_TEST(busy_lanes_hold_no_other_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
