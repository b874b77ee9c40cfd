/* Writing a document within a transaction: its row, its value if that is large, and its
 * place in the groups that contain its group. */
#ifndef STORE_SQLITE_ROW_H
#define STORE_SQLITE_ROW_H

#include "store/sqlite/transaction.h"

/* The bytes of a document for STORE_QUOTA_BYTES. */
int64_t row_charge(const struct store_edit *edit);
/* The version that follows. */
uint64_t row_next_version(uint64_t version);
#define ROW_PARAMETERS 14
#define ROWS_TOGETHER 16
/* Binds the ROW_PARAMETERS parameters after the first `bound` ones, which SQL_PUT_DOC,
 * SQL_ADD_DOC and SQL_SET_DOC share, and SQL_PUT_DOCS has for each row: the row of the
 * edit in the current group, with the transaction's newest sequence number. It counts
 * for `account`; 0 means no account. */
void row_bind(const struct transaction *transaction, sqlite3_stmt *stmt, int bound,
	      const struct store_edit *edit, uint64_t version, uint64_t account);
/* Of SQL_SET_DOC: the row's present number, and the key of its newest former version
 * or NULL. */
#define ROW_BIND_SEQ (ROW_PARAMETERS + 1)
#define ROW_BIND_FORMER (ROW_PARAMETERS + 2)
/* Stores the value under the number if it is large. */
MUST_USE enum rc row_add_large(struct transaction *transaction, const struct store_edit *edit,
			       uint64_t seq);
MUST_USE enum rc row_drop_large(struct transaction *transaction, uint64_t seq);
/* A document of the current group has moved from the number `from` (0: it is new) to
 * `to`: to pulls of the groups that contain its group as well. */
MUST_USE enum rc row_move_nested(struct transaction *transaction, uint64_t from, uint64_t to);

#endif
