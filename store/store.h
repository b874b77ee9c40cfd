/* The interface to the documents and tokens of a database, in the terms of protocol.md,
 * for all back ends. See store_admin.h for operations on whole databases and backend.h
 * for what a back end implements.
 *
 * Every operation calls its callback exactly once. A back end may do so before the call
 * returns (SQLite does) or later, from store_run or store_cancel; callers must be ready
 * for both. What a callback receives is valid until it returns. The arguments of a call
 * need only be valid until it returns, except the requests of store_commit and
 * everything that they point to, which must stay until the callback. Reads may be
 * answered in any order; commits are answered in the order of the calls.
 *
 * One process writes (STORE_WRITER); any number read (STORE_READER, STORE_COMMAND). A
 * handle must not be used across a fork. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"
#include "base/rc.h"
#include "base/error.h"
#include "base/slice.h"
#include "store/cursor.h"
#include "store/request.h"
#include "store/token.h"
#include "transit/transit.h"

#include <stdint.h>

struct store;

enum store_role {
	STORE_READER,  /* of a server, whose writer has opened the database before */
	STORE_COMMAND, /* a reader without a writer before it, which checks more */
	STORE_WRITER,
};

/* The URL of a hot standby (pages with by_replica) for stores of servers that this
 * process opens from now on; NULL: none. It must stay. With `must_agree` opening a
 * writer fails if it is no standby of the writer's database; that it is away never
 * matters. */
void store_use_replica(const char *url, bool must_agree);

/* Opens the database. The writer creates it (mode 0600) and migrates its schema; for
 * a reader it must exist and be current. `err` (may be NULL) names the file and what
 * to do. These errors are permanent: RC_CORRUPT: damaged, or not a database of
 * Pocketbook; RC_NEWER: the schema is newer than this program; RC_MALFORMED: `path`
 * is not a valid name; RC_DENIED (writers): another process writes to it. These may
 * pass: RC_FULL, RC_READ_ONLY, RC_IO: the disk or the
 * system reported an error; RC_BUSY: locked by another program; RC_SYNC_FAILED; for
 * a reader also RC_NOT_FOUND: not created yet; RC_UNAVAILABLE: the schema is not
 * migrated yet; RC_MOVED: the file was replaced meanwhile. */
MUST_USE enum rc store_open(const char *path, enum store_role role, struct store **out,
			    struct error *err);
/* NULL is allowed. The writer checkpoints as much as it can. No operation may be
 * outstanding (store_cancel), and no callback of this store may be running. */
void store_close(struct store *store);

/* Is the database still where it was opened? A writer asks before it commits and again
 * before it answers, and every second; a command that follows changes, every second.
 * RC_MOVED: `err` says what has happened; nothing may be acknowledged until it is
 * undone or the server was restarted. */
MUST_USE enum rc store_present(struct store *store, struct error *err);
/* A number by which processes find out whether they have opened the same database; 0
 * for all databases of a back end without files. */
uint64_t store_identity(const struct store *store);

/* The same for its log and wal-index, which lie beside the file: a process that opens
 * the database while those that the others use are moved away would make new ones, and
 * none of them would see what the others write. */
uint64_t store_logs(const struct store *store);
/* Are these at their names now? Opens nothing. */
bool store_has_logs(const char *db, uint64_t logs);

/* ---- History ---- */

/* Which former versions servers keep of documents: what the last one that started has
 * said, for commands that write without one. Of a writer; ages are not known. */
const struct store_history *store_kept_history(const struct store *store);
/* Says it, before anything is committed. RC_FULL, RC_READ_ONLY, RC_IO, RC_BUSY,
 * RC_UNAVAILABLE, RC_DENIED: it could not be written. */
MUST_USE enum rc store_keep_history(struct store *store, const struct store_history *history);

/* ---- Lanes ---- */

/* Groups are distributed over the lanes of a database by the hash of their outermost
 * group. Each lane orders its commits by itself, with a sequence of its own. All groups
 * of a pull are in one lane, except those of `*`. Most databases have one lane. */
int store_lanes(const struct store *store);
/* The lane of a group or a document. */
int store_lane(const struct store *store, struct slice name);
/* Is it `*` in a database with several lanes? Its place is a struct store_cursors;
 * store/position.h has those of either kind. */
