/* The former versions of a document, for `export --history`. */
#ifndef CLI_EXPORT_FORMER_H
#define CLI_EXPORT_FORMER_H

#include "store/store_admin.h"

/* Passes each version that is older than the document to on_version, the oldest first,
 * one at a time in memory. Versions that are removed meanwhile are left out. Returns
 * the result of on_version, or that of the store. */
MUST_USE enum rc export_former(struct store *store, const struct store_doc *doc,
			       on_store_doc *on_version, void *arg);
/* Appends the line of a former version, without its end. RC_CORRUPT: its value is
 * damaged. */
MUST_USE enum rc export_former_put(struct buf *out, enum encoding encoding,
				   const struct store_doc *version);

#endif
