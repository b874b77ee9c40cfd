/* The door: checks what a caller promised and hands each operation to the back end of
 * the handle. Called by all that serve; store_admin.c is the same for whole
 * databases. */
#include "store/backend.h"

#include "store/docid.h"
#include "store/lane.h"
#include "store/later.h"

#include <assert.h>
#include <string.h>

#define BACKENDS_MAX 4

static const struct backend *backends[BACKENDS_MAX];

/* ---- Back ends ---- */

void store_add_backend(const struct backend *backend)
{
	size_t at = 0;

	while (at < BACKENDS_MAX && backends[at] && backends[at] != backend)
		at++;
	assert(at < BACKENDS_MAX);
	backends[at] = backend;
}

void store_use_password(const char *password)
{
	for (size_t i = 0; i < BACKENDS_MAX && backends[i]; i++)
		if (backends[i]->use_password)
			backends[i]->use_password(password);
}

void store_use_replica(const char *url, bool must_agree)
{
	for (size_t i = 0; i < BACKENDS_MAX && backends[i]; i++)
		if (backends[i]->use_replica)
			backends[i]->use_replica(url, must_agree);
}

enum rc store_find_backend(const char *name, struct db_url *db, const struct backend **out,
			   struct error *err)
{
	enum rc rc = db_url_parse(name, db, err);

	*out = NULL;
	for (size_t i = 0; rc == RC_OK && i < BACKENDS_MAX && backends[i]; i++)
		if (strcmp(backends[i]->scheme, db->scheme) == 0)
			*out = backends[i];
	assert(rc != RC_OK || *out); /* or store_add_backend was not called */
	return rc;
}

const struct backend *store_ids_backend(void)
{
	size_t at = 0;

	while (at < BACKENDS_MAX && backends[at] && backends[at]->ids_new == NULL)
		at++;
	assert(at < BACKENDS_MAX && backends[at]);
	return backends[at];
}

const struct store_needs *store_needs(const struct store *store)
{
	return store->backend->find_needs ? store->backend->find_needs(store)
					  : &store->backend->needs;
}

/* ---- Opening and closing ---- */

enum rc store_open(const char *path, enum store_role role, struct store **out, struct error *err)
{
	const struct backend *backend;
	struct db_url db;
	enum rc rc = store_find_backend(path, &db, &backend, err);

	*out = NULL;
	if (rc == RC_OK)
		rc = backend->open(&db, role, out, err);
	if (rc != RC_OK) {
		*out = NULL;
		return rc;
	}
	(*out)->backend = backend;
	(*out)->role = role;
	later_wrap(out);
	return RC_OK;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	assert(store->calls == 0);
	store->backend->close(store);
}

enum rc store_present(struct store *store, struct error *err)
{
	assert(store->role != STORE_READER);
	return store->backend->present ? store->backend->present(store, err) : RC_OK;
}

uint64_t store_identity(const struct store *store)
{
	return store->backend->identity ? store->backend->identity(store) : 0;
}

uint64_t store_logs(const struct store *store)
{
	return store->backend->logs ? store->backend->logs(store) : 0;
}

bool store_has_logs(const char *path, uint64_t logs)
{
	const struct backend *backend;
	struct db_url db;
	struct error err;

	return store_find_backend(path, &db, &backend, &err) != RC_OK || !backend->logs_at ||
	       backend->logs_at(&db) == logs;
}

int store_lanes(const struct store *store)
{
	return store->lanes ? store->lanes : 1;
}

int store_lane(const struct store *store, struct slice name)
{
	return lane_of(name, store_lanes(store));
}

bool store_spans_lanes(const struct store *store, struct slice group)
{
	return store_lanes(store) > 1 && group_is_all(group);
}

/* ---- Answers that come later ---- */

void store_poll(struct store *store, int *fd, short *events, uint64_t *deadline)
{
	*fd = -1;
	*events = 0;
	*deadline = UINT64_MAX;
	if (store->backend->poll)
		store->backend->poll(store, fd, events, deadline);
}

void store_run(struct store *store)
{
	assert(store->calls == 0);
	if (store->backend->run == NULL)
		return;
	store->calls++;
	store->backend->run(store);
	store->calls--;
}

void store_cancel(struct store *store)
{
	assert(store->calls == 0);
	store->cancelled = true;
	if (store->backend->cancel == NULL)
		return;
	store->calls++;
	store->backend->cancel(store);
	store->calls--;
}

bool store_is_shared(const struct store *store)
{
	return store->backend->watch != NULL;
}

bool store_watch(struct store *store, on_store_news *on_news, void *arg)
{
	return store->backend->watch && store->backend->watch(store, on_news, arg);
}

/* ---- Reading ---- */

static bool is_group(struct slice group)
{
	return group.len > 0 && group.len <= GROUP_MAX;
}

