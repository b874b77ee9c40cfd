/* The store against a model of a few arrays: random pushes, retries, deletions, purges
 * and new starts, while clients that follow the protocol pull in small pages. Every
 * answer must be the model's, and every client must end up with what the model
 * holds. */
#include "store_kit.h"

#include "store/docid.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define STEPS 1500
#define DOCS 30
#define CLIENTS 11
#define EDITS_MAX 5
#define BATCH_MAX 4

static const char *const id_formats[] = { "a:%u",  "a:b:%u", "a:b:c:%u",
					  "a::%u", "ab:%u",  "\xc3\xa9:%u" };
static const char *const groups[CLIENTS] = { "a",        "a:b", "a:b:c", "a:", "ab", "*",
					     "\xc3\xa9", "a",   "none",  "a",  "*" };

struct model_doc {
	char id[16];
	bool there;
	bool deleted;
	uint64_t version;
	uint64_t seq;
	char op[8];
	char value[32];
};

/* What a client holds of a document. */
struct holding {
	bool there;
	bool seen; /* in the snapshot under way */
	uint64_t version;
};

struct client {
	const char *group;
	struct store_cursor cursor;
	bool in_reset;
	struct holding holdings[DOCS];
	unsigned caught_up;
	unsigned resets;
};

struct edit_text {
	char op[8];
	char value[32];
	unsigned doc;
};

struct push {
	struct store_edit edits[EDITS_MAX];
	struct edit_text texts[EDITS_MAX];
	size_t count;
	bool atomic;
};

struct world {
	struct kit *kit;
	struct model_doc docs[DOCS];
	uint64_t head;
	uint64_t horizon;
	struct client clients[CLIENTS];
	struct push pushes[BATCH_MAX];
	unsigned written;
};

static unsigned below(unsigned n)
{
	return (unsigned)random() % n;
}

/* ---- Pushes ---- */

static void make_edit(struct world *world, struct push *push, unsigned doc)
{
	struct edit_text *text = &push->texts[push->count];
	struct store_edit *edit = &push->edits[push->count++];
	struct model_doc *held = &world->docs[doc];
	bool deleted = below(4) == 0;

	text->doc = doc;
	(void)snprintf(text->op, sizeof(text->op), "%.0u", below(3) ? below(100) : 0);
	(void)snprintf(text->value, sizeof(text->value), "%u", ++world->written);
	*edit = kit_edit_of(held->id, held->version, text->op, deleted ? NULL : text->value);
	if (below(5) == 0)
		edit->base = below(4);
	if (held->deleted && below(2))
		edit->base = 0;
}

static void make_push(struct world *world, struct push *push)
{
	unsigned wanted = 1 + below(EDITS_MAX), doc = below(DOCS);

	/* Some are sent again, as after a lost answer. */
	if (push->count > 0 && below(4) == 0)
		return;
	push->count = 0;
	push->atomic = below(3) == 0;
	while (push->count < wanted) {
		make_edit(world, push, doc);
		doc = (doc + 1 + below(3)) % DOCS;
		for (size_t i = 0; i < push->count; i++)
			if (push->texts[i].doc == doc)
				return;
	}
}

enum outcome { WRITES, KEEPS, CONFLICTS };

static enum outcome model_outcome(const struct model_doc *held, const struct store_edit *edit)
{
	if (held->there && edit->op.len && slice_is(edit->op, held->op))
		return KEEPS;
	if (!held->there)
		return edit->deleted ? KEEPS : edit->base ? CONFLICTS : WRITES;
	if (held->deleted && edit->deleted)
		return KEEPS;
	if (held->deleted && edit->base == 0)
		return WRITES;
	return edit->base == held->version ? WRITES : CONFLICTS;
}

static void model_write(struct world *world, struct model_doc *held, const struct store_edit *edit)
{
	held->there = true;
	held->deleted = edit->deleted;
	held->version++;
	held->seq = ++world->head;
	(void)snprintf(held->op, sizeof(held->op), "%.*s", (int)edit->op.len, edit->op.data);
	(void)snprintf(held->value, sizeof(held->value), "%.*s", (int)edit->value.len,
		       edit->value.data);
}

static void check_conflict(const struct store_result *result, const struct model_doc *held)
{
	assert_int_equal(result->status, STORE_CONFLICT);
	assert_int_equal(result->version, held->version);
	assert_int_equal(result->deleted, !held->there || held->deleted);
	assert_true(slice_is(result->value, held->there && !held->deleted ? held->value : ""));
}

