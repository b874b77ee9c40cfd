/* Operations on whole databases, for an administrator's commands. They run in the
 * calling process and are complete when they return. Those that only read may run
 * beside a server, as any reader may. A database is named as in --db
 * (store/db_url.h). */
#ifndef STORE_STORE_ADMIN_H
#define STORE_STORE_ADMIN_H

#include "store/store.h"

/* The password for the database servers that this process, and those that it forks,
 * connect to from now on. Of no meaning for a file. */
void store_use_password(const char *password);

/* Waits until all outstanding operations have been answered. For callers without an
 * event loop. */
void store_wait(struct store *store);

/* Creates a database. `lanes` (1 to STORE_LANES_MAX) cannot be changed later.
 * RC_EXISTS: there is one; RC_MALFORMED: this back end has one lane; otherwise as
 * store_open. */
MUST_USE enum rc store_init(const char *path, int lanes, struct error *err);

/* Progress of a long operation. `what` is a verb such as "copying"; total 0:
 * unknown. */
typedef void on_store_progress(void *arg, const char *what, uint64_t done, uint64_t total);

/* Copies a snapshot of the database `from` into the empty file `to`, open for reading
 * and writing, and then verifies that the copy is intact and has the same counts. The
 * copy is a single file; it is not synced. `from` may be in use, and may have an
 * older schema. While it is copied (not while the copy is verified) the log of a
 * database in use cannot restart. After a failure `to` is incomplete. RC_FULL,
 * RC_IO: a disk reported an error; RC_CORRUPT: `from` is damaged. Documents that differ
 * from their checksums are copied as they are, and counted in stats->damaged: a copy of
 * all others is worth having. */
MUST_USE enum rc store_copy(const char *from, int to, on_store_progress *on_progress, void *arg,
			    struct store_stats_full *stats, struct error *err);
struct store_scan {
	struct slice group; /* valid; empty: all */
	bool by_id;         /* else by sequence number; both within each group, groups by name */
	bool no_tombstones;
	bool damaged_too; /* pass documents that are damaged on as such; else the scan ends */
};

/* One document, valid until the callback returns. Any result but RC_OK ends the
 * scan. */
typedef enum rc on_store_doc(void *arg, const struct store_doc *doc);
/* Passes each document of one snapshot to on_doc, in bounded memory. Returns the
 * result of on_doc, or RC_BUSY, RC_IO, RC_CORRUPT (a document is damaged). Meanwhile
 * the log of a database in use cannot restart. */
MUST_USE enum rc store_scan(struct store *store, const struct store_scan *scan,
			    on_store_doc *on_doc, void *arg);
/* Passes the document or tombstone with this id to on_doc. RC_NOT_FOUND: none. */
MUST_USE enum rc store_find(struct store *store, struct slice id, on_store_doc *on_doc, void *arg);

/* A set of ids in bounded memory: a large one is kept on disk. `path` only selects
 * the back end; the database need not exist. */
struct store_ids;
MUST_USE enum rc store_ids_new(const char *path, struct store_ids **out, struct error *err);
/* NULL is allowed. */
void store_ids_free(struct store_ids *ids);
/* Adds the id with a number, unless the set contains it; *first is the number that
 * the set has for it. RC_FULL, RC_IO: the disk reported an error. */
MUST_USE enum rc store_ids_add(struct store_ids *ids, struct slice id, uint64_t number,
			       uint64_t *first, struct error *err);

/* A fault and its place: a group, a document's id, "the file". Neither is
 * terminated, and a damaged id may contain any bytes. */
typedef void on_store_fault(void *arg, struct slice place, struct slice what);

struct store_check {
	bool quick; /* check the file's structure less closely, and no values */
	on_store_fault *on_fault;
	bool count_damaged; /* documents that differ from their checksums are counted in
			       stats->damaged, and no faults */
	on_store_progress *on_progress;
	void *arg; /* for both */
};

/* Verifies a snapshot of a database, in use or not, in bounded memory, and reports
 * every violation of the invariants that a writer keeps: the file (PRAGMA
 * integrity_check), the sequence, groups and their index, versions, values, counts,
 * tokens. RC_OK: the check is complete, with or without faults. */
MUST_USE enum rc store_check(const char *path, const struct store_check *check,
			     struct store_stats_full *stats, struct error *err);
/* Gives the database a new epoch, so that every client starts with a snapshot. For a
 * writer; `path` is for messages. */
MUST_USE enum rc store_new_epoch(struct store *store, const char *path, struct error *err);
/* Prepares for another file to replace the database, under its lock: copies the log
 * into the database, unless that is damaged, and removes the files beside it, which
 * must not meet the new file. If this fails everything stays. */
MUST_USE enum rc store_close_for_replace(const char *path, struct error *err);

#endif
