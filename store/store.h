/* The door to the documents: what is kept, in the words of protocol.md, and nothing of
 * how.
 *
 * Every operation answers through a callback, once. A back end may call back before the
 * call returns (SQLite does) or later, out of store_run or store_cancel; callers must be
 * ready for both. What a callback is given is good until it returns. What a call is given
 * need only be good until that returns, but for the requests of store_commit and all that
 * they point to, which stay until the callback. Reads may be answered in any order, commits
 * are in that of the calls.
 *
 * One process writes (STORE_WRITER); any number read (STORE_READER). A handle must not
 * cross a fork. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"
#include "base/rc.h"
#include "base/error.h"
#include "base/slice.h"
#include "transit/transit.h"

#include <stdint.h>

struct store;

enum store_role { STORE_READER, STORE_WRITER };

/* Opens the database. The writer makes it (mode 0600) and brings its schema up to date;
 * a reader wants it made and current. `err` (may be NULL) names the file and what to
 * do. Starting anew does not help against RC_CORRUPT: not a database of ours, or
 * damaged; RC_NEWER: of a newer schema. It may, in time, against RC_FULL, RC_READ_ONLY,
 * RC_IO: the disk or the system refused; against RC_BUSY: another program has it
 * locked; and, for a reader, RC_NOT_FOUND: no writer has made it yet; RC_UNAVAILABLE:
 * no writer has brought its schema up to date yet; RC_SYNC_FAILED. */
MUST_USE enum rc store_open(const char *path, enum store_role role, struct store **out,
			    struct error *err);
/* The writer checkpoints what it can; readers never do. NULL is fine. Nothing may be
 * outstanding (store_cancel), and no callback of this store may be running. */
void store_close(struct store *store);

/* ---- Answers that come later ---- */

/* What the caller's event loop waits for on behalf of the store: *fd is readable or
 * writable (*events: POLLIN, POLLOUT), -1: no descriptor; or clock_ms() has come to
 * *deadline, UINT64_MAX: none. Then it calls store_run. All three may change with every
 * call of the store and with store_run, so ask again before each wait. */
void store_poll(struct store *store, int *fd, short *events, uint64_t *deadline);
/* Calls back everything that is ready; does not wait. Not to be called from a callback of
 * this store. */
void store_run(struct store *store);
/* Answers all that is outstanding with RC_UNAVAILABLE before it returns. It comes before
 * store_close, while all who asked are still there: whatever is asked after it is answered
 * in the same way, at once. */
void store_cancel(struct store *store);

/* A group in which another host has committed, and the newest sequence number in it. */
struct store_change {
	struct slice group; /* the innermost group of the documents */
	uint64_t seq;
};

/* Commits of other hosts, in the order of their sequence numbers, each once they can be
 * read. count 0: some were missed, and any group may have changed. */
typedef void on_store_remote_change(void *arg, const struct store_change *changes, size_t count);
/* Reports them from now on, out of store_run; NULL ends it. A back end that one host has to
 * itself never reports any. */
void store_watch(struct store *store, on_store_remote_change *on_change, void *arg);

/* ---- Cursors ---- */

/* A place in the sequence, and while a snapshot is being paged how far that must go:
 *
 *   from nothing (epoch 0) ──▶ snapshot (bound > 0), page by page ──▶ plain place (bound 0)
 *
 * A snapshot that began when the head was `start` shows what lies behind `seq`, without
 * tombstones up to `start`. Once it has come to `bound` (first = start, then once more
 * the head of that moment) it ends, whatever is written meanwhile; what came after is
 * found by the next pull. Where a purge passed `start` meanwhile, it ends in a place
 * before the horizon, so that the next pull resets. */
struct store_cursor {
	uint64_t epoch; /* 0: from the beginning */
	uint64_t seq;
	uint64_t start; /* 0 unless in a snapshot */
	uint64_t bound;
	bool reset; /* the snapshot is a reset's */
};

#define STORE_CURSOR_TEXT_MAX 96

/* "" and "0" are the beginning. Anything not written by store_cursor_format is
 * RC_MALFORMED. */
MUST_USE enum rc store_cursor_parse(struct slice text, struct store_cursor *out);
/* Terminated; returns the length. Only characters that need no escape in JSON, URLs and
 * header fields. */
size_t store_cursor_format(const struct store_cursor *cursor, char out[STORE_CURSOR_TEXT_MAX]);

/* ---- Reading ---- */