static void check_push(struct world *world, const struct push *push,
		       const struct store_reply *reply)
{
	enum outcome outcomes[EDITS_MAX];
	bool blocked = false;

	assert_int_equal(reply->rc, RC_OK);
	assert_int_equal(reply->result_count, push->count);
	for (size_t i = 0; i < push->count; i++) {
		outcomes[i] = model_outcome(&world->docs[push->texts[i].doc], &push->edits[i]);
		blocked = blocked || (push->atomic && outcomes[i] == CONFLICTS);
	}
	for (size_t i = 0; i < push->count; i++) {
		struct model_doc *held = &world->docs[push->texts[i].doc];
		const struct store_result *result = &reply->results[i];

		if (outcomes[i] == CONFLICTS) {
			check_conflict(result, held);
			continue;
		}
		assert_int_equal(result->status,
				 blocked && outcomes[i] == WRITES ? STORE_SKIPPED : STORE_OK);
		if (outcomes[i] == WRITES && !blocked)
			model_write(world, held, &push->edits[i]);
		assert_int_equal(result->seq, outcomes[i] == WRITES && !blocked ? held->seq : 0);
		assert_int_equal(result->version, held->version);
	}
}

static void step_push(struct world *world)
{
	struct store_request requests[BATCH_MAX];
	size_t count = 1 + below(BATCH_MAX);

	for (size_t i = 0; i < count; i++) {
		struct push *push = &world->pushes[i];

		make_push(world, push);
		requests[i] = (struct store_request){ .kind = STORE_PUSH,
						      .edits = push->edits,
						      .edit_count = push->count,
						      .atomic = push->atomic };
	}
	assert_int_equal(kit_commit(world->kit, requests, count), RC_OK);
	for (size_t i = 0; i < count; i++)
		check_push(world, &world->pushes[i], &world->kit->replies[i]);
	assert_int_equal(world->kit->replies[0].head.seq, world->head);
}

static void step_purge(struct world *world)
{
	uint64_t wanted = 0;

	for (struct model_doc *doc = world->docs; doc < world->docs + DOCS; doc++) {
		if (!doc->there || !doc->deleted)
			continue;
		wanted++;
		if (doc->seq > world->horizon)
			world->horizon = doc->seq;
		doc->there = doc->deleted = false;
		doc->version = doc->seq = 0;
	}
	assert_int_equal(kit_purge(world->kit, KIT_LATER), wanted);
}

/* ---- Pulls ---- */

static bool is_in(const struct client *client, const struct model_doc *doc)
{
	return doc->there && group_covers(slice_of(client->group), slice_of(doc->id), false);
}

/* The next document that a pull from there must show; NULL: none. */
static struct model_doc *model_next(struct world *world, const struct client *client,
				    uint64_t after, uint64_t hide)
{
	struct model_doc *next = NULL;

	for (struct model_doc *doc = world->docs; doc < world->docs + DOCS; doc++)
		if (is_in(client, doc) && doc->seq > after && (!doc->deleted || doc->seq > hide) &&
		    (!next || doc->seq < next->seq))
			next = doc;
	return next;
}

static void check_docs(struct world *world, const struct client *client, unsigned limit,
		       struct store_cursor from)
{
	const struct kit_page *page = &world->kit->page;
	const struct model_doc *doc = NULL;
	uint64_t after = from.seq;

	for (size_t i = 0; i < page->count; i++) {
		doc = model_next(world, client, after, from.start);
		assert_non_null(doc);
		assert_true(slice_is(page->docs[i].id, doc->id));
		assert_int_equal(page->docs[i].seq, doc->seq);
		assert_int_equal(page->docs[i].version, doc->version);
		assert_int_equal(page->docs[i].deleted, doc->deleted);
		assert_true(slice_is(page->docs[i].value, doc->deleted ? "" : doc->value));
		after = doc->seq;
	}
	doc = model_next(world, client, after, from.start);
	assert_true(page->count == limit || (doc == NULL && page->count < limit));
	if (from.bound == 0)
		assert_int_equal(page->more, doc != NULL);
	if (doc == NULL)
		assert_false(page->more);
}

static void client_take(struct world *world, struct client *client)
{
	const struct kit_page *page = &world->kit->page;

	if (page->reset && !client->in_reset) {
		client->resets++;
		for (size_t i = 0; i < DOCS; i++)
			client->holdings[i].seen = false;
	}
	client->in_reset = page->reset;
	for (size_t i = 0; i < page->count; i++) {
		unsigned doc = 0;

		while (!slice_is(page->docs[i].id, world->docs[doc].id))
			doc++;
		client->holdings[doc] = (struct holding){ .there = !page->docs[i].deleted,
							  .seen = true,
							  .version = page->docs[i].version };
	}
	if (page->reset && !page->more) {
		for (size_t i = 0; i < DOCS; i++)
			client->holdings[i].there =
				client->holdings[i].there && client->holdings[i].seen;
		client->in_reset = false;
	}
	client->cursor = page->next;
}

