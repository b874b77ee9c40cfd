/* Lines of `export --history`: the former versions of a document, the oldest first, and
 * then the document. If the database does not have the document, all versions are
 * written with their numbers, one after another. If it has one of them, as it was left
 * by an import that was broken off, the later ones are. Otherwise the document's own
 * line is like any other. */
#ifndef CLI_IMPORT_HISTORY_H
#define CLI_IMPORT_HISTORY_H

#include "base/buf.h"
#include "cli/ndjson_line.h"

struct import;

/* What to do with the lines of one document, in the second pass. */
enum import_history_mode {
	HISTORY_WRITE, /* they follow what is in the database */
	HISTORY_SEEK,  /* a version of the file may be what is there */
	HISTORY_REST   /* the document there is another */
};

struct import_history {
	/* Of the line that was read last. */
	bool keeps;  /* its number is kept: it is a former version, or has `formers` */
	bool former; /* it is a former version */
	bool first;  /* of its document */
	uint64_t version;
	/* Of the former versions that were read and wait for their document. */
	struct buf id; /* empty: none do */
	uint64_t line, last, count;
	enum import_history_mode mode;
};

/* Takes a line, whose id is resolved, into import->history. RC_MALFORMED with
 * import->err: it is not in its place; RC_DENIED likewise, and the line before it was
 * not, so that it cannot be skipped. */
MUST_USE enum rc import_history_read(struct import *import, const struct ndjson_document *document,
				     struct slice id);
/* At the end of the lines: RC_DENIED if former versions wait. */
MUST_USE enum rc import_history_end(struct import *import);
/* Decides about a line that keeps its number. *wanted: it is to be written, with its
 * base; *rest: it is to be decided like any other line. */
MUST_USE enum rc import_history_decide(struct import *import, struct store_edit *edit, bool *wanted,
				       bool *rest);

#endif
