/* The door for whole databases: hands each operation to the back end that the name of
 * the database, or its handle, stands for. Called by administrators' commands. */
#include "store/store_admin.h"

#include "base/clock.h"
#include "store/backend.h"
#include "store/docid.h"

#include <assert.h>
#include <limits.h>
#include <poll.h>

static bool is_idle(struct store *store, int fd, uint64_t deadline)
{
	if (store->backend->is_idle)
		return store->backend->is_idle(store);
	return fd < 0 && deadline == UINT64_MAX;
}

void store_wait(struct store *store)
{
	for (;;) {
		struct pollfd wanted;
		uint64_t deadline, now = clock_ms();
		int timeout = -1;

		store_poll(store, &wanted.fd, &wanted.events, &deadline);
		if (is_idle(store, wanted.fd, deadline))
			return;
		if (deadline != UINT64_MAX)
			timeout = deadline <= now            ? 0
				  : deadline - now > INT_MAX ? INT_MAX
							     : (int)(deadline - now);
		(void)poll(&wanted, 1, timeout);
		store_run(store);
	}
}

enum rc store_init(const char *path, int lanes, struct error *err)
{
	const struct backend *backend;
	struct db_url db;
	enum rc rc = store_find_backend(path, &db, &backend, err);

	assert(lanes >= 1 && lanes <= STORE_LANES_MAX);
	return rc == RC_OK ? backend->init(&db, lanes, err) : rc;
}

enum rc store_copy(const char *from, int to, on_store_progress *on_progress, void *arg,
		   struct store_stats_full *stats, struct error *err)
{
	const struct backend *backend;
	struct db_url db;
	enum rc rc = store_find_backend(from, &db, &backend, err);

	return rc == RC_OK ? backend->copy(&db, to, on_progress, arg, stats, err) : rc;
}

enum rc store_check(const char *path, const struct store_check *check,
		    struct store_stats_full *stats, struct error *err)
{
	const struct backend *backend;
	struct db_url db;
	enum rc rc = store_find_backend(path, &db, &backend, err);

	*stats = (struct store_stats_full){ .epoch = 0 };
	return rc == RC_OK ? backend->check(&db, check, stats, err) : rc;
}

enum rc store_close_for_replace(const char *path, struct error *err)
{
	const struct backend *backend;
	struct db_url db;
	enum rc rc = store_find_backend(path, &db, &backend, err);

	return rc == RC_OK ? backend->close_for_replace(&db, err) : rc;
}

enum rc store_scan(struct store *store, const struct store_scan *scan, on_store_doc *on_doc,
		   void *arg)
{
	return store->backend->scan(store, scan, on_doc, arg);
}

enum rc store_find(struct store *store, struct slice id, on_store_doc *on_doc, void *arg)
{
	assert(docid_is_valid(id));
	return store->backend->find(store, id, on_doc, arg);
}

enum rc store_new_epoch(struct store *store, const char *path, struct error *err)
{
	assert(store->role == STORE_WRITER);
	return store->backend->new_epoch(store, path, err);
}

enum rc store_ids_new(const char *path, struct store_ids **out, struct error *err)
{
	const struct backend *backend;
	struct db_url db;
	enum rc rc = store_find_backend(path, &db, &backend, err);

	*out = NULL;
	if (rc == RC_OK && backend->ids_new == NULL)
		backend = store_ids_backend();
	if (rc == RC_OK)
		rc = backend->ids_new(out, err);
	if (rc == RC_OK)
		(*out)->backend = backend;
	return rc;
}

void store_ids_free(struct store_ids *ids)
{
	if (ids)
		ids->backend->ids_free(ids);
}

enum rc store_ids_add(struct store_ids *ids, struct slice id, uint64_t number, uint64_t *first,
		      struct error *err)
{
	return ids->backend->ids_add(ids, id, number, first, err);
}