bool store_spans_lanes(const struct store *store, struct slice group);

/* ---- Answers that come later ---- */

/* Tells the caller's event loop when to call store_run: when *fd is readable or
 * writable (*events: POLLIN, POLLOUT; fd -1: no descriptor), or when clock_ms()
 * reaches *deadline (UINT64_MAX: none). All three may change with every call of the
 * store and with store_run, so ask again before each wait. */
void store_poll(struct store *store, int *fd, short *events, uint64_t *deadline);
/* Calls the callbacks of all operations that are ready; does not wait. Not to be
 * called from a callback of this store. */
void store_run(struct store *store);
/* Answers all outstanding operations with RC_UNAVAILABLE before it returns. Precedes
 * store_close, while the owners of the callbacks still exist. Operations that are
 * called later, even from these callbacks, are answered in the same way, before they
 * return. */
void store_cancel(struct store *store);

/* ---- Reading ---- */

struct store_doc {
	struct slice id;
	uint64_t version;
	uint64_t seq;
	bool deleted;
	bool plain;             /* as transit_in_value gave it */
	bool damaged;           /* the value cannot be read; pages only */
	struct slice value;     /* canonical (transit/transit.h); empty if deleted or damaged */
	struct store_meta meta; /* in pages only if asked for */
};

/* Appends the document, which is not `damaged`, as a map (transit/envelope.h).
 * RC_CORRUPT, which is logged: its value is damaged; `out` then contains a part of
 * it. */
MUST_USE enum rc store_doc_put(struct buf *out, enum encoding encoding,
			       const struct store_doc *doc);
/* Appends the members of that map alone, without the brackets. Fails likewise. */
MUST_USE enum rc store_doc_put_members(struct buf *out, enum encoding encoding,
				       const struct store_doc *doc);
/* Appends the members `by` and `at`, null where they are not known. */
void store_doc_put_meta(struct buf *out, enum encoding encoding, const struct store_meta *meta);

struct store_query {
	struct slice group; /* valid (store/docid.h) */
	struct store_cursor since;
	/* In place of it if the group spans lanes, else NULL. */
	const struct store_cursors *all;
	/* With it: the highest number sent in each lane (struct store_span), or
	 * NULL. */
	const uint64_t *shown;
	unsigned limit;   /* documents, at least 1 */
	size_t max_bytes; /* of values: a page ends after the document that passes this */
	bool meta;        /* documents with their store_meta */
	bool by_replica;  /* a standby may read it, if there is one that has come far enough */
};

/* Who has read a page of a query that asked for by_replica, if a replica is used. */
enum store_reader { STORE_READER_ONLY, STORE_READER_REPLICA, STORE_READER_PRIMARY };

struct store_page {
	const struct store_doc *docs; /* in sequence order, that of their lane */
	size_t count;
	struct store_cursor next;
	uint64_t head; /* of the state that was read: the newest number of all groups of the lane */
	/* In place of these two if the group spans lanes, else NULL. */
	const struct store_cursors *all;
	const struct store_places *heads;
	bool more;
	bool reset;
	enum store_reader reader;
};

/* The text of its next cursor, terminated; returns the length. */
size_t store_page_cursor(const struct store_page *page, char out[STORE_CURSOR_TEXT_MAX]);

typedef void on_store_page(void *arg, enum rc rc, const struct store_page *page);
typedef void on_store_place(void *arg, enum rc rc, const struct store_cursor *place);
typedef void on_store_places(void *arg, enum rc rc, const struct store_places *places);

/* Reads one page of the changes of the group after `since` (protocol.md, GET /sync),
 * from one consistent state of the database, which includes every commit that was
 * answered before the call. A value that is missing is a `damaged` document of the
 * page and hides no other one. RC_BUSY, RC_IO, RC_CORRUPT, RC_UNAVAILABLE: the database
 * did not answer; the two operations below fail likewise. */
void store_changes(struct store *store, const struct store_query *query, on_store_page *on_page,
		   void *arg);
/* The versions of one document, newest first: the present one, which may be a
 * tombstone, and former ones, which are there if a server keeps them (serve
 * --history). */
