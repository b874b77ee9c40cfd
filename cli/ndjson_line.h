/* A line of an export, read: {"id": …, "version": …, "value": …} or "deleted": true in
 * the place of the value, in JSON or in Transit. */
#ifndef CLI_NDJSON_LINE_H
#define CLI_NDJSON_LINE_H

#include "base/error.h"
#include "store/store.h"

/* Appends id and value to `text` and aims the edit's slices at it, as offsets from its
 * beginning (in `data`, as if that were at address 0), since it may move: ndjson_resolve
 * makes slices of them. Transit is known by its first key. The version is checked and
 * left out: it is another database's. RC_MALFORMED, RC_TOO_LARGE (the value in
 * canonical form is larger than `limit`): `err` says what is wrong, and where in the
 * line. */
MUST_USE enum rc ndjson_parse(struct slice line, size_t limit, struct buf *text,
			      struct store_edit *out, struct error *err);
struct slice ndjson_resolve(struct slice offset, const struct buf *text);
/* Nothing but white space? */
bool ndjson_is_blank(struct slice line);

#endif
