/* Writes rows for COPY in binary format ("COPY" in PostgreSQL's manual). Called by
 * load.c. */
#include "store/postgres/copy_rows.h"

#include "store/postgres/result.h"
#include "store/postgres/schema.h"

#include <endian.h>

#define SEND_BYTES ((size_t)64 << 10)

static void put_16(struct copy_rows *rows, uint16_t value)
{
	const uint16_t bytes = htobe16(value);

	buf_put(&rows->bytes, &bytes, sizeof(bytes));
}

static void put_32(struct copy_rows *rows, uint32_t value)
{
	const uint32_t bytes = htobe32(value);

	buf_put(&rows->bytes, &bytes, sizeof(bytes));
}

void copy_rows_row(struct copy_rows *rows, int columns)
{
	put_16(rows, (uint16_t)columns);
}

void copy_rows_null(struct copy_rows *rows)
{
	put_32(rows, UINT32_MAX);
}

void copy_rows_int8(struct copy_rows *rows, int64_t value)
{
	const uint64_t bytes = htobe64((uint64_t)value);

	put_32(rows, sizeof(bytes));
	buf_put(&rows->bytes, &bytes, sizeof(bytes));
}

void copy_rows_int4(struct copy_rows *rows, int32_t value)
{
	put_32(rows, sizeof(value));
	put_32(rows, (uint32_t)value);
}

void copy_rows_bool(struct copy_rows *rows, bool value)
{
	put_32(rows, 1);
	buf_put_byte(&rows->bytes, value);
}

void copy_rows_bytes(struct copy_rows *rows, struct slice bytes)
{
	put_32(rows, (uint32_t)bytes.len);
	buf_put_slice(&rows->bytes, bytes);
}

static enum rc copy_lost(const struct copy_rows *rows, struct error *err)
{
	const char *message = PQerrorMessage(rows->conn);

	return error_set(err, RC_UNAVAILABLE, "the connection to the database was lost (%.*s)",
			 first_line_length(message), message);
}

enum rc copy_rows_begin(struct copy_rows *rows, PGconn *conn, const char *sql, struct error *err)
{
	static const char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* no flags */
	PGresult *result = PQexec(conn, sql);
	const bool begun = PQresultStatus(result) == PGRES_COPY_IN;
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	enum rc rc = RC_OK;

	if (message == NULL)
		message = PQerrorMessage(conn);
	*rows = (struct copy_rows){ .conn = conn };
	if (begun)
		buf_put(&rows->bytes, head, sizeof(head)); /* with the text's zero: 19 bytes */
	else
		rc = error_set(err, result_code(result) ? result_code(result) : RC_IO,
			       "the database server refuses (%.*s)", first_line_length(message),
			       message);
	PQclear(result);
	return rc;
}

static enum rc send_all(struct copy_rows *rows, struct error *err)
{
	if (rows->bytes.len &&
	    PQputCopyData(rows->conn, rows->bytes.data, (int)rows->bytes.len) != 1)
		return copy_lost(rows, err);
	buf_clear(&rows->bytes);
	return RC_OK;
}

enum rc copy_rows_send(struct copy_rows *rows, struct error *err)
{
	return rows->bytes.len >= SEND_BYTES ? send_all(rows, err) : RC_OK;
}

enum rc copy_rows_end(struct copy_rows *rows, struct error *err)
{
	PGresult *result;
	enum rc rc;

	put_16(rows, UINT16_MAX);
	rc = send_all(rows, err);
	if (rc == RC_OK && PQputCopyEnd(rows->conn, NULL) != 1)
		rc = copy_lost(rows, err);
	while (rc == RC_OK && (result = PQgetResult(rows->conn)) != NULL) {
		const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

		rc = result_code(result);
		if (rc != RC_OK)
			(void)error_set(err, rc, "the database server refuses a row (%.*s)",
					first_line_length(message), message ? message : "");
		PQclear(result);
	}
	copy_rows_free(rows);
	return rc;
}

void copy_rows_free(struct copy_rows *rows)
{
	buf_free(&rows->bytes);
}
