/* The same random requests to a database file and to PostgreSQL: every reply, page,
 * place, statistic and token must be equal. Skipped without POCKETBOOK_TEST_DB. */
#include "store_kit.h"

#include "store_kit_postgres.h"

#include "base/mem.h"
#include "store/docid.h"
#include "store/history.h"
#include "store/transfer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STEPS 500
#define BATCH_MAX 12
#define EDITS_MAX 6
#define GROUPS 9
#define IDS 6

static const char *const groups[GROUPS] = { "a",   "a:b",      "a:b:c", "a:",  "ab",
					    "a;b", "\xc3\xa9", "z:*",   "none" };

struct pair {
	struct kit *file;
	struct kit *server;
	struct store_cursor cursors[GROUPS][2]; /* where each one's clients are */
	unsigned tokens;
	unsigned written;
	const struct store_history *history; /* changes with each batch */
	bool makes;                          /* the same: each edit makes a document */
};

static int lanes = 1; /* of the server; with several, its numbers are others */

/* What the requests of a batch point into. */
struct batch {
	struct store_request requests[BATCH_MAX];
	struct store_edit edits[BATCH_MAX][EDITS_MAX];
	char ids[BATCH_MAX][EDITS_MAX][32];
	char ops[BATCH_MAX][EDITS_MAX][16];
	char token_ids[BATCH_MAX][2][20];
	char *values[BATCH_MAX][EDITS_MAX];
	struct store_grant grants[BATCH_MAX][2];
	size_t count;
};

static unsigned below(unsigned n)
{
	return (unsigned)random() % n;
}

/* ---- Requests ---- */

static char *make_value(struct pair *pair)
{
	static const unsigned lengths[] = { 8, 8, 8, 40, 1023, 1025, 2100, 9000 };
	unsigned length = lengths[below(8)];
	char *value = mem_alloc(length + 1);

	(void)snprintf(value, length + 1, "\"%u", ++pair->written);
	for (size_t i = strlen(value); i < length; i++)
		value[i] = (char)('a' + below(26));
	value[length - 1] = '"';
	return value;
}

static bool has_id(const struct batch *batch, size_t r, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(batch->ids[r][i], id) == 0)
			return true;
	return false;
}

/* Some say themselves who wrote them, and when. */
static struct store_meta make_meta(void)
{
	if (below(3))
		return (struct store_meta){ .at = 0 };
	return (struct store_meta){ .at = 1 + below(1000), .by = slice_of(below(2) ? "eve" : "") };
}

static void make_edit(struct pair *pair, struct batch *batch, size_t r, size_t i)
{
	bool deleted = !pair->makes && below(4) == 0;
	struct store_edit *edit = &batch->edits[r][i];
	char *op = batch->ops[r][i];

	do
		(void)snprintf(batch->ids[r][i], sizeof(batch->ids[r][i]), "%s:%u",
			       groups[below(GROUPS - 1)],
			       pair->makes ? IDS + (unsigned)random() : below(IDS));
	while (has_id(batch, r, i, batch->ids[r][i]));
	if (!deleted)
		batch->values[r][i] = make_value(pair);
	/* An op may contain any byte. */
	(void)snprintf(op, 16, "o%c%u", below(2) ? '-' : 0, below(60));
	*edit = (struct store_edit){
		.id = slice_of(batch->ids[r][i]),
		.base = below(3) && !pair->makes ? below(6) : 0,
		.op = below(3) ? slice_make(op, 2 + strlen(op + 2)) : slice_make("", 0),
		.deleted = deleted,
		.plain = below(2),
		.value = deleted ? slice_make("", 0) : slice_of(batch->values[r][i]),
		.meta = make_meta(),
	};
}

static const struct store_history history = {
	.versions = { .rules = { { .group = "*", .value = 2 },
				 { .group = "a", .value = 9 },
				 { .group = "a:b", .value = 0 } },
		      .count = 3 },
};

