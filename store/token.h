/* Tokens and invitations as the store keeps them, and the limits of users. Included by
 * store.h, which has the operations; what they mean is decided in auth/. */
#ifndef STORE_TOKEN_H
#define STORE_TOKEN_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_TOKEN_ID_LEN 16
#define STORE_TOKEN_HASH_LEN 32
#define STORE_USER_MAX 128
#define STORE_NOTE_MAX 200
#define STORE_GRANTS_MAX 64
#define STORE_EXPIRES_KEPT (-1)

/* What a user may have. Those below STORE_QUOTA_STORED are counted in the database:
 * what was written with any token of the user and is still there. */
enum store_quota_kind {
	STORE_QUOTA_BYTES,     /* of the ids and values of documents */
	STORE_QUOTA_DOCUMENTS, /* without tombstones */
	STORE_QUOTA_GROUPS,    /* innermost groups, also while they have only tombstones */
	STORE_QUOTA_STORED,
	STORE_QUOTA_STREAMS = STORE_QUOTA_STORED, /* open at the same time */
	STORE_QUOTA_PUSHES,                       /* in a minute */
	STORE_QUOTA_COUNT
};

/* Instead of a limit, which is at least 1. */
#define STORE_QUOTA_DEFAULT 0 /* that of the server, if it has one */
#define STORE_QUOTA_OFF (-1)  /* no limit */
#define STORE_QUOTA_KEPT (-2) /* STORE_TOKEN_SET only: as it is */

struct store_quota {
	int64_t limits[STORE_QUOTA_COUNT];
};

/* In place of a group: the grant that makes a token one of an administrator, who may
 * use the admin page; it opens no documents. No request can name it, as it ends in a
 * colon. */
#define STORE_GRANT_ADMIN "pocketbook-admin:"

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
	struct store_quota quota;
	struct slice note;   /* of an administrator, at most STORE_NOTE_MAX bytes; may be empty */
	struct slice invite; /* the id of the invitation that it was made by; empty: none */
	int64_t used;        /* when it was last used, to within an hour; 0: not known */
	/* What its user has stored; in lists only. */
	uint64_t usage[STORE_QUOTA_STORED];
};

/* The last use of a token is written if it is later by so many seconds. */
#define STORE_USED_SECONDS 3600
/* Tokens of one STORE_TOKEN_USED. */
#define STORE_USED_MAX 256

/* ---- Invitations ---- */

#define STORE_USES_MAX 1000000
#define STORE_DEVICE_SECONDS 600 /* for which one for another device is good, once */
#define STORE_DEVICE_NOTE "second device"

/* A person who has its secret gets a token of their own (STORE_JOIN): up to `uses`
 * people, until it ends. An invitation for another device of a user
 * (STORE_INVITE_DEVICE) has the token of the first device as `source`, of which the new
 * one gets a copy. */
struct store_invite {
	struct slice id;                          /* STORE_TOKEN_ID_LEN lower-case hex digits */
	unsigned char hash[STORE_TOKEN_HASH_LEN]; /* of its secret */
	struct slice source;                      /* the id of a token; empty: none */
	struct slice user;                        /* of the source; in lists only */
	struct slice note;                        /* tokens made by it get it, too */
	int64_t created;
	int64_t expires;            /* never 0 */
	uint64_t uses;              /* 1 to STORE_USES_MAX */
	uint64_t used;              /* how many of them are used up */
	struct store_grant *grants; /* of the tokens; none if there is a source */
	size_t grant_count;
};

/* Why a join was refused (RC_DENIED). */
enum store_join {
	STORE_JOIN_UNKNOWN,  /* there is no such invitation, or it was withdrawn */
	STORE_JOIN_ENDED,    /* its time is over */
	STORE_JOIN_USED,     /* it was used as often as it may be, or by this very join, whose
				token was revoked since */
	STORE_JOIN_NAMELESS, /* it is good, and needs the name of a user */
	STORE_JOIN_TAKEN,    /* it is good, but another token has this user */
	STORE_JOIN_COUNT
};

#endif
