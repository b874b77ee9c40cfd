/* Whole databases, for an administrator's commands. These work in the calling process and
 * are done when they return. Those that read may run beside a server, as any reader may.
 * `db`, `from`, `path`: what --db names (store/db_url.h). */
#ifndef STORE_STORE_ADMIN_H
#define STORE_STORE_ADMIN_H

#include "store/store.h"

/* Waits until all that was asked of this store has been answered, for a caller without an
 * event loop. */
void store_wait(struct store *store);

/* Now and then during something long: `what` is a verb such as "copying"; total 0: not
 * known. */
typedef void on_store_progress(void *arg, const char *what, uint64_t done, uint64_t total);

/* Copies the database `from`, as it is at one moment, into the file `to`, which must be
 * there and empty, and then reads the copy to see that it is whole and has the same
 * counts. One file with nothing beside it; not synced. `from` may be in use, and of an
 * older schema. While it copies (not while it verifies) the log of a database in use
 * cannot start over. After a failure `to` holds rubbish. RC_FULL, RC_IO: a disk
 * refused; RC_CORRUPT: `from` is damaged. */
MUST_USE enum rc store_copy(const char *from, const char *to, on_store_progress *on_progress,
			    void *arg, struct store_stats_full *stats, struct error *err);
struct store_scan {
	struct slice group; /* valid; empty: all */
	bool by_id; /* else in the order of the sequence, both group by group in the order of their
		       names */
	bool no_tombstones;
};

/* One document, good until it returns. Anything but RC_OK ends the scan. */
typedef enum rc on_store_doc(void *arg, const struct store_doc *doc);
/* Hands over each document, as all of them are at one moment. Takes no more memory for
 * many than for few. Answers what on_doc answered, or RC_BUSY, RC_IO, RC_CORRUPT (a
 * value is missing). While it lasts the log of a database in use cannot start over. */
MUST_USE enum rc store_scan(struct store *store, const struct store_scan *scan,
			    on_store_doc *on_doc, void *arg);
/* The document of this id, a tombstone too. RC_NOT_FOUND: there is none. */
MUST_USE enum rc store_find(struct store *store, struct slice id, on_store_doc *on_doc, void *arg);

/* A set of ids, of any size in little memory: it goes to a disk when it grows. `path`
 * only chooses the back end; the database need not be there. */
struct store_ids;
MUST_USE enum rc store_ids_new(const char *path, struct store_ids **out, struct error *err);
/* NULL is fine. */
void store_ids_free(struct store_ids *ids);
/* Puts the id in with its number, unless it is in; *first: the number that it has.
 * RC_FULL, RC_IO: the disk refused. */
MUST_USE enum rc store_ids_add(struct store_ids *ids, struct slice id, uint64_t number,
			       uint64_t *first, struct error *err);

/* What is wrong, and where: a group, a document's id, "the file". Neither is
 * terminated, and a damaged id may be any bytes. */
typedef void on_store_fault(void *arg, struct slice place, struct slice what);

struct store_check {
	bool quick; /* the file's own structure less closely, and no look into values */
	on_store_fault *on_fault;
	on_store_progress *on_progress;
	void *arg; /* for both */
};

/* Reads a database, in use or not, as it is at one moment, in bounded memory, and
 * reports all that is not as a writer leaves it: the file (PRAGMA integrity_check), the
 * sequence, groups, versions, values, counts, tokens. RC_OK: it came to the end,
 * whatever was found. */
MUST_USE enum rc store_check(const char *path, const struct store_check *check,
			     struct store_stats_full *stats, struct error *err);
/* Gives the database a new epoch: every client starts with a snapshot. For a writer;
 * `path` is for the reason. */
MUST_USE enum rc store_new_epoch(struct store *store, const char *path, struct error *err);
/* Readies the place of a database for another file, under its lock: what its log holds
 * is copied into it, unless it is damaged, and the files beside it go, so that they
 * never meet the new one. Where that cannot be done all stays. */
MUST_USE enum rc store_close_for_replace(const char *path, struct error *err);

#endif
