/* A back end around another one that answers later. store_open puts it there, in a build
 * for tests; t/unit/test_store_later.c and the process tests run with it.
 *
 * An operation takes two steps, each some milliseconds after the one before: the inner back
 * end is asked, and what it answered is handed on. In between the answer is kept as a
 * copy, and by the time a caller has it others may have written: as with a server at the
 * other end of a connection. Reads overtake each other; commits do not. */
#include "store/later.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/backend.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DELAY_MAX_MS 4 /* of each step; at least 1 */

enum kind { CHANGES, LATEST, HEAD, STATS, STATS_FULL, TOKEN_FIND, COMMIT };

struct operation {
	enum kind kind;
	uint64_t due; /* clock_ms() of the next step */
	bool is_answered;

	/* What was asked. */
	struct store_query query;
	struct buf text; /* the query's group; a token's id */
	const struct store_request *requests;
	size_t request_count;
	union {
		on_store_page *page;
		on_store_place *place;
		on_store_stats *stats;
		on_store_stats_full *stats_full;
		on_store_token *token;
		on_store_replies *replies;
	} on;
	void *arg;

	/* What was answered. */
	enum rc rc;
	struct store_page page;
	struct store_doc *docs;
	struct buf bytes; /* ids and values of `docs` */
	struct store_cursor place;
	struct store_stats stats;
	struct store_stats_full stats_full;
	struct buf *packed; /* of each reply; a token is the reply that lists it */
	size_t packed_count;
};

struct later {
	struct store store;   /* first */
	struct backend table; /* the inner one's, but for what is done here */
	struct store *inner;
	struct operation **operations; /* in the order of the calls */
	size_t count;
	uint64_t random;
	uint64_t commit_due[2]; /* of the last commit, for each of its steps */
};

static struct later *later_of(struct store *store)
{
	return (struct later *)store;
}

/* ---- Operations ---- */

/* xorshift64 */
static uint64_t delay(struct later *later)
{
	later->random ^= later->random << 13;
	later->random ^= later->random >> 7;
	later->random ^= later->random << 17;
	return 1 + later->random % DELAY_MAX_MS;
}

static void set_due(struct later *later, struct operation *operation)
{
	uint64_t *last = &later->commit_due[operation->is_answered];

	operation->due = clock_ms() + delay(later);
	if (operation->kind != COMMIT)
		return;
	if (operation->due < *last)
		operation->due = *last;
	*last = operation->due;
}

static struct operation *add(struct store *store, enum kind kind, struct slice text, void *arg)
{
	struct later *later = later_of(store);
	struct operation *operation = mem_alloc(sizeof(*operation));

	operation->kind = kind;
	operation->arg = arg;
	buf_put_slice(&operation->text, text);
	set_due(later, operation);
	later->operations =
		mem_resize(later->operations, later->count + 1, sizeof(struct operation *));
	later->operations[later->count++] = operation;
	return operation;
}

static void operation_free(struct operation *operation)
{
	for (size_t i = 0; i < operation->packed_count; i++)
		buf_free(&operation->packed[i]);
	free(operation->packed);
	buf_free(&operation->text);
	buf_free(&operation->bytes);
	free(operation->docs);
	free(operation);
}

/* ---- Copies of answers ---- */

static void copy_page(void *arg, enum rc rc, const struct store_page *page)
{
	struct operation *operation = arg;
	const char *at;

	operation->rc = rc;
	if (rc != RC_OK)
		return;
	operation->page = *page;
	operation->docs = mem_array(page->count, sizeof(*operation->docs));
	for (size_t i = 0; i < page->count; i++) {
		operation->docs[i] = page->docs[i];
		buf_put_slice(&operation->bytes, page->docs[i].id);
		buf_put_slice(&operation->bytes, page->docs[i].value);
	}
	at = operation->bytes.data;
	for (size_t i = 0; i < page->count; i++) {
		operation->docs[i].id.data = at;
		operation->docs[i].value.data = at + operation->docs[i].id.len;
		at += operation->docs[i].id.len + operation->docs[i].value.len;
	}
	operation->page.docs = operation->docs;
}

static void copy_place(void *arg, enum rc rc, const struct store_cursor *place)
{
	struct operation *operation = arg;

	operation->rc = rc;
	if (rc == RC_OK)
		operation->place = *place;
}

static void copy_stats(void *arg, enum rc rc, const struct store_stats *stats)
{
	struct operation *operation = arg;

	operation->rc = rc;
	if (rc == RC_OK)
		operation->stats = *stats;
}