/* Times of purges: nothing is that old, all is. */
static const struct history_rules ended[] = {
	{ .rules = { { .group = "a", .value = KIT_LATER } }, .count = 1 },
	{ .rules = { { .group = "a:b", .value = KIT_LATER }, { .group = "z", .value = 1 } },
	  .count = 2 },
	{ .rules = { { .group = "*", .value = KIT_LATER },
		     { .group = "a", .value = 0 },
		     { .group = "a:b:c", .value = KIT_LATER },
		     { .group = "z", .value = KIT_LATER },
		     { .group = "z", .value = 0 } },
	  .count = 5 },
};

static void make_push(struct pair *pair, struct batch *batch, size_t r)
{
	size_t count = below(EDITS_MAX + 1);

	for (size_t i = 0; i < count; i++)
		make_edit(pair, batch, r, i);
	batch->requests[r] = (struct store_request){ .kind = STORE_PUSH,
						     .edits = batch->edits[r],
						     .edit_count = count,
						     .user = slice_of(below(3) ? "b\xc3\xa9" : ""),
						     .history = pair->history,
						     .atomic = below(3) == 0 };
}

static struct slice token_id(struct pair *pair, char out[20])
{
	(void)snprintf(out, 20, "%016x", below(2 + pair->tokens / 2));
	return slice_make(out, STORE_TOKEN_ID_LEN);
}

static void make_token(struct pair *pair, struct batch *batch, size_t r, enum store_kind kind)
{
	struct store_token *token = &batch->requests[r].token;

	pair->tokens += pair->tokens < 20;
	batch->grants[r][0] = (struct store_grant){ slice_of(groups[below(GROUPS)]), below(2) };
	batch->grants[r][1] = (struct store_grant){ slice_of("*"), below(2) };
	batch->requests[r] =
		(struct store_request){ .kind = kind, .old_ends = below(30), .before = 0 };
	*token = (struct store_token){ .id = token_id(pair, batch->token_ids[r][0]),
				       .user = slice_of(below(2) ? "ann" : "b\xc3\xa9"),
				       .created = below(30),
				       .expires = below(40),
				       .grants = batch->grants[r],
				       .grant_count = 1 + below(2) };
	memset(token->hash, (int)below(3), sizeof(token->hash));
	batch->requests[r].old = token_id(pair, batch->token_ids[r][1]);
	if (kind == STORE_TOKEN_ROTATE && below(2))
		token->expires = STORE_EXPIRES_KEPT;
}

static void make_request(struct pair *pair, struct batch *batch, size_t r)
{
	static const enum store_kind kinds[] = { STORE_TOKEN_ADD, STORE_TOKEN_LIST,
						 STORE_TOKEN_REVOKE, STORE_TOKEN_ROTATE };
	unsigned dice = below(40);

	if (dice < 6)
		make_token(pair, batch, r, kinds[below(4)]);
	else if (dice == 6 && lanes == 1) /* a purge ends cursors of its own lane only */
		batch->requests[r] =
			(struct store_request){ .kind = STORE_PURGE,
						.before = below(2) ? KIT_LATER : 0,
						.ended_before = below(2) ? KIT_LATER : 0,
						.ended = below(2) ? &ended[below(3)] : NULL,
						.limit = STORE_PURGE_MAX };
	else
		make_push(pair, batch, r);
}

static void free_batch(struct batch *batch)
{
	for (size_t r = 0; r < BATCH_MAX; r++)
		for (size_t i = 0; i < EDITS_MAX; i++)
			free(batch->values[r][i]);
	free(batch);
}

/* ---- Replies ---- */

static void assert_slices(struct slice a, struct slice b)
{
	assert_int_equal(a.len, b.len);
	if (a.len)
		assert_memory_equal(a.data, b.data, a.len);
}

static void assert_numbers(uint64_t a, uint64_t b)
{
	if (lanes == 1)
		assert_int_equal(a, b);
	else
		assert_int_equal(a == 0, b == 0);
}

