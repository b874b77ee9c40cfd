/* One line of an export: {"id": …, "version": …, "value": …, "by": …, "at": …}, or
 * "deleted": true instead of the value, in JSON or in Transit. */
#ifndef CLI_NDJSON_LINE_H
#define CLI_NDJSON_LINE_H

#include "base/error.h"
#include "store/store.h"

/* Parses a line. Appends id, value and user to `text`. Since `text` may move, the
 * edit's slices are offsets into it, stored in `data`; ndjson_resolve makes slices of
 * them. Transit is recognized by its first key. The version is checked and ignored, as
 * it belongs to another database. RC_MALFORMED, RC_TOO_LARGE (the canonical value is
 * larger than `limit`): `err` has the position and the reason. RC_CORRUPT: a document
 * that was damaged when it was exported. */
MUST_USE enum rc ndjson_parse(struct slice line, size_t limit, struct buf *text,
			      struct store_edit *out, struct error *err);
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