static void copy_stats_full(void *arg, enum rc rc, const struct store_stats_full *stats)
{
	struct operation *operation = arg;

	operation->rc = rc;
	if (rc == RC_OK)
		operation->stats_full = *stats;
}

static void pack(struct operation *operation, const struct store_reply *replies, size_t count)
{
	operation->packed = mem_array(count, sizeof(*operation->packed));
	operation->packed_count = count;
	for (size_t i = 0; i < count; i++)
		store_reply_pack(&replies[i], &operation->packed[i]);
}

static void copy_token(void *arg, enum rc rc, const struct store_token *token)
{
	struct operation *operation = arg;
	struct store_token copy;
	const struct store_reply reply = { .kind = STORE_TOKEN_LIST,
					   .tokens = &copy,
					   .token_count = 1 };

	operation->rc = rc;
	if (rc != RC_OK)
		return;
	copy = *token;
	pack(operation, &reply, 1);
}

static void copy_replies(void *arg, enum rc rc, const struct store_reply *replies)
{
	struct operation *operation = arg;

	operation->rc = rc;
	if (rc == RC_OK)
		pack(operation, replies, operation->request_count);
}

/* ---- The first step ---- */

static void ask(struct later *later, struct operation *operation)
{
	struct slice text = buf_slice(&operation->text);

	switch (operation->kind) {
	case CHANGES:
		operation->query.group = text;
		store_changes(later->inner, &operation->query, copy_page, operation);
		break;
	case LATEST:
		store_latest(later->inner, text, copy_place, operation);
		break;
	case HEAD:
		store_head(later->inner, copy_place, operation);
		break;
	case STATS:
		store_stats(later->inner, copy_stats, operation);
		break;
	case STATS_FULL:
		store_stats_full(later->inner, copy_stats_full, operation);
		break;
	case TOKEN_FIND:
		store_token_find(later->inner, text, copy_token, operation);
		break;
	case COMMIT:
		store_commit(later->inner, operation->requests, operation->request_count,
			     copy_replies, operation);
		break;
	}
	operation->is_answered = true;
	set_due(later, operation);
}

/* ---- The second step ---- */

static struct store_reply *unpack(const struct operation *operation)
{
	struct store_reply *replies = mem_array(operation->packed_count, sizeof(*replies));

	for (size_t i = 0; i < operation->packed_count; i++)
		if (store_reply_unpack(buf_slice(&operation->packed[i]), &replies[i]) != RC_OK)
			abort();
	return replies;
}

static void answer_packed(const struct operation *operation)
{
	struct store_reply *replies = unpack(operation);

	if (operation->kind == COMMIT)
		operation->on.replies(operation->arg, RC_OK, replies);
	else
		operation->on.token(operation->arg, RC_OK, replies->tokens);
	for (size_t i = 0; i < operation->packed_count; i++)
		store_reply_clear(&replies[i]);
	free(replies);
}

static void answer(const struct operation *operation)
{
	bool ok = operation->rc == RC_OK;

	switch (operation->kind) {
	case CHANGES:
		operation->on.page(operation->arg, operation->rc, ok ? &operation->page : NULL);
		break;
	case LATEST:
	case HEAD:
		operation->on.place(operation->arg, operation->rc, ok ? &operation->place : NULL);
		break;
	case STATS:
		operation->on.stats(operation->arg, operation->rc, ok ? &operation->stats : NULL);
		break;
	case STATS_FULL:
		operation->on.stats_full(operation->arg, operation->rc,
					 ok ? &operation->stats_full : NULL);
		break;
	case TOKEN_FIND:
		if (ok)
			answer_packed(operation);
		else
			operation->on.token(operation->arg, operation->rc, NULL);
		break;
	case COMMIT:
		if (ok)
			answer_packed(operation);
		else
			operation->on.replies(operation->arg, operation->rc, NULL);
		break;
	}
}

/* ---- The seam ---- */

static struct operation *take(struct later *later, size_t at)
{
	struct operation *operation = later->operations[at];

	later->count--;
	memmove(&later->operations[at], &later->operations[at + 1],
		(later->count - at) * sizeof(struct operation *));
	return operation;
}

/* The operation whose step is due first; of several the one that was asked for first. */
static size_t first_due(const struct later *later)
{
	size_t first = 0;

	for (size_t i = 1; i < later->count; i++)
		if (later->operations[i]->due < later->operations[first]->due)
			first = i;
	return first;
}