static void assert_tokens(const struct store_token *a, const struct store_token *b)
{
	assert_slices(a->id, b->id);
	assert_slices(a->user, b->user);
	assert_memory_equal(a->hash, b->hash, sizeof(a->hash));
	assert_int_equal(a->created, b->created);
	assert_int_equal(a->expires, b->expires);
	assert_int_equal(a->grant_count, b->grant_count);
	for (size_t i = 0; i < a->grant_count; i++) {
		assert_slices(a->grants[i].group, b->grants[i].group);
		assert_int_equal(a->grants[i].write, b->grants[i].write);
	}
}

static void assert_results(const struct store_result *a, const struct store_result *b)
{
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->version, b->version);
	assert_numbers(a->seq, b->seq);
	assert_int_equal(a->deleted, b->deleted);
	if (!a->deleted) /* else it is of no value */
		assert_int_equal(a->plain, b->plain);
	assert_slices(a->value, b->value);
}

static void assert_replies(const struct store_reply *a, const struct store_reply *b)
{
	assert_int_equal(a->rc, b->rc);
	assert_int_equal(a->kind, b->kind);
	if (lanes == 1)
		assert_int_equal(a->head.seq, b->head.seq);
	assert_int_equal(a->purged, b->purged);
	assert_int_equal(a->pruned, b->pruned);
	assert_int_equal(a->more, b->more);
	assert_int_equal(a->result_count, b->result_count);
	for (size_t i = 0; i < a->result_count; i++)
		assert_results(&a->results[i], &b->results[i]);
	assert_int_equal(a->token_count, b->token_count);
	for (size_t i = 0; i < a->token_count; i++)
		assert_tokens(&a->tokens[i], &b->tokens[i]);
}

static void step_commit(struct pair *pair)
{
	struct batch *batch = mem_alloc(sizeof(*batch));

	batch->count = 1 + below(BATCH_MAX);
	pair->makes = below(3) == 0;
	pair->history = below(5) == 0 ? NULL : below(5) == 0 ? &history_all : &history;
	for (size_t r = 0; r < batch->count; r++)
		make_request(pair, batch, r);
	assert_int_equal(kit_commit(pair->file, batch->requests, batch->count), RC_OK);
	assert_int_equal(kit_commit(pair->server, batch->requests, batch->count), RC_OK);
	for (size_t r = 0; r < batch->count; r++)
		assert_replies(&pair->file->replies[r], &pair->server->replies[r]);
	free_batch(batch);
}

/* ---- Pulls ---- */

static uint64_t wild(uint64_t number)
{
	return below(4) ? number : below(2) ? number + below(3) : below(200);
}

/* A cursor of that client, or a similar one that may be impossible. */
static struct store_cursor vary(struct store_cursor cursor, unsigned dice)
{
	if (dice % 3 || lanes > 1)
		return cursor;
	srandom(dice); /* the same for both */
	cursor.seq = wild(cursor.seq);
	cursor.start = cursor.bound ? wild(cursor.start) : 0;
	cursor.bound = cursor.bound ? wild(cursor.bound) : 0;
	if (below(8) == 0)
		cursor.epoch ^= 1;
	return cursor;
}

static void assert_cursors(struct store_cursor a, struct store_cursor b)
{
	if (lanes == 1) {
		assert_int_equal(a.seq, b.seq);
		assert_int_equal(a.start, b.start);
	}
	assert_numbers(a.bound, b.bound);
	assert_int_equal(a.reset, b.reset);
}

/* What says nothing of a time was written now. */
static void assert_metas(const struct store_meta *a, const struct store_meta *b)
{
	assert_slices(a->by, b->by);
	if (a->at <= 1000)
		assert_int_equal(a->at, b->at);
	else
		assert_in_range(b->at, a->at - 60, a->at + 60);
}

