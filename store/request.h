/* Requests to write and their replies, as the writer has them and as workers send them.
 * Included by store.h. See also wire.c, which makes bytes of them. */
#ifndef STORE_REQUEST_H
#define STORE_REQUEST_H

#include "base/buf.h"
#include "base/rc.h"
#include "base/slice.h"
#include "store/cursor.h"
#include "store/token.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_history; /* store/history.h: which former versions are kept */
struct history_rules; /* the same: numbers by group */

/* Who wrote a version of a document, and when: for people. The order of versions is
 * that of the sequence numbers, and not of these times. */
struct store_meta {
	int64_t at;      /* seconds since 1970, by the server's clock; 0: not known */
	struct slice by; /* the user; empty: none, or not known */
};

/* The last version of a document. It and the one behind it are numbers of JavaScript,
 * which says exactly up to 2^53 - 1. */
#define STORE_VERSION_MAX ((UINT64_C(1) << 53) - 2)
/* The last one that an edit can replace. */
#define STORE_BASE_MAX (STORE_VERSION_MAX - 1)

/* One document of a push, as the client sent it. */
struct store_edit {
	struct slice id; /* valid (store/docid.h) */
	uint64_t base;   /* at most STORE_BASE_MAX */
	struct slice op; /* empty: none */
	bool deleted;
	bool plain;
	struct slice value; /* canonical; empty if deleted */
	/* at 0: written now, by the user of the request; else kept from where the edit
	 * comes from, by imports. */
	struct store_meta meta;
};

/* STORE_SKIPPED: would have been written, but for a conflict in the same atomic push.
 * What is there already is STORE_OK beside that conflict. */
enum store_status { STORE_OK, STORE_CONFLICT, STORE_SKIPPED };

struct store_result {
	enum store_status status;
	uint64_t version;   /* of the document as it is now; 0: none */
	uint64_t seq;       /* of the write; 0: nothing was written */
	bool deleted;       /* conflict: the stored document is deleted or absent */
	bool plain;         /* conflict: of the value */
	bool damaged;       /* conflict: the stored value cannot be read */
	struct slice value; /* conflict: the stored value; empty if deleted or damaged */
};

/* A purge delays the commits that share its transaction. */
#define STORE_PURGE_MAX 10000

/* Where a purge is in the order of former versions. */
struct store_former {
	uint64_t gid; /* the number of the group; not of every back end */
	struct slice id;
	uint64_t version; /* or the key that the back end has for it */
};

enum store_kind {
	STORE_PUSH,
	STORE_TOKEN_ADD,
	STORE_TOKEN_LIST,
	STORE_TOKEN_REVOKE,
	STORE_TOKEN_ROTATE,
	STORE_PURGE,
	STORE_TOKEN_SET,
	STORE_TOKEN_USED,
	STORE_INVITE_ADD,
	STORE_INVITE_LIST,
	STORE_INVITE_REMOVE,
	STORE_INVITE_DEVICE,
	STORE_JOIN,
	STORE_KIND_COUNT
};

/* In place of a token's id: all clients of a server without authentication, who count
 * as one user. */
#define STORE_PAYER_ANYONE "*"
/* In front of the name of a user who has no token. */
#define STORE_PAYER_USER "="
#define STORE_PAYER_MAX (1 + STORE_USER_MAX)

