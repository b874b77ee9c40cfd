/* Checksums of documents. Called by push.c, which stores them, and by all that read
 * documents; as an SQL function by a migration and by copies. */
#include "store/sqlite/checksum.h"

#include "store/sqlite/schema.h"
#include "store/sqlite/statements.h"

#include "base/log.h"
#include "transit/transit.h"

#include <endian.h>
#include <xxhash.h>

int64_t checksum_make(const struct checksum_of *of)
{
	const uint64_t parts[] = {
		htole64(XXH3_64bits(of->id.data, of->id.len)),
		htole64(XXH3_64bits(of->op.data, of->op.len)),
		htole64(XXH3_64bits(of->value.data, of->value.len)),
		htole64(of->seq),
		htole64(of->version),
		htole64(of->deleted_at),
		htole64((uint64_t)of->is_deleted << 1 | (uint64_t)of->plain),
	};

	return (int64_t)XXH3_64bits(parts, sizeof(parts));
}

void checksum_read(sqlite3_stmt *row, struct checksum_of *of)
{
	*of = (struct checksum_of){
		.seq = sql_number(row, ROW_SEQ),
		.id = sql_text(row, ROW_ID),
		.version = sql_number(row, ROW_VERSION),
		.is_deleted = !sql_is_null(row, ROW_DELETED_AT),
		.op = sql_text(row, ROW_OP),
		.plain = sql_number(row, ROW_PLAIN) != 0,
	};
	if (of->is_deleted)
		of->deleted_at = sql_number(row, ROW_DELETED_AT);
}

bool checksum_holds(const struct checksum_of *of, sqlite3_stmt *row)
{
	/* The sum of a row that was damaged before the rows had sums is right: a
	 * tombstone with a value was never written. */
	if (checksum_make(of) == (int64_t)sql_number(row, ROW_SUM) &&
	    !(of->is_deleted && of->value.len))
		return true;
	log_error("document_damaged", LOG_NUMBER("seq", of->seq));
	return false;
}

bool checksum_matches(sqlite3_stmt *row, struct slice value)
{
	struct checksum_of of;

	checksum_read(row, &of);
	of.value = value;
	return checksum_holds(&of, row);
}

int64_t checksum_written(uint64_t seq, const struct store_meta *meta)
{
	const uint64_t parts[] = {
		htole64(XXH3_64bits(meta->by.data, meta->by.len)),
		htole64(seq),
		htole64((uint64_t)meta->at),
	};

	return (int64_t)XXH3_64bits(parts, sizeof(parts));
}

void checksum_read_written(sqlite3_stmt *row, int from, uint64_t seq, struct store_meta *out)
{
	*out = (struct store_meta){ .at = 0 };
	if (sql_is_null(row, from + WRITTEN_AT))
		return;
	out->at = (int64_t)sql_number(row, from + WRITTEN_AT);
	out->by = sql_text(row, from + WRITTEN_BY);
	if (checksum_written(seq, out) == (int64_t)sql_number(row, from + WRITTEN_SUM))
		return;
	log_error("document_meta_damaged", LOG_NUMBER("seq", seq));
	*out = (struct store_meta){ .at = 0 };
}

/* ---- In SQL ---- */

enum { AT_SEQ, AT_ID, AT_VERSION, AT_DELETED_AT, AT_OP, AT_PLAIN, AT_VALUE, ARGUMENTS };

static struct slice text_of(sqlite3_value *value)
{
	const char *data = sqlite3_value_blob(value);

	return slice_make(data ? data : "", (size_t)sqlite3_value_bytes(value));
}

static void document_sum(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct checksum_of of = {
		.seq = (uint64_t)sqlite3_value_int64(values[AT_SEQ]),
		.id = text_of(values[AT_ID]),
		.version = (uint64_t)sqlite3_value_int64(values[AT_VERSION]),
		.is_deleted = sqlite3_value_type(values[AT_DELETED_AT]) != SQLITE_NULL,
		.deleted_at = (uint64_t)sqlite3_value_int64(values[AT_DELETED_AT]),
		.op = text_of(values[AT_OP]),
		.plain = sqlite3_value_int64(values[AT_PLAIN]) != 0,
		.value = text_of(values[AT_VALUE]),
	};

	(void)count;
	/* Readers copy a value whose sum holds. One that was damaged before the rows
	 * had sums gets one that does not. */
	if (!of.is_deleted && !transit_is_value(of.value))
		sqlite3_result_int64(context, ~checksum_make(&of));
	else
		sqlite3_result_int64(context, checksum_make(&of));
}

static void written_check(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct store_meta meta = { .at = sqlite3_value_int64(values[1]),
					 .by = text_of(values[2]) };

	(void)count;
	if (sqlite3_value_type(values[1]) == SQLITE_NULL)
		sqlite3_result_null(context);
	else
		sqlite3_result_int64(
			context, checksum_written((uint64_t)sqlite3_value_int64(values[0]), &meta));
}

int checksum_define(sqlite3 *db)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
	int code = sqlite3_create_function_v2(db, "written_check", 3, flags, NULL, written_check,
					      NULL, NULL, NULL);

	if (code != SQLITE_OK)
		return code;
	return sqlite3_create_function_v2(db, "document_sum", ARGUMENTS, flags, NULL, document_sum,
					  NULL, NULL, NULL);
}

int checksum_count_damaged(sqlite3 *db, struct store_stats_full *stats)
{
	static const char sql[] =
		"SELECT count(*), count(*) FILTER (WHERE deleted_at IS NULL) FROM doc LEFT JOIN "
		"large ON large.seq = doc.seq WHERE sum <> "
		"document_sum(doc.seq, id, version, deleted_at, op, plain, coalesce(doc.value, "
		"large.value))";
	sqlite3_stmt *stmt = NULL;
	int version = 0, code = schema_version(db, &version);

	if (code != SQLITE_OK || version < CHECKSUM_SCHEMA)
		return code;
	code = checksum_define(db);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW) {
		stats->damaged = sql_number(stmt, 0);
		stats->lost = sql_number(stmt, 1);
	}
	sqlite3_finalize(stmt);
	return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}
