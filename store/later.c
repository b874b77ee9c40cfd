/* A back end around another one that answers later. store_open puts it there, in a
 * build for tests; t/unit/test_store_later.c and the process tests run with it.
 *
 * An operation takes two steps, each some milliseconds after the one before: the inner
 * back end is asked, and what it answered is handed on. In between the answer is kept
 * as a copy, and by the time a caller has it others may have written: as with a server
 * at the other end of a connection. Reads overtake each other; commits do not. */
#include "store/later.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/backend.h"
#include "store/later_operation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DELAY_MAX_MS 4 /* of each step; at least 1 */

struct later {
	struct store store;   /* first */
	struct backend table; /* the inner one's, but for what is done here */
	struct store *inner;
	struct operation **operations; /* in the order of the calls */
	size_t count;
	size_t room;
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

static struct operation *add(struct store *store, enum operation_kind kind, struct slice text,
			     void *arg)
{
	struct later *later = later_of(store);
	struct operation *operation = mem_alloc(sizeof(*operation));

	operation->kind = kind;
	operation->arg = arg;
	buf_put_slice(&operation->text, text);
	set_due(later, operation);
	later->operations = mem_grow(later->operations, &later->room, later->count + 1,
				     sizeof(struct operation *));
	later->operations[later->count++] = operation;
	return operation;
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

/* The operation whose step is due first; of several the one that was asked for
 * first. */
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
			operation_ask(operation, later->inner);
			set_due(later, operation);
			continue;
		}
		(void)take(later, at);
		operation_answer(operation);
		operation_free(operation);
	}
}

static void later_cancel(struct store *store)
{
	struct later *later = later_of(store);

	while (later->count) {
		struct operation *operation = take(later, 0);

		operation->rc = RC_UNAVAILABLE;
		operation_answer(operation);
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

static void later_versions(struct store *store, const struct store_versions *query,
			   on_store_page *on_page, void *arg)
{
	struct operation *operation = add(store, VERSIONS, query->id, arg);

	operation->versions = *query;
	operation->on.page = on_page;
}

static void later_latest(struct store *store, struct slice group, on_store_place *on_place,
			 void *arg)
{
	add(store, LATEST, group, arg)->on.place = on_place;
}

static void later_head(struct store *store, on_store_places *on_places, void *arg)
{
	add(store, HEAD, slice_make(NULL, 0), arg)->on.places = on_places;
}

static void later_stats(struct store *store, on_store_stats *on_stats, void *arg)
{
	add(store, STATS, slice_make(NULL, 0), arg)->on.stats = on_stats;
}

static void later_stats_full(struct store *store, on_store_stats_full *on_stats, void *arg)
{
	add(store, STATS_FULL, slice_make(NULL, 0), arg)->on.stats_full = on_stats;
}

static void later_users(struct store *store, unsigned limit, on_store_users *on_users, void *arg)
{
	struct operation *operation = add(store, USERS, slice_make(NULL, 0), arg);

	operation->limit = limit;
	operation->on.users = on_users;
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

static enum rc later_keep_history(struct store *store, struct slice rules)
{
	struct store *inner = later_of(store)->inner;

	return inner->backend->keep_history(inner, rules);
}

static enum rc later_maintain(struct store *store)
{
	return store_maintain(later_of(store)->inner);
}

static enum rc later_present(struct store *store, struct error *err)
{
	return store_present(later_of(store)->inner, err);
}

static uint64_t later_logs(const struct store *store)
{
	return store_logs(((const struct later *)store)->inner);
}

static uint64_t later_identity(const struct store *store)
{
	return store_identity(((const struct later *)store)->inner);
}

static uint64_t later_edition(struct store *store)
{
	return store_edition(later_of(store)->inner);
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
	later->table.present = later_present;
	later->table.identity = later_identity;
	later->table.logs = later_logs;
	later->table.changes = later_changes;
	later->table.versions = later_versions;
	later->table.latest = later_latest;
	later->table.head = later_head;
	later->table.edition = later_edition;
	later->table.stats = later_stats;
	later->table.stats_full = later_stats_full;
	later->table.users = later_users;
	later->table.token_find = later_token_find;
	later->table.commit = later_commit;
	later->table.maintain = later_maintain;
	later->table.keep_history = later_keep_history;
	later->table.poll = later_poll;
	later->table.run = later_run;
	later->table.cancel = later_cancel;
	later->table.watch = NULL;
	later->table.scan = later_scan;
	later->table.find = later_find;
	later->table.new_epoch = later_new_epoch;
	later->store.backend = &later->table;
	later->store.role = later->inner->role;
	later->store.lanes = later->inner->lanes;
	later->store.history = later->inner->history;
	*store = &later->store;
}
