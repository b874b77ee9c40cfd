/* The state of an import: first all lines are checked (import_read.c), then they are
 * written (import_write.c). */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "cli/admin.h"
#include "cli/import_history.h"
#include "cli/ndjson_reader.h"
#include "cli/progress.h"
#include "store/store_admin.h"

enum existing { EXISTING_REFUSE, EXISTING_SKIP, EXISTING_REPLACE };

/* In the lines of 'tail', the last reset of a group. Changes of the group before it are
 * not imported. */
struct import_reset {
	struct slice group; /* memory of its own */
	uint64_t line;
};

struct import {
	struct db_place place;
	enum existing existing;
	bool skip_bad;
	bool changes; /* the lines are those of 'tail' */
	struct import_history history;
	struct import_reset *resets;
	size_t reset_count, reset_room;
	struct ndjson_reader input;
	struct store_ids *ids; /* of the documents read in the first pass, with their lines */
	struct store *reader;  /* NULL: there is no database yet */
	struct progress progress;
	struct error err;
	uint64_t total; /* documents to import */
	uint64_t bad;
	uint64_t damaged; /* lines of documents that were damaged when they were exported */
	uint64_t imported;
	uint64_t versions;     /* former ones that were imported */
	uint64_t left;         /* existing documents that were skipped */
	uint64_t same;         /* documents that already are as their line says */
	uint64_t same_deleted; /* of these, deletions */
};

/* Reads all lines. RC_OK: each is valid or was skipped, and import->total documents are
 * to be written; otherwise import->err has the line and the reason, and nothing has
 * been written. */
MUST_USE enum rc import_check(struct import *import);
/* Writes them. Documents written before a failure stay, and are counted. */
MUST_USE enum rc import_write(struct import *import, struct admin_session *session);

/* ---- Shared by both passes ---- */

/* Writes "FILE:LINE: what" into import->err and returns rc. */
enum rc import_at_line(struct import *import, enum rc rc, const char *what);
/* The next valid document, whose slices are offsets into `text` (cli/ndjson_line.h).
 * RC_NOT_FOUND: there is none. `text` keeps nothing of skipped lines. */
MUST_USE enum rc import_next(struct import *import, bool is_first_pass, struct buf *text,
			     struct store_edit *edit);

/* The state of a document in the database. */
struct held {
	const struct store_edit *edit; /* resolved */
	bool alive;
	bool same;
	uint64_t version; /* 0: there is none */
};

MUST_USE enum rc import_look_up(struct import *import, const struct store_edit *edit,
				struct held *held);
void import_free_resets(struct import *import);
/* Makes pointers of the offsets of an edit. `text` must not grow afterwards. */
void import_resolve(struct store_edit *edit, const struct buf *text);

#endif