struct store_doc {
	struct slice id;
	uint64_t version;
	uint64_t seq;
	bool deleted;
	bool plain;         /* as transit_in_value gave it */
	struct slice value; /* canonical (transit/transit.h); empty where deleted */
};

/* Appends the document as a map of the envelope: id, version, and value or deleted
 * (protocol.md, GET /sync). RC_CORRUPT, logged: its value is none; `out` then has a
 * part of it. */
MUST_USE enum rc store_doc_put(struct buf *out, enum encoding encoding,
			       const struct store_doc *doc);

struct store_query {
	struct slice group; /* valid (store/docid.h) */
	struct store_cursor since;
	unsigned limit;   /* documents, at least 1 */
	size_t max_bytes; /* of values: a page ends after the document that passes this */
};

struct store_page {
	const struct store_doc *docs; /* in sequence order */
	size_t count;
	struct store_cursor next;
	bool more;
	bool reset;
};

typedef void on_store_page(void *arg, enum rc rc, const struct store_page *page);
typedef void on_store_place(void *arg, enum rc rc, const struct store_cursor *place);

/* One page of what changed in the group after `since` (protocol.md, GET /sync), read
 * from one consistent state of the database that has every commit answered before the
 * call. RC_BUSY, RC_IO, RC_CORRUPT: the database did not answer; so for the two
 * below. */
void store_changes(struct store *store, const struct store_query *query, on_store_page *on_page,
		   void *arg);
/* The newest sequence number of the group and all nested in it, or that up to which a
 * purge has forgotten tombstones, of whatever groups, where that is newer; 0 where
 * there is neither. With the present epoch. */
void store_latest(struct store *store, struct slice group, on_store_place *on_place, void *arg);
/* The head: the newest sequence number of all. */
void store_head(struct store *store, on_store_place *on_place, void *arg);

/* A number that only one back end has; the others have tables of their own. */
struct store_stat {
	const char *name;  /* as in a metric's name; one that ends in _bytes is a size */
	const char *title; /* in a table */
	const char *label; /* within a line */
	const char *help;  /* one sentence */
	bool is_counter;   /* only grows while the server runs */
};

#define STORE_OWN_STATS_MAX 4

/* What the database knows of itself without counting. */
struct store_stats {
	struct store_cursor head;
	uint64_t horizon; /* the newest sequence number that a purge took away */
	uint64_t documents;
	uint64_t tombstones;
	uint64_t maintained; /* calls of store_maintain by this handle that had work to do */
	uint64_t own[STORE_OWN_STATS_MAX]; /* in the order of store_own_stats */
};

/* What is counted to know it, in time proportional to the number of documents. */
struct store_stats_full {
	uint64_t epoch;
	uint64_t head;      /* the newest sequence number */
	uint64_t groups;    /* that have or had a document */
	uint64_t documents; /* alive */
	uint64_t tombstones;
	uint64_t tokens;
};

typedef void on_store_stats(void *arg, enum rc rc, const struct store_stats *stats);
typedef void on_store_stats_full(void *arg, enum rc rc, const struct store_stats_full *stats);
/* Costs the same however large the database is. */
void store_stats(struct store *store, on_store_stats *on_stats, void *arg);
void store_stats_full(struct store *store, on_store_stats_full *on_stats, void *arg);
/* The back end's own numbers, at most STORE_OWN_STATS_MAX. */
const struct store_stat *store_own_stats(const struct store *store, size_t *count);

/* ---- Tokens ---- */

#define STORE_TOKEN_ID_LEN 16
#define STORE_TOKEN_HASH_LEN 32
#define STORE_USER_MAX 128
#define STORE_GRANTS_MAX 64
#define STORE_EXPIRES_KEPT (-1)

struct store_grant {
	struct slice group; /* "*" for all */
	bool write;
};

struct store_token {
	struct slice id;   /* STORE_TOKEN_ID_LEN lower-case hex digits */
	struct slice user; /* 1 to STORE_USER_MAX bytes */
	unsigned char hash[STORE_TOKEN_HASH_LEN];
	int64_t created;            /* seconds since 1970 UTC */
	int64_t expires;            /* the same; 0: never */
	struct store_grant *grants; /* at least one */
	size_t grant_count;
};

typedef void on_store_token(void *arg, enum rc rc, const struct store_token *token);
/* RC_NOT_FOUND: there is none of that id (never was, or revoked). Expired ones are
 * found. */
void store_token_find(struct store *store, struct slice id, on_store_token *on_token, void *arg);

/* ---- Writing ---- */