void store_changes(struct store *store, const struct store_query *query, on_store_page *on_page,
		   void *arg)
{
	assert(query->limit > 0 && is_group(query->group));
	assert((query->all != NULL) == store_spans_lanes(store, query->group));
	if (store->cancelled) {
		on_page(arg, RC_UNAVAILABLE, NULL);
		return;
	}
	store->calls++;
	store->backend->changes(store, query, on_page, arg);
	store->calls--;
}

size_t store_page_cursor(const struct store_page *page, char out[STORE_CURSOR_TEXT_MAX])
{
	return page->all ? store_cursors_format(page->all, out)
			 : store_cursor_format(&page->next, out);
}

void store_versions(struct store *store, const struct store_versions *query, on_store_page *on_page,
		    void *arg)
{
	assert(query->limit > 0 && docid_is_valid(query->id));
	if (store->cancelled) {
		on_page(arg, RC_UNAVAILABLE, NULL);
		return;
	}
	store->calls++;
	store->backend->versions(store, query, on_page, arg);
	store->calls--;
}

void store_latest(struct store *store, struct slice group, on_store_place *on_place, void *arg)
{
	assert(is_group(group) && !store_spans_lanes(store, group));
	if (store->cancelled) {
		on_place(arg, RC_UNAVAILABLE, NULL);
		return;
	}
	store->calls++;
	store->backend->latest(store, group, on_place, arg);
	store->calls--;
}

void store_head(struct store *store, on_store_places *on_places, void *arg)
{
	if (store->cancelled) {
		on_places(arg, RC_UNAVAILABLE, NULL);
		return;
	}
	store->calls++;
	store->backend->head(store, on_places, arg);
	store->calls--;
}

void store_follows(struct store *store, const struct store_places *places,
		   on_store_follows *on_follows, void *arg)
{
	if (store->cancelled || store->backend->follows == NULL) {
		on_follows(arg, store->cancelled ? RC_UNAVAILABLE : RC_OK, false);
		return;
	}
	store->calls++;
	store->backend->follows(store, places, on_follows, arg);
	store->calls--;
}

void store_token_find(struct store *store, struct slice id, on_store_token *on_token, void *arg)
{
	if (store->cancelled) {
		on_token(arg, RC_UNAVAILABLE, NULL);
		return;
	}
	store->calls++;
	store->backend->token_find(store, id, on_token, arg);
	store->calls--;
}

uint64_t store_edition(struct store *store)
{
	return store->backend->edition ? store->backend->edition(store) : 0;
}

/* ---- Statistics ---- */

void store_stats(struct store *store, on_store_stats *on_stats, void *arg)
{
	if (store->cancelled) {
		on_stats(arg, RC_UNAVAILABLE, NULL);
		return;
	}
	store->calls++;
	store->backend->stats(store, on_stats, arg);
	store->calls--;
}

void store_stats_full(struct store *store, on_store_stats_full *on_stats, void *arg)
{
	if (store->cancelled) {
		on_stats(arg, RC_UNAVAILABLE, NULL);
		return;
	}
	store->calls++;
	store->backend->stats_full(store, on_stats, arg);
	store->calls--;
}

void store_users(struct store *store, unsigned limit, on_store_users *on_users, void *arg)
{
	assert(limit <= STORE_USERS_MAX);
	if (store->cancelled) {
		on_users(arg, RC_UNAVAILABLE, NULL);
		return;
	}
	store->calls++;
	store->backend->users(store, limit, on_users, arg);
	store->calls--;
}

const struct store_stat *store_own_stats(const struct store *store, size_t *count)
{
	assert(store->backend->own_stat_count <= STORE_OWN_STATS_MAX);
	*count = store->backend->own_stat_count;
	return store->backend->own_stats;
}

/* ---- Writing ---- */

void store_commit(struct store *store, const struct store_request *requests, size_t count,
		  on_store_replies *on_replies, void *arg)
{
	assert(store->role == STORE_WRITER && (requests || count == 0));
	if (store->cancelled) {
		on_replies(arg, RC_UNAVAILABLE, NULL);
		return;
	}
	store->calls++;
	store->backend->commit(store, requests, count, on_replies, arg);
	store->calls--;
}

const struct store_history *store_kept_history(const struct store *store)
{
	assert(store->role == STORE_WRITER);
	return &store->history;
}

/* Most starts of a server change nothing. */
enum rc store_keep_history(struct store *store, const struct store_history *history)
{
	struct buf rules = BUF_EMPTY, kept = BUF_EMPTY;
	const struct slice wanted = history_rules_put(&rules, &history->versions);
	enum rc rc = RC_OK;

	assert(store->role == STORE_WRITER);
	if (!slice_equal(wanted, history_rules_put(&kept, &store->history.versions)))
		rc = store->backend->keep_history(store, wanted);
	if (rc == RC_OK)
		store->history.versions = history->versions;
	buf_free(&rules);
	buf_free(&kept);
	return rc;
}

enum rc store_maintain(struct store *store)
{
	assert(store->role == STORE_WRITER);
	return store->backend->maintain(store);
}
