/* An import at work: first all lines are looked through (import_read.c), then they are
 * written (import_write.c). */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "cli/admin.h"
#include "cli/ndjson_reader.h"
#include "cli/progress.h"
#include "store/store_admin.h"

enum existing { EXISTING_REFUSE, EXISTING_SKIP, EXISTING_REPLACE };

struct import {
	struct db_place place;
	enum existing existing;
	bool skip_bad;
	struct ndjson_reader input;
	struct store_ids *ids; /* of the documents read in the first pass, with their lines */
	struct store *reader;  /* NULL: there is no database yet */
	struct progress progress;
	struct error err;
	uint64_t total; /* documents to import */
	uint64_t bad;
	uint64_t imported;
	uint64_t left; /* existing documents that were left alone */
	uint64_t same; /* documents that are as the line says already */
};

/* Reads all lines. RC_OK: each of them is good, or was passed over, and import->total
 * are to be written; else import->why says which is not, and nothing has been
 * written. */
MUST_USE enum rc import_check(struct import *import);
/* Writes them. What was written before a failure stays, and is counted. */
MUST_USE enum rc import_write(struct import *import, struct admin_session *session);

/* ---- Between the two ---- */

/* Writes "FILE:LINE: what" into import->why and returns rc. */
enum rc import_at_line(struct import *import, enum rc rc, const char *what);
/* The next good document, its slices being offsets into `text` (cli/ndjson_line.h);
 * RC_NOT_FOUND: there is none. What is appended to `text` for a bad line goes again. */
MUST_USE enum rc import_next(struct import *import, bool is_first_pass, struct buf *text,
			     struct store_edit *edit);

/* What is there of a document. */
struct held {
	const struct store_edit *edit; /* resolved */
	bool alive;
	bool same;
	uint64_t version; /* 0: there is none */
};

MUST_USE enum rc import_look_up(struct import *import, const struct store_edit *edit,
				struct held *held);
/* Aims the slices of an edit at its text, which must not grow any more. */
void import_resolve(struct store_edit *edit, const struct buf *text);

#endif