/* One document of a push, as the client sent it. */
struct store_edit {
	struct slice id; /* valid (store/docid.h) */
	uint64_t base;
	struct slice op; /* empty: none */
	bool deleted;
	bool plain;
	struct slice value; /* canonical; empty where deleted */
};

enum store_status { STORE_OK, STORE_CONFLICT, STORE_SKIPPED };

struct store_result {
	enum store_status status;
	uint64_t version;   /* of the document as it is now; 0 where there is none */
	uint64_t seq;       /* of the write that was made; 0: none was */
	bool deleted;       /* conflict: what is held is a tombstone, or nothing */
	bool plain;         /* conflict: of the value */
	struct slice value; /* conflict: what is held */
};

/* A purge holds up the commits that come with it for as long as it takes. */
#define STORE_PURGE_MAX 10000

enum store_kind {
	STORE_PUSH,
	STORE_TOKEN_ADD,
	STORE_TOKEN_LIST,
	STORE_TOKEN_REVOKE,
	STORE_TOKEN_ROTATE,
	STORE_PURGE,
	STORE_KIND_COUNT
};

/* One thing for the writer to do. The slices and arrays are the caller's. */
struct store_request {
	enum store_kind kind;
	/* STORE_PUSH */
	const struct store_edit *edits; /* ids all different */
	size_t edit_count;
	bool atomic;
	/* STORE_TOKEN_ADD: all of it; STORE_TOKEN_REVOKE: its id; STORE_TOKEN_ROTATE:
	 * the new one, without user and grants, which are those of `old` (an id), and
	 * so is `expires` where it is STORE_EXPIRES_KEPT. The old one ends at
	 * `old_ends` (seconds since 1970) unless it would earlier; at once where that
	 * is not after the new one's making. */
	struct store_token token;
	struct slice old;
	int64_t old_ends;
	/* STORE_PURGE: tombstones made before this (seconds since 1970) go, the oldest
	 * first, at most so many (1 to STORE_PURGE_MAX) */
	int64_t before;
	uint64_t limit;
};

struct store_reply {
	enum rc rc; /* anything but RC_OK: nothing of this request was done */
	enum store_kind kind;
	struct store_result *results; /* STORE_PUSH: one for each edit, in order */
	size_t result_count;
	struct store_cursor head; /* the head after the commit */
	struct store_token
		*tokens; /* STORE_TOKEN_LIST, by time of making; STORE_TOKEN_ROTATE: the new one */
	size_t token_count;
	uint64_t purged; /* STORE_PURGE: tombstones that went; fewer than the limit: no more are so
			    old */
};

typedef void on_store_replies(void *arg, enum rc rc, const struct store_reply *replies);

/* Does all requests in their order in one durable transaction and calls back with as
 * many replies. rc other than RC_OK: no replies. RC_SYNC_FAILED: the outcome is unknown
 * and the process must end; RC_UNAVAILABLE: the outcome is unknown (a lost connection,
 * store_cancel) and the process may stay; else nothing was committed, and RC_BUSY,
 * RC_FULL, RC_READ_ONLY, RC_IO may be tried again. Single requests fail on their own: RC_EXISTS
 * (token id taken), RC_NOT_FOUND (no such token), RC_DENIED (the token to rotate has
 * expired, and no new time was given), RC_TOO_LARGE (the conflicts of a push would
 * answer more than STORE_REPLY_MAX bytes of values), RC_CORRUPT (it comes upon
 * something damaged). Behind such a damage the transactions are several, and some of
 * them may fail on their own. */
#define STORE_REPLY_MAX ((size_t)64 << 20)
void store_commit(struct store *store, const struct store_request *requests, size_t count,
		  on_store_replies *on_replies, void *arg);

/* Housekeeping that the writer calls when it has answered: checkpoints once the log has
 * grown enough. RC_SYNC_FAILED: a sync has failed and the process must end; its
 * successor copies again what may be lost. Other failures are logged and tried again
 * later. */
MUST_USE enum rc store_maintain(struct store *store);

/* ---- Requests and replies as bytes, for the way to the writing process ---- */

void store_request_pack(const struct store_request *request, struct buf *out);
/* The slices point into `bytes`, the arrays are the request's: free with
 * store_request_clear (also after a failure). */
MUST_USE enum rc store_request_unpack(struct slice bytes, struct store_request *out);
void store_request_clear(struct store_request *request);

void store_reply_pack(const struct store_reply *reply, struct buf *out);
MUST_USE enum rc store_reply_unpack(struct slice bytes, struct store_reply *out);
void store_reply_clear(struct store_reply *reply);

#endif
