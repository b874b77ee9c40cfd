/* Invitations and joins, in the SQLite back end. */
#ifndef STORE_SQLITE_INVITES_H
#define STORE_SQLITE_INVITES_H

#include "store/sqlite/statements.h"

/* Reads the rows of SQL_INVITE or SQL_INVITES, whose parameters the caller has bound,
 * into the reply. All slices point into *bytes. The caller frees with invites_free,
 * also after a failure. */
MUST_USE enum rc invites_read(sqlite3_stmt *stmt, struct store_reply *reply, struct buf *bytes);
void invites_free(struct store_invite *invites, size_t count);

/* RC_EXISTS: the id exists. */
MUST_USE enum rc invites_add(struct sqlite *sqlite, const struct store_invite *invite);
/* For another device of the token of request->proof, in place of one that waits; puts
 * that token into the reply. RC_DENIED: there is no such token, or it has expired. */
MUST_USE enum rc invites_add_device(struct sqlite *sqlite, const struct store_request *request,
				    int64_t now, struct store_reply *reply, struct buf *bytes);
/* RC_NOT_FOUND: no such invitation. */
MUST_USE enum rc invites_remove(struct sqlite *sqlite, struct slice id);
/* Makes a token with the invitation of request->proof and counts that; both as
 * described at struct store_request. RC_DENIED: nothing was written, reply->join says
 * why. */
MUST_USE enum rc invites_join(struct sqlite *sqlite, const struct store_request *request,
			      int64_t now, struct store_reply *reply, struct buf *bytes);

#endif