struct store_versions {
	struct slice id; /* valid */
	uint64_t before; /* only versions below; 0: all */
	unsigned limit;  /* at least 1 */
	size_t max_bytes;
};
/* Reads a page of them, from one state of the database. Only docs, count and more of
 * the page are set. None if there is no such document. A version that cannot be read is
 * `damaged`. Fails as store_changes does. */
void store_versions(struct store *store, const struct store_versions *query, on_store_page *on_page,
		    void *arg);
/* Reads the newest sequence number of the group, which does not span lanes (for that
 * one there is store_head), and all groups nested in it, or the horizon of purges if
 * that is newer; 0 if there is neither. The epoch is the current one. */
void store_latest(struct store *store, struct slice group, on_store_place *on_place, void *arg);
/* Do sequence numbers of an earlier epoch, one of each lane, mean the same in the
 * present one? False also for an unknown epoch. */
typedef void on_store_follows(void *arg, enum rc rc, bool follows);
void store_follows(struct store *store, const struct store_places *places,
		   on_store_follows *on_follows, void *arg);
/* Reads the newest sequence number of each lane. */
void store_head(struct store *store, on_store_places *on_places, void *arg);

/* A number for what store_changes would read at this moment, without reading it. It
 * changes when a commit becomes visible, of any process, and sometimes without
 * one; as long as it is the same, so is every page. 0: not known now. A back end that
 * cannot tell without asking always says 0. */
uint64_t store_edition(struct store *store);
/* Can other hosts use this database? Then it has no edition. */
bool store_is_shared(const struct store *store);

/* ---- Databases that several hosts use ---- */

/* A group in which a host has committed, and its newest sequence number; or a token
 * that was revoked or changed; or a purge. */
struct store_change {
	struct slice group; /* the innermost group of the documents; else empty */
	int lane;
	uint64_t seq;
	struct slice token; /* its id; else empty */
	bool purged; /* tombstones of this lane were purged: pages of before are out of date */
};

/* Reports of a database that several hosts use:
 *
 *   HEAD ──▶ CHANGES ... ──▶ LOST ──▶ CHANGES ...      the first is HEAD, which may
 *     ▲          │             │                       come again at any time
 *     └──────────┴─────────────┘
 *
 * CURRENT comes at least five times a second, except after LOST. */
enum store_news_kind {
	/* Reports begin here: any group and any token may have changed before. Nothing
	 * more had been committed up to `as_of`. A new epoch has begun if `head` has
	 * another one than before. */
	STORE_NEWS_HEAD,
	/* Commits of all hosts, this one included, in each lane in the order of their
	 * sequence numbers, once they can be read; none after LOST, if nothing was
	 * missed. */
	STORE_NEWS_CHANGES,
	/* Nothing more has been committed up to `as_of`. */
	STORE_NEWS_CURRENT,
	/* It is not known for the time being what other hosts commit. */
	STORE_NEWS_LOST
};

struct store_news {
	enum store_news_kind kind;
	struct store_places head;
	const struct store_change *changes;
	size_t count;
	uint64_t as_of; /* clock_ms */
};

typedef void on_store_news(void *arg, const struct store_news *news);
/* Starts these reports, which come from store_run; on_news NULL ends them. False: only
 * one host can use this database, and nothing will be reported. */
bool store_watch(struct store *store, on_store_news *on_news, void *arg);

/* ---- Statistics ---- */

/* Describes a statistic that one back end has and another may not. */
struct store_stat {
	const char *name;  /* as in a metric's name; one that ends in _bytes is a size */
	const char *title; /* in a table */
	const char *label; /* within a line */
	const char *help;  /* one sentence */
	bool is_counter;   /* only grows while the server runs */
};

#define STORE_OWN_STATS_MAX 7

/* Statistics that the database maintains. */
struct store_stats {
	struct store_cursor head;
	uint64_t horizon;             /* the newest sequence number that a purge removed */
	struct store_places horizons; /* the same, in each lane */
	uint64_t documents;
	uint64_t tombstones;
	uint64_t maintained;               /* store_maintain of this handle that did work */
	uint64_t own[STORE_OWN_STATS_MAX]; /* in the order of store_own_stats */
};

