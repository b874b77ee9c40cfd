/* Rows for COPY ... FROM STDIN in its binary format. */
#ifndef STORE_POSTGRES_COPY_ROWS_H
#define STORE_POSTGRES_COPY_ROWS_H

#include "base/buf.h"
#include "base/error.h"
#include "store/postgres/libpq.h"

#include <stdint.h>

/* One COPY at a time on a connection. */
struct copy_rows {
	PGconn *conn;
	struct buf bytes;
};

MUST_USE enum rc copy_rows_begin(struct copy_rows *rows, PGconn *conn, const char *sql,
				 struct error *err);
/* A row, and then each of its columns. */
void copy_rows_row(struct copy_rows *rows, int columns);
void copy_rows_null(struct copy_rows *rows);
void copy_rows_int8(struct copy_rows *rows, int64_t value);
void copy_rows_int4(struct copy_rows *rows, int32_t value);
void copy_rows_bool(struct copy_rows *rows, bool value);
void copy_rows_bytes(struct copy_rows *rows, struct slice bytes);
/* Call after each row: sends what has gathered. */
MUST_USE enum rc copy_rows_send(struct copy_rows *rows, struct error *err);
MUST_USE enum rc copy_rows_end(struct copy_rows *rows, struct error *err);
/* Frees, in any case. */
void copy_rows_free(struct copy_rows *rows);

#endif
