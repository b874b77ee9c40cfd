/* The checksum of a document: a row of `doc`, with the value that may lie in `large`.
 * The writer stores it in the row, and each reader compares it before it hands the
 * document on, so that a bit that the disk has flipped is noticed and not served. */
#ifndef STORE_SQLITE_CHECKSUM_H
#define STORE_SQLITE_CHECKSUM_H

#include "base/rc.h"
#include "base/slice.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#define CHECKSUM_SCHEMA 7 /* that has them */

struct checksum_of {
	struct slice id;
	struct slice op;
	struct slice value; /* empty if deleted */
	uint64_t seq;
	uint64_t version;
	bool is_deleted;
	uint64_t deleted_at; /* 0 unless deleted */
	bool plain;
};

/* Stored in databases: never to be changed. */
int64_t checksum_make(const struct checksum_of *of);

/* The columns of a document in statements, in this order. */
enum {
	ROW_SEQ,
	ROW_ID,
	ROW_VERSION,
	ROW_DELETED_AT,
	ROW_OP,
	ROW_PLAIN,
	ROW_VALUE,
	ROW_SUM,
	ROW_END
};
#define ROW_COLUMNS(value) "doc.seq, id, version, deleted_at, op, plain, " value ", sum"

/* Who wrote the document and when, in statements that read that too: after the columns
 * above, in this order. NULL in rows from before. */
enum { WRITTEN_AT, WRITTEN_BY, WRITTEN_SUM, WRITTEN_END };
#define WRITTEN_COLUMNS "written_at, written_by, written_sum"

int64_t checksum_written(uint64_t seq, const struct store_meta *meta);
/* Reads them, beginning with the column `from`. If they are not as they were written,
 * that is logged, and they are not known. */
void checksum_read_written(sqlite3_stmt *row, int from, uint64_t seq, struct store_meta *out);

/* Reads the row, all but its value and its sum. */
void checksum_read(sqlite3_stmt *row, struct checksum_of *of);
/* Is the row as it was written? `of` is from checksum_read, with the value. If not,
 * that is logged. */
bool checksum_holds(const struct checksum_of *of, sqlite3_stmt *row);
/* Is the row, with this value, as it was written? If not, that is logged. */
bool checksum_matches(sqlite3_stmt *row, struct slice value);

/* Defines the SQL functions document_sum(seq, id, version, deleted_at, op, plain,
 * value) and written_check(seq, at, by), NULL if `at` is. Returns an SQLite result
 * code. */
MUST_USE int checksum_define(sqlite3 *db);

struct store_stats_full;
/* Counts the documents that are not as they were written, as `damaged` and `lost`.
 * Defines the function as well. Returns an SQLite result code. */
MUST_USE int checksum_count_damaged(sqlite3 *db, struct store_stats_full *stats);

#endif