static void assert_pages(const struct kit_page *a, const struct kit_page *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->more, b->more);
	assert_int_equal(a->reset, b->reset);
	assert_cursors(a->next, b->next);
	for (size_t i = 0; i < a->count; i++) {
		assert_slices(a->docs[i].id, b->docs[i].id);
		assert_slices(a->docs[i].value, b->docs[i].value);
		assert_int_equal(a->docs[i].version, b->docs[i].version);
		assert_numbers(a->docs[i].seq, b->docs[i].seq);
		assert_int_equal(a->docs[i].deleted, b->docs[i].deleted);
		assert_int_equal(a->docs[i].plain, b->docs[i].plain);
		assert_int_equal(a->docs[i].damaged, b->docs[i].damaged);
		assert_metas(&a->docs[i].meta, &b->docs[i].meta);
	}
}

static void step_pull(struct pair *pair)
{
	unsigned g = below(GROUPS), limit = 1 + below(below(2) ? 3 : 20);
	unsigned dice = (unsigned)random();
	size_t max_bytes = below(3) ? SIZE_MAX : below(3000);
	struct store_cursor *at = pair->cursors[g];
	struct store_cursor file = vary(at[0], dice), server = vary(at[1], dice);

	pair->file->wants_meta = pair->server->wants_meta = below(2);
	kit_pull_bytes(pair->file, groups[g], file, limit, max_bytes);
	kit_pull_bytes(pair->server, groups[g], server, limit, max_bytes);
	assert_pages(&pair->file->page, &pair->server->page);
	at[0] = pair->file->page.next;
	at[1] = pair->server->page.next;
	assert_numbers(kit_latest(pair->file->reader, groups[g]),
		       kit_latest(pair->server->reader, groups[g]));
}

static void step_versions(struct pair *pair)
{
	const unsigned limit = 1 + below(4), before = below(12);
	char id[32];

	(void)snprintf(id, sizeof(id), "%s:%u", groups[below(GROUPS - 1)], below(IDS));
	kit_versions(pair->file, id, before, limit);
	kit_versions(pair->server, id, before, limit);
	assert_pages(&pair->file->page, &pair->server->page);
}

static void step_look(struct pair *pair)
{
	struct store_stats file = kit_stats(pair->file->reader);
	struct store_stats server = kit_stats(pair->server->reader);

	assert_numbers(file.head.seq, server.head.seq);
	assert_numbers(file.horizon, server.horizon);
	assert_int_equal(file.documents, server.documents);
	assert_int_equal(file.tombstones, server.tombstones);
}

/* ---- A run ---- */

static void on_fault(void *arg, struct slice place, struct slice what)
{
	(void)arg;
	fail_msg("%.*s: %.*s", (int)place.len, place.data, (int)what.len, what.data);
}

static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)what;
	(void)done;
	(void)total;
}

static void check_both(struct pair *pair)
{
	const struct store_check check = { .on_fault = on_fault,
					   .on_progress = on_progress,
					   .quick = true };
	struct store_stats_full file, server;

	assert_int_equal(store_check(pair->file->path, &check, &file, NULL), RC_OK);
	assert_int_equal(store_check(pair->server->path, &check, &server, NULL), RC_OK);
	assert_int_equal(file.groups, server.groups);
	assert_int_equal(file.documents, server.documents);
	assert_int_equal(file.tombstones, server.tombstones);
	assert_int_equal(file.tokens, server.tokens);
}

static void walk(struct pair *pair, unsigned steps)
{
	for (unsigned step = 0; step < steps; step++) {
		unsigned dice = below(20);

		if (dice < 6)
			step_commit(pair);
		else if (dice < 7)
			step_look(pair);
		else if (dice < 11)
			step_versions(pair);
		else
			step_pull(pair);
	}
	check_both(pair);
}

static void begin(void **state, struct pair *pair, unsigned seed)
{
	void *server;

	*pair = (struct pair){ .file = *state };
	if (getenv("POCKETBOOK_TEST_DB") == NULL)
		skip();
	assert_int_equal(kit_setup(&server), 0);
	pair->server = server;
	print_message("seed %u\n", seed);
	srandom(seed);
}

