/* Compares the schema of a file, which may be of any origin, with what the migrations
 * make. Called by schema.c; see there for the migrations. */
#include "store/sqlite/schema.h"

#include <stdbool.h>
#include <string.h>

#define NAME_SHOWN 64

/* The objects of a schema in an order that both have. Where they are does not
 * matter. */
static const char objects_sql[] =
	"SELECT type, name, coalesce(sql, ''), tbl_name FROM sqlite_schema ORDER BY type, name";
enum { AT_TYPE, AT_NAME, AT_SQL, AT_TABLE };

struct comparison {
	sqlite3_stmt *made; /* by the migrations */
	sqlite3_stmt *held; /* by the file */
	const char *path;
	struct error *err;
};

static const char *text(sqlite3_stmt *stmt, int at)
{
	const unsigned char *found = sqlite3_column_text(stmt, at);

	return found ? (const char *)found : "";
}

/* Its name may contain anything. */
static void show(const char *name, char out[NAME_SHOWN])
{
	size_t len = strnlen(name, NAME_SHOWN - 1);

	for (size_t i = 0; i < len; i++)
		out[i] = '!' <= name[i] && name[i] <= '~' ? name[i] : '?';
	out[len] = '\0';
}

static enum rc differ(const struct comparison *comparison, sqlite3_stmt *row, const char *what)
{
	char type[NAME_SHOWN], name[NAME_SHOWN];

	show(text(row, AT_TYPE), type);
	show(text(row, AT_NAME), name);
	return error_set(comparison->err, RC_CORRUPT,
			 "%.200s is damaged, or another program has changed it: %s %s %s; restore "
			 "a backup that you trust",
			 comparison->path, type, name, what);
}

static int compare_keys(sqlite3_stmt *one, sqlite3_stmt *other)
{
	int order = strcmp(text(one, AT_TYPE), text(other, AT_TYPE));

	return order ? order : strcmp(text(one, AT_NAME), text(other, AT_NAME));
}

/* Byte for byte, also behind a NUL. */
static bool same_column(sqlite3_stmt *one, sqlite3_stmt *other, int at)
{
	const void *a = sqlite3_column_blob(one, at), *b = sqlite3_column_blob(other, at);
	int len = sqlite3_column_bytes(one, at);

	return len == sqlite3_column_bytes(other, at) &&
	       (len == 0 || memcmp(a, b, (size_t)len) == 0);
}

static enum rc compare_objects(const struct comparison *comparison, int made, int held)
{
	int order = 0;

	if (made == SQLITE_ROW && held == SQLITE_ROW)
		order = compare_keys(comparison->made, comparison->held);
	if (made != SQLITE_ROW || order > 0)
		return differ(comparison, comparison->held, "is not of its schema");
	if (held != SQLITE_ROW || order < 0)
		return differ(comparison, comparison->made, "is missing");
	for (int at = AT_TYPE; at <= AT_TABLE; at++)
		if (!same_column(comparison->made, comparison->held, at))
			return differ(comparison, comparison->held, "is not as it was made");
	return RC_OK;
}

static enum rc compare_all(const struct comparison *comparison)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK) {
		int made = sqlite3_step(comparison->made), held = sqlite3_step(comparison->held);

		if (made == SQLITE_DONE && held == SQLITE_DONE)
			return RC_OK;
		for (int i = 0; i < 2; i++) {
			sqlite3_stmt *stmt = i ? comparison->held : comparison->made;
			int code = i ? held : made;

			if (code != SQLITE_ROW && code != SQLITE_DONE)
				return schema_fail(sqlite3_db_handle(stmt), code, comparison->path,
						   comparison->err);
		}
		rc = compare_objects(comparison, made, held);
	}
	return rc;
}

static int make_model(int version, sqlite3 **model)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY |
		    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int code = sqlite3_open_v2(":memory:", model, flags, NULL);

	return code == SQLITE_OK ? schema_run(*model, 0, version) : code;
}

enum rc schema_compare(sqlite3 *db, int version, const char *path, struct error *err)
{
	struct comparison comparison = { .path = path, .err = err };
	sqlite3 *model = NULL, *failed = NULL;
	int code = make_model(version, &model);
	enum rc rc;

	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(model, objects_sql, -1, &comparison.made, NULL);
	if (code != SQLITE_OK)
		failed = model;
	else
		code = sqlite3_prepare_v2(db, objects_sql, -1, &comparison.held, NULL);
	rc = code == SQLITE_OK ? compare_all(&comparison)
			       : schema_fail(failed ? failed : db, code, path, err);
	sqlite3_finalize(comparison.made);
	sqlite3_finalize(comparison.held);
	sqlite3_close(model);
	return rc;
}