static void later_poll(struct store *store, int *fd, short *events, uint64_t *deadline)
{
	const struct later *later = later_of(store);

	(void)fd;
	(void)events;
	if (later->count)
		*deadline = later->operations[first_due(later)]->due;
}

/* A step that is added here is due after `now`, so this comes to an end. */
static void later_run(struct store *store)
{
	struct later *later = later_of(store);
	uint64_t now = clock_ms();

	while (later->count) {
		size_t at = first_due(later);
		struct operation *operation = later->operations[at];

		if (operation->due > now)
			break;
		if (!operation->is_answered) {
			ask(later, operation);
			continue;
		}
		(void)take(later, at);
		answer(operation);
		operation_free(operation);
	}
}

static void later_cancel(struct store *store)
{
	struct later *later = later_of(store);

	while (later->count) {
		struct operation *operation = take(later, 0);

		operation->rc = RC_UNAVAILABLE;
		answer(operation);
		operation_free(operation);
	}
}

/* ---- The operations ---- */

static void later_changes(struct store *store, const struct store_query *query,
			  on_store_page *on_page, void *arg)
{
	struct operation *operation = add(store, CHANGES, query->group, arg);

	operation->query = *query;
	operation->on.page = on_page;
}

static void later_latest(struct store *store, struct slice group, on_store_place *on_place,
			 void *arg)
{
	add(store, LATEST, group, arg)->on.place = on_place;
}

static void later_head(struct store *store, on_store_place *on_place, void *arg)
{
	add(store, HEAD, slice_make(NULL, 0), arg)->on.place = on_place;
}

static void later_stats(struct store *store, on_store_stats *on_stats, void *arg)
{
	add(store, STATS, slice_make(NULL, 0), arg)->on.stats = on_stats;
}

static void later_stats_full(struct store *store, on_store_stats_full *on_stats, void *arg)
{
	add(store, STATS_FULL, slice_make(NULL, 0), arg)->on.stats_full = on_stats;
}

static void later_token_find(struct store *store, struct slice id, on_store_token *on_token,
			     void *arg)
{
	add(store, TOKEN_FIND, id, arg)->on.token = on_token;
}

static void later_commit(struct store *store, const struct store_request *requests, size_t count,
			 on_store_replies *on_replies, void *arg)
{
	struct operation *operation = add(store, COMMIT, slice_make(NULL, 0), arg);

	operation->requests = requests;
	operation->request_count = count;
	operation->on.replies = on_replies;
}

/* ---- What is not put off ---- */

static enum rc later_maintain(struct store *store)
{
	return store_maintain(later_of(store)->inner);
}

static enum rc later_scan(struct store *store, const struct store_scan *scan, on_store_doc *on_doc,
			  void *arg)
{
	return store_scan(later_of(store)->inner, scan, on_doc, arg);
}

static enum rc later_find(struct store *store, struct slice id, on_store_doc *on_doc, void *arg)
{
	return store_find(later_of(store)->inner, id, on_doc, arg);
}

static enum rc later_new_epoch(struct store *store, const char *path, struct error *err)
{
	return store_new_epoch(later_of(store)->inner, path, err);
}

static void later_close(struct store *store)
{
	struct later *later = later_of(store);

	assert(later->count == 0);
	store_close(later->inner);
	free(later->operations);
	free(later);
}

/* ---- Around a handle ---- */

void later_wrap(struct store **store)
{
	const char *mode = getenv("POCKETBOOK_STORE");
	struct later *later;

	if (mode == NULL || strcmp(mode, "later") != 0)
		return;
	later = mem_alloc(sizeof(*later));
	later->inner = *store;
	later->random = (uint64_t)getpid() * UINT64_C(0x9e3779b97f4a7c15) | 1;
	later->table = *later->inner->backend;
	later->table.close = later_close;
	later->table.changes = later_changes;
	later->table.latest = later_latest;
	later->table.head = later_head;
	later->table.stats = later_stats;
	later->table.stats_full = later_stats_full;
	later->table.token_find = later_token_find;
	later->table.commit = later_commit;
	later->table.maintain = later_maintain;
	later->table.poll = later_poll;
	later->table.run = later_run;
	later->table.cancel = later_cancel;
	later->table.watch = NULL;
	later->table.scan = later_scan;
	later->table.find = later_find;
	later->table.new_epoch = later_new_epoch;
	later->store.backend = &later->table;
	later->store.role = later->inner->role;
	*store = &later->store;
}
