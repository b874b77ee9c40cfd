/* One line of an export: {"id": …, "version": …, "value": …, "by": …, "at": …}, or
 * "deleted": true instead of the value, in JSON or in Transit. With `export --history`
 * it has "formers", the number of its former versions, whose lines precede it and have
 * "former" in place of "id". */
#ifndef CLI_NDJSON_LINE_H
#define CLI_NDJSON_LINE_H

#include "base/error.h"
#include "store/store.h"

struct ndjson_document {
	struct store_edit edit;
	uint64_t version;
	bool former;      /* a former version */
	bool has_formers; /* lines of them precede this one: `formers` */
	uint64_t formers;
};

/* Parses a line. Appends id, value and user to `text`. Since `text` may move, the
 * edit's slices are offsets into it, stored in `data`; ndjson_resolve makes slices of
 * them. Transit is recognized by its first key. RC_MALFORMED, RC_TOO_LARGE (the
 * canonical value is larger than `limit`): `err` has the position and the reason.
 * RC_CORRUPT: a document that was damaged when it was exported. */
MUST_USE enum rc ndjson_parse(struct slice line, size_t limit, struct buf *text,
			      struct ndjson_document *out, struct error *err);
/* A line of 'tail': a document with its version, or a reset. */
struct ndjson_change {
	struct store_edit edit; /* of a reset: only the id, which is the group */
	uint64_t version;
	bool reset;
};
MUST_USE enum rc ndjson_parse_change(struct slice line, size_t limit, struct buf *text,
				     struct ndjson_change *out, struct error *err);
struct slice ndjson_resolve(struct slice offset, const struct buf *text);
/* Does the line have nothing but white space? */
bool ndjson_is_blank(struct slice line);

#endif