/* The statistics of a whole database. */
struct store_stats_full {
	uint64_t epoch;
	uint64_t head;      /* the newest sequence number */
	uint64_t groups;    /* with a document or a tombstone */
	uint64_t documents; /* alive */
	uint64_t tombstones;
	uint64_t tokens;
	/* Documents and tombstones that are damaged, and documents alone; as store_copy
	 * and store_check find them, else 0. */
	uint64_t damaged;
	uint64_t lost;
};

typedef void on_store_stats(void *arg, enum rc rc, const struct store_stats *stats);
typedef void on_store_stats_full(void *arg, enum rc rc, const struct store_stats_full *stats);
/* Takes the same time for a database of any size. */
void store_stats(struct store *store, on_store_stats *on_stats, void *arg);
/* Counts groups and tokens, which takes time in proportion to their number. Documents
 * and tombstones are as maintained, as in store_stats; store_check compares them. */
void store_stats_full(struct store *store, on_store_stats_full *on_stats, void *arg);
/* Descriptions of store_stats.own, at most STORE_OWN_STATS_MAX; valid while the
 * program runs. */
const struct store_stat *store_own_stats(const struct store *store, size_t *count);

/* ---- Tokens ---- */

typedef void on_store_token(void *arg, enum rc rc, const struct store_token *token);
/* RC_NOT_FOUND: no token has this id, or it was revoked. Expired tokens are found. */
void store_token_find(struct store *store, struct slice id, on_store_token *on_token, void *arg);

/* ---- What users have stored ---- */

/* Of what quotas count (enum store_quota_kind). */
struct store_user {
	struct slice name;
	uint64_t usage[STORE_QUOTA_STORED];
};

#define STORE_USERS_MAX 100

struct store_users {
	const struct store_user *users; /* with the most bytes, these first */
	size_t count;
	uint64_t others; /* how many more there are, and what they have together */
	uint64_t rest[STORE_QUOTA_STORED];
};

typedef void on_store_users(void *arg, enum rc rc, const struct store_users *users);
/* Reads at most `limit` users (at most STORE_USERS_MAX), which takes time in proportion
 * to the number of all whose data is counted. */
void store_users(struct store *store, unsigned limit, on_store_users *on_users, void *arg);

/* ---- Writing (store/request.h has the requests and replies) ---- */

typedef void on_store_replies(void *arg, enum rc rc, const struct store_reply *replies);

/* Performs all requests in order in one durable transaction, and passes as many replies
 * to the callback. If its rc is not RC_OK there are no replies. RC_SYNC_FAILED: the
 * outcome is unknown and the process must end; RC_UNAVAILABLE: the outcome is unknown
 * (a lost connection, store_cancel), the process may continue; otherwise nothing was
 * committed, and RC_BUSY, RC_FULL, RC_READ_ONLY and RC_IO may be retried.
 *
 * Single requests fail by the rc of their replies: RC_EXISTS (the id of the token or
 * invitation exists), RC_NOT_FOUND (no such token or invitation), RC_DENIED (the token
 * to rotate has expired, and no new time was given; the payer of a push is no token any
 * more; a join was refused; the first device's token is not valid), RC_OVER_QUOTA (the
 * push would increase what its user has of something beyond the limit), RC_TOO_LARGE
 * (the values of a push's conflicts, more than one, exceed STORE_REPLY_MAX bytes),
 * RC_CORRUPT (it met damaged data). After the last the requests are done in several
 * transactions, some of which may fail on their own.
 *
 * Once the replies have taken STORE_REPLIES_MAX bytes the remaining requests are not
 * done: their rc is RC_BUSY, and they are to be committed again. The first request is
 * always done. So the replies of any batch are bounded. */
#define STORE_REPLY_MAX ((size_t)16 << 20)
#define STORE_REPLIES_MAX STORE_REPLY_MAX
void store_commit(struct store *store, const struct store_request *requests, size_t count,
		  on_store_replies *on_replies, void *arg);

/* Housekeeping, for the writer to call after it has answered: checkpoints once the
 * log has grown enough. RC_SYNC_FAILED: a sync failed and the process must end; its
 * successor copies the pages again that may be lost. Other failures are logged and
 * retried later. */
MUST_USE enum rc store_maintain(struct store *store);

#endif
