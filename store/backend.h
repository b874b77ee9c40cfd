/* The operations that a back end of the store implements; store.c and store_admin.c
 * dispatch to them.
 *
 * To add a back end: a folder beside sqlite/ with a table of these operations, a scheme
 * in db_url.c, and a call of store_add_backend in cli/main.c. Arguments, callbacks and
 * their lifetimes are as in store.h; its preconditions are asserted by the dispatch.
 * Decisions of the protocol are made by rules.h. */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "store/db_url.h"
#include "store/history.h"
#include "store/store.h"
#include "store/store_admin.h"

struct backend;

/* The part of a handle that belongs to store.c. A back end allocates it, zeroed, as
 * the first member of its own struct. */
struct store {
	const struct backend *backend;
	enum store_role role;
	int lanes;      /* set by the back end; 0: one */
	unsigned calls; /* of the back end that have not returned: callbacks may be running */
	bool cancelled;
	struct store_history history; /* of a writer: as store_kept_history() says */
};

/* The same, of a set of ids. */
struct store_ids {
	const struct backend *backend;
};

struct sandbox_rule;

/* System calls that a process with an open handle makes later on, beyond those that
 * every process may: lists of rules (os/sandbox.h), with conditions on the arguments,
 * that end with SANDBOX_END. */
struct store_needs {
	const struct sandbox_rule *reader_calls;
	const struct sandbox_rule *writer_calls;
	bool writer_opens; /* files in the folder of the database, and /dev/urandom */
	bool connects;     /* TCP sockets to the server of the database */
	/* Files and folders that are read when connecting; at most STORE_READS_MAX. */
	const char *const *reads;
	size_t read_count;
};

#define STORE_READS_MAX 16

struct record;
struct record_sink;
struct record_state;
struct store_load;

/* Writes a whole database, in one transaction. */
struct backend_load {
	/* `fd` and `lanes` as in struct store_transfer. Free *out also after a failure.
	 * RC_EXISTS: it is not empty. */
	enum rc (*open)(const struct db_url *db, int fd, int lanes, struct store_load **out,
			struct error *err);
	/* In this order: the state, all records, the end. */
	enum rc (*begin)(struct store_load *load, const struct record_state *state,
			 struct error *err);
	enum rc (*put)(struct store_load *load, const struct record *record, struct error *err);
	enum rc (*end)(struct store_load *load, struct error *err);
	/* Reads back what a commit will have written. */
	enum rc (*dump)(struct store_load *load, const struct record_sink *sink, struct error *err);
	enum rc (*commit)(struct store_load *load, struct error *err);
	/* Without a commit before, nothing was written; a file is the caller's. */
	void (*free)(struct store_load *load);
};

struct backend {
	const char *scheme; /* of db_url.h */
	const struct store_stat *own_stats;
	size_t own_stat_count;
	struct store_needs needs;
	/* NULL: `needs`. Valid as long as the handle. */
	const struct store_needs *(*find_needs)(const struct store *store);

	/* NULL: databases of this back end have no passwords. */
	void (*use_password)(const char *password);
	/* NULL: nor standbys. */
	void (*use_replica)(const char *url, bool must_agree);

	/* A handle. A failure leaves nothing open. */
	enum rc (*open)(const struct db_url *db, enum store_role role, struct store **out,
			struct error *err);
	void (*close)(struct store *store); /* asserts that nothing is outstanding */
	/* All NULL if the database has no files that could be moved. */
	enum rc (*present)(struct store *store, struct error *err);
	uint64_t (*identity)(const struct store *store);
	uint64_t (*logs)(const struct store *store);
	uint64_t (*logs_at)(const struct db_url *db);

	/* Serving. */
	void (*changes)(struct store *store, const struct store_query *query,
			on_store_page *on_page, void *arg);
	void (*versions)(struct store *store, const struct store_versions *query,
			 on_store_page *on_page, void *arg);
	void (*latest)(struct store *store, struct slice group, on_store_place *on_place,
		       void *arg);
	void (*head)(struct store *store, on_store_places *on_places, void *arg);
	uint64_t (*edition)(struct store *store); /* NULL: never known */
	/* NULL if a database has one epoch. */
	void (*follows)(struct store *store, const struct store_places *places,
			on_store_follows *on_follows, void *arg);
	void (*stats)(struct store *store, on_store_stats *on_stats, void *arg);
	void (*stats_full)(struct store *store, on_store_stats_full *on_stats, void *arg);
	void (*users)(struct store *store, unsigned limit, on_store_users *on_users, void *arg);
	void (*token_find)(struct store *store, struct slice id, on_store_token *on_token,
			   void *arg);
	void (*commit)(struct store *store, const struct store_request *requests, size_t count,
		       on_store_replies *on_replies, void *arg);
	enum rc (*maintain)(struct store *store);
	enum rc (*keep_history)(struct store *store, struct slice rules);

	/* All NULL if every operation is answered before its call returns. */
	void (*poll)(struct store *store, int *fd, short *events, uint64_t *deadline);
	void (*run)(struct store *store);
	void (*cancel)(struct store *store);
	/* Whether no operation is outstanding; NULL if that is the case whenever poll
	 * wants neither a descriptor nor a deadline. */
	bool (*is_idle)(struct store *store);
	/* NULL if no other host writes. */
	bool (*watch)(struct store *store, on_store_news *on_news, void *arg);

	/* Whole databases. */
	enum rc (*scan)(struct store *store, const struct store_scan *scan, on_store_doc *on_doc,
			void *arg);
	enum rc (*find)(struct store *store, struct slice id, on_store_doc *on_doc, void *arg);
	enum rc (*new_epoch)(struct store *store, const char *path, struct error *err);
	enum rc (*copy)(const struct db_url *from, int to, on_store_progress *on_progress,
			void *arg, struct store_stats_full *stats, struct error *err);
	/* To another back end (store/transfer.h). */
	enum rc (*dump)(const struct db_url *db, const struct record_sink *sink, struct error *err);
	const struct backend_load *load;
	enum rc (*check)(const struct db_url *db, const struct store_check *check,
			 struct store_stats_full *stats, struct error *err);
	enum rc (*close_for_replace)(const struct db_url *db, struct error *err);
	enum rc (*init)(const struct db_url *db, int lanes, struct error *err);
	/* On failure *out is NULL. All NULL: another back end's are used. */
	enum rc (*ids_new)(struct store_ids **out, struct error *err);
	void (*ids_free)(struct store_ids *ids);
	enum rc (*ids_add)(struct store_ids *ids, struct slice id, uint64_t number, uint64_t *first,
			   struct error *err);
};

/* Makes a back end available, before the first store_open. Adding it again changes
 * nothing. */
void store_add_backend(const struct backend *backend);

/* Parses the name of a database and finds its back end. Fails as db_url_parse does. */
MUST_USE enum rc store_find_backend(const char *name, struct db_url *db, const struct backend **out,
				    struct error *err);

/* A back end that has sets of ids. */
const struct backend *store_ids_backend(void);

/* For the sandbox of a process that has opened the store. */
const struct store_needs *store_needs(const struct store *store);

#endif
