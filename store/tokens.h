/* Tokens and what they grant, in the SQLite back end. */
#ifndef STORE_TOKENS_H
#define STORE_TOKENS_H

#include "store/sqlite.h"

/* Reads what SQL_TOKEN or SQL_TOKENS (bound by the caller) find. All slices point into *bytes. The caller frees with tokens_free, also
 * after a failure. */
MUST_USE enum rc tokens_read(sqlite3_stmt *stmt, struct store_token **tokens, size_t *count, struct buf *bytes);
void tokens_free(struct store_token *tokens, size_t count);

/* RC_EXISTS: the id is taken. */
MUST_USE enum rc tokens_add(struct store *store, const struct store_token *token);
/* RC_NOT_FOUND: there is no such token. */
MUST_USE enum rc tokens_revoke(struct store *store, struct slice id);

#endif
