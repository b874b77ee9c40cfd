/* A document as the protocol writes it. Called by the worker and by commands that print
 * documents; see also transit/envelope. */
#include "store/store.h"

#include "base/log.h"
#include "transit/envelope.h"

enum rc store_doc_put(struct buf *out, enum encoding encoding, const struct store_doc *doc)
{
	enum rc rc = envelope_put_doc(out, encoding, doc->id, doc->version, doc->deleted,
				      doc->value, doc->plain);

	if (rc != RC_OK)
		log_error("value_corrupt", LOG_NUMBER("seq", doc->seq));
	return rc;
}
