/* Results of libpq: columns in binary format, and errors as codes of our own. */
#ifndef STORE_POSTGRES_RESULT_H
#define STORE_POSTGRES_RESULT_H

#include "base/rc.h"
#include "base/slice.h"
#include "store/postgres/libpq.h"

#include <stdint.h>

/* Columns of type bigint, int, boolean, text or bytea. A number that is NULL is 0. */
int64_t result_int64(const PGresult *result, int row, int column);
uint64_t result_number(const PGresult *result, int row, int column);
int result_int(const PGresult *result, int row, int column);
bool result_bool(const PGresult *result, int row, int column);
/* Points into the result. */
struct slice result_text(const PGresult *result, int row, int column);
/* The value of a document; empty if it is NULL or is no value, which would make a whole
 * response unreadable. Rows of PostgreSQL have no checksums of ours. */
struct slice result_value(const PGresult *result, int row, int column);

/* RC_OK for a result with rows or a finished command, otherwise what its SQLSTATE
 * means. RC_UNAVAILABLE: the server ends the session or is read-only; the session is of
 * no use any more. RC_BUSY: try again. result_rc also logs unexpected ones, for callers
 * that report nothing themselves. */
enum rc result_code(const PGresult *result);
enum rc result_rc(const PGresult *result);
/* Is it a serialization failure or a deadlock, after which one tries again at once? */
bool result_is_conflict(const PGresult *result);

/* libpq's messages may have several lines, of which the first tells most; 0 for
 * NULL. */
int first_line_length(const char *message);

#endif