static void check_holdings(const struct world *world, const struct client *client)
{
	for (size_t i = 0; i < DOCS; i++) {
		bool wanted = is_in(client, &world->docs[i]) && !world->docs[i].deleted;

		assert_int_equal(client->holdings[i].there, wanted);
		if (wanted)
			assert_int_equal(client->holdings[i].version, world->docs[i].version);
	}
}

/* True: the client had caught up already. */
static bool step_pull(struct world *world, struct client *client)
{
	struct store_cursor from = client->cursor;
	unsigned limit = 1 + below(below(2) ? 3 : 15);
	bool resets = from.epoch != 0 && from.bound == 0 && from.seq < world->horizon;

	kit_pull(world->kit, client->group, from, limit);
	if (from.epoch == 0 || resets)
		from = (struct store_cursor){ .start = world->head,
					      .bound = world->head,
					      .reset = resets };
	assert_int_equal(world->kit->page.reset, from.reset);
	check_docs(world, client, limit, from);
	client_take(world, client);
	if (from.bound == 0 && !world->kit->page.more) {
		assert_int_equal(client->cursor.seq, world->head);
		check_holdings(world, client);
		client->caught_up++;
		return world->kit->page.count == 0;
	}
	return false;
}

static void check_measure(struct world *world)
{
	const struct store_stats db_stats = kit_stats(world->kit->reader);
	uint64_t documents = 0, tombstones = 0;

	for (size_t i = 0; i < DOCS; i++) {
		documents += world->docs[i].there && !world->docs[i].deleted;
		tombstones += world->docs[i].there && world->docs[i].deleted;
	}
	assert_int_equal(db_stats.documents, documents);
	assert_int_equal(db_stats.tombstones, tombstones);
	assert_int_equal(db_stats.head.seq, world->head);
	assert_int_equal(db_stats.horizon, world->horizon);
}

static void step_look(struct world *world)
{
	const struct client *client = &world->clients[below(CLIENTS)];
	uint64_t latest = kit_latest(world->kit->reader, client->group);
	const struct model_doc *doc;

	/* What was purged still counts: the group changed with it. */
	for (doc = world->docs; doc < world->docs + DOCS; doc++)
		assert_true(!is_in(client, doc) || doc->seq <= latest);
	assert_true(latest <= world->head);
	assert_int_equal(kit_head(world->kit->reader).seq, world->head);
	check_measure(world);
}

static void step_restart(struct world *world)
{
	kit_close(world->kit);
	kit_open(world->kit);
}

/* ---- A run ---- */

static void world_setup(struct world *world, struct kit *kit)
{
	world->kit = kit;
	for (unsigned i = 0; i < DOCS; i++)
		(void)snprintf(world->docs[i].id, sizeof(world->docs[i].id), id_formats[i % 6],
			       i / 6);
	for (size_t i = 0; i < CLIENTS; i++)
		world->clients[i].group = groups[i];
}

static void settle(struct world *world)
{
	for (struct client *client = world->clients; client < world->clients + CLIENTS; client++) {
		unsigned pages = 0;

		while (!step_pull(world, client))
			assert_true(++pages < 200);
		check_holdings(world, client);
	}
}

static void run(struct kit *kit, unsigned seed)
{
	struct world *world = mem_alloc(sizeof(*world));
	unsigned resets = 0, caught_up = 0;

	print_message("seed %u\n", seed);
	srandom(seed);
	world_setup(world, kit);
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned dice = below(200);

		if (dice < 60)
			step_push(world);
		else if (dice < 64)
			step_purge(world);
		else if (dice < 65)
			step_restart(world);
		else if (dice < 80)
			step_look(world);
		else
			(void)step_pull(world, &world->clients[below(CLIENTS)]);
	}
	settle(world);
	for (size_t i = 0; i < CLIENTS; i++) {
		resets += world->clients[i].resets;
		caught_up += world->clients[i].caught_up;
	}
	/* The run has been to all the places it is meant to go to. */
	assert_true(resets > 20);
	assert_true(world->head > 200);
	assert_true(caught_up > 50);
	free(world);
}

static void seed_1(void **state)
{
	run(*state, 1);
}

static void seed_2(void **state)
{
	run(*state, 2);
}

static void seed_3(void **state)
{
	run(*state, 3);
}

/* A new sequence each time, unless SEED=N repeats one. */
static void seed_asked_for(void **state)
{
	const char *seed = getenv("SEED");

	run(*state, seed ? (unsigned)atoi(seed) : 4);
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { KIT_TEST(seed_1), KIT_TEST(seed_2), KIT_TEST(seed_3),
					    KIT_TEST(seed_asked_for) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
