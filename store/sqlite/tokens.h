/* Tokens and their grants, in the SQLite back end. */
#ifndef STORE_SQLITE_TOKENS_H
#define STORE_SQLITE_TOKENS_H

#include "store/sqlite/statements.h"

/* Reads the rows of SQL_TOKEN or SQL_TOKENS, whose parameters the caller has bound.
 * All slices point into *bytes. The caller frees with tokens_free, also after a
 * failure. */
MUST_USE enum rc tokens_read(sqlite3_stmt *stmt, struct store_token **tokens, size_t *count,
			     struct buf *bytes);
void tokens_free(struct store_token *tokens, size_t count);
/* Reads the token with this id into the reply; token_count 0: there is none. */
MUST_USE enum rc tokens_read_one(struct sqlite *sqlite, struct slice id, struct store_reply *reply,
				 struct buf *bytes);

/* RC_EXISTS: the id exists. */
MUST_USE enum rc tokens_add(struct sqlite *sqlite, const struct store_token *token);
/* Replaces the old token by the new one, and puts that into the reply. A repetition,
 * as after a lost answer, changes nothing. RC_EXISTS, RC_NOT_FOUND, RC_DENIED as in
 * store.h: nothing was written. */
MUST_USE enum rc tokens_rotate(struct sqlite *sqlite, const struct store_request *request,
			       struct store_reply *reply, struct buf *bytes);
/* Changes the token, and puts it into the reply as it is now. RC_NOT_FOUND: nothing was
 * written. */
MUST_USE enum rc tokens_set(struct sqlite *sqlite, const struct store_request *request,
			    struct store_reply *reply, struct buf *bytes);
/* Notes that these tokens were used at `now`, if that is news (STORE_USED_SECONDS). */
MUST_USE enum rc tokens_used(struct sqlite *sqlite, const struct slice *ids, size_t count,
			     int64_t now);
/* RC_NOT_FOUND: no such token. */
MUST_USE enum rc tokens_revoke(struct sqlite *sqlite, struct slice id);

#endif
