/* Shared by the tests of the store: a database in a folder of its own, and
 * synchronous calls. If POCKETBOOK_TEST_DB has the URL of a PostgreSQL database, its
 * schema is made anew for each test and used instead (store_kit_postgres.c). */
#ifndef T_UNIT_STORE_KIT_H
#define T_UNIT_STORE_KIT_H

#include "store/position.h"
#include "store/store_admin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>
#include <cmocka.h>

struct kit_page {
	enum rc rc;
	struct store_doc *docs;
	size_t count;
	struct store_cursor next;
	uint64_t head;
	bool more;
	bool reset;
	struct buf bytes;
	struct store_position *at; /* moves; NULL: none does */
};

struct kit {
	char dir[64];
	char path[256];
	struct store *writer;
	struct store *reader;
	bool wants_meta;             /* pulls ask for it */
	struct kit_page page;        /* of the last kit_pull or kit_versions */
	struct store_reply *replies; /* of the last kit_commit, gone through the wire format */
	size_t reply_count;
	struct buf *wires;
};

/* For cmocka: make and remove a database, open for writing and for reading. */
int kit_setup(void **state);
int kit_teardown(void **state);
/* A database file, whatever POCKETBOOK_TEST_DB says. */
int kit_setup_file(void **state);
/* The folder alone. */
int kit_setup_folder(void **state);

/* Whether the database is a file. */
bool kit_is_file(const struct kit *kit);

/* Leaves a test that is about files. */
#define KIT_FILE_ONLY(kit) \
	do { \
		if (!kit_is_file(kit)) \
			skip(); \
	} while (0)

/* "DIR/name", good until the next call. */
const char *kit_file(const struct kit *kit, const char *name);
/* The file's length; -1: there is none. */
off_t kit_size(const struct kit *kit, const char *name);
void kit_open(struct kit *kit);
void kit_close(struct kit *kit);

enum rc kit_commit(struct kit *kit, const struct store_request *requests, size_t count);

/* A push of one document. value NULL: a deletion; op NULL: none. Slices of the result
 * are good until the next commit. */
struct store_result kit_edit(struct kit *kit, const char *id, uint64_t base, const char *op,
			     const char *value);
/* The same, and it must be ok: answers the sequence number. */
uint64_t kit_put(struct kit *kit, const char *id, uint64_t base, const char *value);
struct store_edit kit_edit_of(const char *id, uint64_t base, const char *op, const char *value);
uint64_t kit_purge(struct kit *kit, int64_t before);

/* Pulls through the reader. */
const struct kit_page *kit_pull(struct kit *kit, const char *group, struct store_cursor since,
				unsigned limit);
const struct kit_page *kit_pull_bytes(struct kit *kit, const char *group, struct store_cursor since,
				      unsigned limit, size_t max_bytes);
/* From a position of the reader in that group, which moves behind the page. */
const struct kit_page *kit_pull_at(struct kit *kit, const char *group,
				   struct store_position *position, unsigned limit,
				   size_t max_bytes);
/* The versions of a document below `before` (0: all), with who wrote them and when. */
const struct kit_page *kit_versions(struct kit *kit, const char *id, uint64_t before,
				    unsigned limit);
struct store_places kit_heads(struct store *store);
struct store_cursor kit_head(struct store *store); /* of the first lane */
uint64_t kit_latest(struct store *store, const char *group);
struct store_stats kit_stats(struct store *store);
/* A plain place of this database. */
struct store_cursor kit_place(struct kit *kit, uint64_t seq);

#define KIT_BEGINNING ((struct store_cursor){ .epoch = 0 })
/* Later than any tombstone. */
#define KIT_LATER INT64_C(1) << 60

/* Runs SQL on a file from outside; it must go well. */
void kit_sql(const char *path, const char *sql);
/* That makes a file of schema 14 one of schema 13, to which more can be added. */
#define KIT_TO_SCHEMA_13 \
	"CREATE TABLE before AS SELECT * FROM history; DROP TABLE history; CREATE TABLE history (" \
	" gid INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT " \
	"NULL, deleted_at INTEGER, op TEXT NOT NULL, plain INTEGER NOT NULL, value TEXT, sum " \
	"INTEGER NOT NULL, written_at INTEGER, written_by TEXT, written_sum INTEGER, ended_at " \
	"INTEGER NOT NULL, PRIMARY KEY (gid, id, version)) STRICT, WITHOUT ROWID;" \
	"INSERT INTO history SELECT gid, id, version, seq, deleted_at, op, plain, value, sum, " \
	"written_at, written_by, written_sum, ended_at FROM before; DROP TABLE before;" \
	"ALTER TABLE doc DROP COLUMN former; PRAGMA user_version = 13;"

/* The first column of the first row, as text in a buffer that the next call uses
 * again. */
const char *kit_ask(const char *path, const char *sql);

#endif