static void run(void **state, unsigned seed)
{
	struct pair pair;
	void *server;

	begin(state, &pair, seed);
	walk(&pair, STEPS);
	server = pair.server;
	assert_true(kit_stats(pair.file->reader).head.seq > 100);
	assert_int_equal(kit_teardown(&server), 0);
}

static void seed_1(void **state)
{
	run(state, 1);
}

static void seed_2(void **state)
{
	run(state, 2);
}

/* The same verdicts and pages, whichever lanes the groups are in. */
static void compare_lanes(void **state)
{
	struct pair pair;
	struct error err;
	void *server;

	begin(state, &pair, 5);
	kit_close(pair.server);
	kit_postgres_setup(getenv("POCKETBOOK_TEST_DB"), pair.server->path,
			   sizeof(pair.server->path));
	assert_int_equal(store_init(pair.server->path, 4, &err), RC_OK);
	kit_open(pair.server);
	lanes = 4;
	walk(&pair, STEPS);
	lanes = 1;
	server = pair.server;
	assert_int_equal(kit_teardown(&server), 0);
}

static void several_lanes(void **state)
{
	compare_lanes(state);
}

/* Each lane's pushes in a transaction of their own. */
static void several_lanes_in_parts(void **state)
{
	setenv("POCKETBOOK_PART_EDITS", "1", 1);
	compare_lanes(state);
	unsetenv("POCKETBOOK_PART_EDITS");
}

/* ---- Copies ---- */

/* `to` is empty, or a file that is not there. */
static void copy(struct kit *from, struct kit *to)
{
	struct store_transfer transfer = {
		.from = from->path, .to = to->path, .fd = -1, .lanes = 1, .on_progress = on_progress
	};
	struct store_transferred copied;
	struct error err = { "" };

	if (kit_is_file(to)) {
		transfer.fd = open(to->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		assert_true(transfer.fd >= 0);
	}
	assert_string_equal(store_transfer(&transfer, &copied, &err) ? err.text : "", "");
	if (transfer.fd >= 0)
		(void)close(transfer.fd);
}

/* The clients of one database go on with the other, with the cursors that they have. */
static void follow_copy(struct pair *pair, int from)
{
	for (unsigned g = 0; g < GROUPS; g++)
		pair->cursors[g][1 - from] = pair->cursors[g][from];
}

static void copies(void **state)
{
	struct pair pair;
	void *server;

	begin(state, &pair, 4);
	walk(&pair, STEPS / 2);
	kit_close(pair.file);
	kit_close(pair.server);
	kit_postgres_setup(getenv("POCKETBOOK_TEST_DB"), pair.server->path,
			   sizeof(pair.server->path));
	copy(pair.file, pair.server);
	kit_open(pair.file);
	kit_open(pair.server);
	follow_copy(&pair, 0);
	walk(&pair, STEPS / 2);
	kit_close(pair.file);
	kit_close(pair.server);
	(void)snprintf(pair.file->path, sizeof(pair.file->path), "%s/other", pair.file->dir);
	copy(pair.server, pair.file);
	kit_open(pair.file);
	kit_open(pair.server);
	follow_copy(&pair, 1);
	walk(&pair, STEPS / 2);
	server = pair.server;
	assert_int_equal(kit_teardown(&server), 0);
}

/* SEED=N repeats one. */
static void seed_asked_for(void **state)
{
	const char *seed = getenv("SEED");

	run(state, seed ? (unsigned)atoi(seed) : 3);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup_file, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { FILE_TEST(seed_1),
					    FILE_TEST(seed_2),
					    FILE_TEST(seed_asked_for),
					    FILE_TEST(several_lanes),
					    FILE_TEST(several_lanes_in_parts),
					    FILE_TEST(copies) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
