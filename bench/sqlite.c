/* The reference for pushes: how many documents a second SQLite stores for a single
 * process that does nothing else.
 *
 *   sqlite DATABASE BATCH [written]
 *
 * For each line on stdin, "FIRST SECONDS", it inserts documents numbered from FIRST on,
 * BATCH in a transaction, with synchronous=FULL and a WAL, and prints
 * {"documents":N,"seconds":S}. The table is as simple as possible, the statement is
 * prepared once. With `written` each row has who wrote it and when, too, as the store's
 * has: a user, a time and their checksum. */
#include "base/clock.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS "id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL"
#define WRITTEN "written_at INTEGER, written_by TEXT, written_sum INTEGER"

static void fail(sqlite3 *db)
{
	fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
	exit(1);
}

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail(db);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
		fail(db);
	return stmt;
}

static void step(sqlite3 *db, sqlite3_stmt *stmt)
{
	if (sqlite3_step(stmt) != SQLITE_DONE)
		fail(db);
	sqlite3_reset(stmt);
}

static void insert(sqlite3 *db, sqlite3_stmt *stmt, unsigned long n)
{
	char id[64], value[128];
	int id_len = snprintf(id, sizeof(id), "todos:%lu", n);
	int value_len = snprintf(value, sizeof(value),
				 "{\"title\":\"Buy milk %lu\",\"completed\":false}", n);

	sqlite3_bind_text(stmt, 1, id, id_len, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, value, value_len, SQLITE_STATIC);
	if (sqlite3_bind_parameter_count(stmt) > 2) {
		sqlite3_bind_int64(stmt, 3, clock_wall());
		sqlite3_bind_text(stmt, 4, "ann", 3, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 5, (sqlite3_int64)n * 2654435761);
	}
	step(db, stmt);
}

int main(int argc, char **argv)
{
	const bool written = argc == 4 && strcmp(argv[3], "written") == 0;
	unsigned long first, batch = argc == 3 || written ? strtoul(argv[2], NULL, 10) : 0;
	sqlite3_stmt *add, *begin, *commit;
	double seconds;
	sqlite3 *db;

	if (batch == 0) {
		fprintf(stderr, "usage: sqlite DATABASE BATCH [written]\n");
		return 2;
	}
	if (sqlite3_open_v2(argv[1], &db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		fail(db);
	run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192");
	run(db, written ? "CREATE TABLE IF NOT EXISTS doc (" COLUMNS ", " WRITTEN
			  ") STRICT, WITHOUT ROWID"
			: "CREATE TABLE IF NOT EXISTS doc (" COLUMNS ") STRICT, WITHOUT ROWID");
	add = prepare(db, written ? "INSERT INTO doc VALUES (?1, 1, ?2, ?3, ?4, ?5)"
				  : "INSERT INTO doc VALUES (?1, 1, ?2)");
	begin = prepare(db, "BEGIN IMMEDIATE");
	commit = prepare(db, "COMMIT");
	while (scanf("%lu %lf", &first, &seconds) == 2) {
		uint64_t start = clock_us(), end = start + (uint64_t)(seconds * 1e6);
		unsigned long done = 0;

		while (clock_us() < end) {
			if (batch > 1)
				step(db, begin);
			for (unsigned long i = 0; i < batch; i++)
				insert(db, add, first + done++);
			if (batch > 1)
				step(db, commit);
		}
		printf("{\"documents\":%lu,\"seconds\":%f}\n", done,
		       (double)(clock_us() - start) / 1e6);
		fflush(stdout);
	}
	return 0;
}