/* One request to the writer. Slices and arrays belong to the caller. */
struct store_request {
	enum store_kind kind;
	/* STORE_PUSH. What is written counts for the user of the token `payer`, if a
	 * quota of stored data applies to it or ever did to that user; for the user
	 * that follows STORE_PAYER_USER; for no user if `payer` is empty. `quota` has
	 * the limits of the server for tokens that have none of their own; it is not
	 * packed, as the receiver knows it. */
	struct slice payer;
	struct store_quota quota;       /* also STORE_TOKEN_LIST */
	const struct store_edit *edits; /* ids all different */
	size_t edit_count;
	bool atomic;
	struct slice user; /* who writes, at most STORE_USER_MAX bytes; empty: not known */
	bool has_meta;     /* an edit has its own; set by store_request_unpack */
	/* Which former versions are kept; NULL: none. Not packed. */
	const struct store_history *history;
	/* Of an administrator: an edit whose base is not older than the document is
	 * written as the version after its base. */
	bool keeps_versions;
	/* With keeps_versions: what is replaced becomes a former version, whatever
	 * `history` says, which ended when the edit was written (its `meta`). */
	bool keeps_former;
	/* STORE_TOKEN_ADD: all members; STORE_TOKEN_REVOKE: the id;
	 * STORE_TOKEN_ROTATE: the new token, without user and grants, which it takes
	 * from the token with the id `old`, as it does `expires` if that is
	 * STORE_EXPIRES_KEPT. The old token expires at `old_ends` (seconds since
	 * 1970) unless it does so earlier, and is revoked at once if that is not
	 * after the new token's creation.
	 * STORE_TOKEN_SET: the id, and members that replace those of the token, unless
	 * they are STORE_QUOTA_KEPT. */
	struct store_token token;
	struct slice old;
	int64_t old_ends;
	/* STORE_TOKEN_SET also: no grants, STORE_EXPIRES_KEPT and !sets_note: they stay
	 * as they are. */
	bool sets_note;
	/* STORE_TOKEN_USED: the ids of tokens that are in use. */
	const struct slice *used;
	size_t used_count;
	/* STORE_INVITE_ADD: all members but `source`, `user` and `used`;
	 * STORE_INVITE_REMOVE: the id; STORE_INVITE_DEVICE: id and hash. */
	struct store_invite invite;
	/* STORE_JOIN: `token` has the id and the hash of the token to be made, and its
	 * user (empty: none was given). `retry` is from the secret that the client has
	 * made for this join (all zeros: none): if the invitation has made a token with
	 * it for this user before, that is the answer, and nothing is written; if that
	 * one was revoked, the join is refused. */
	unsigned char retry[STORE_TOKEN_HASH_LEN];
	/* STORE_JOIN: the text of the invitation; STORE_INVITE_DEVICE: that of the
	 * token of the first device. The writer makes `proof` of it (writer/proof.h),
	 * which is not packed: who sends the request must know the secret, and not only
	 * its hash. */
	struct slice secret;
	struct {
		char id[STORE_TOKEN_ID_LEN + 1];
		unsigned char hash[STORE_TOKEN_HASH_LEN];
	} proof;
	/* STORE_PURGE: removes tombstones older than `before` (seconds since 1970),
	 * the oldest first, with all versions of their documents; and former versions
	 * of all documents that were replaced before `ended_before`, or by group
	 * before the times of `ended` (not packed). Versions come first, in an order
	 * in which `from` is the last one that has been looked at (zeroed: none).
	 * Looks at about `limit` rows (1 to STORE_PURGE_MAX) and no more. */
	int64_t before;
	int64_t ended_before;
	const struct history_rules *ended;
	struct store_former from;
	uint64_t limit;
	/* It is a piece of a purge that ends with one that has no `more`. While another
	 * host is at such a one, nothing is purged. Not packed. */
	bool in_turn;
};

struct store_reply {
	enum rc rc; /* anything but RC_OK: nothing of this request was done */
	enum store_kind kind;
	struct store_result *results; /* STORE_PUSH: one for each edit, in order */
	size_t result_count;
	struct store_cursor head;   /* the head after the commit, of the lane of a push */
	struct store_places heads;  /* STORE_PUSH in several lanes: instead of it; else lanes 0 */
	enum store_quota_kind over; /* RC_OVER_QUOTA: which one */
	uint64_t over_limit;        /* the same: its limit */
	/* STORE_TOKEN_LIST: all, by time of making; STORE_TOKEN_ROTATE: the new one;
	 * STORE_TOKEN_SET: as it is now; STORE_JOIN: the new one, or that of the join
	 * before; STORE_INVITE_DEVICE: that of the first device */
	struct store_token *tokens;
	size_t token_count;
	/* STORE_INVITE_LIST: all, by time of making */
	struct store_invite *invites;
	size_t invite_count;
	enum store_join join;     /* STORE_JOIN with RC_DENIED */
	bool repeated;            /* STORE_JOIN: nothing was written */
	struct store_quota quota; /* STORE_TOKEN_LIST: the server's, as in the request */
	uint64_t purged;          /* STORE_PURGE: tombstones that went */
	uint64_t pruned;          /* and former versions */
	/* STORE_PURGE: there may be more to do, by a request whose `from` is `next`. If
	 * that has no id, the versions have been looked at, and the request has neither
	 * `ended_before` nor `ended`. */
	bool more;
	struct store_former next;
};

/* ---- Requests and replies as bytes, for the way to the writing process ---- */

void store_request_pack(const struct store_request *request, struct buf *out);
/* The payer of a packed push, empty for all else; the bytes may be malformed. */
struct slice store_request_payer(struct slice bytes);
/* Slices point into `bytes`; the arrays are freed by store_request_clear, also after
 * a failure. */
MUST_USE enum rc store_request_unpack(struct slice bytes, struct store_request *out);
void store_request_clear(struct store_request *request);

void store_reply_pack(const struct store_reply *reply, struct buf *out);
MUST_USE enum rc store_reply_unpack(struct slice bytes, struct store_reply *out);
void store_reply_clear(struct store_reply *reply);

#endif
