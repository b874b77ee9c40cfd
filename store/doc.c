/* A document as the protocol writes it. Called by the worker and by commands that print
 * documents; see also transit/envelope. */
#include "store/store.h"

#include "base/clock.h"
#include "base/log.h"
#include "transit/envelope.h"

enum rc store_doc_put_members(struct buf *out, enum encoding encoding, const struct store_doc *doc)
{
	enum rc rc = envelope_put_members(out, encoding, doc->id, doc->version, doc->deleted,
					  doc->value, doc->plain);

	if (rc != RC_OK)
		log_error("value_corrupt", LOG_NUMBER("seq", doc->seq));
	return rc;
}

enum rc store_doc_put(struct buf *out, enum encoding encoding, const struct store_doc *doc)
{
	enum rc rc;

	envelope_open(out);
	rc = store_doc_put_members(out, encoding, doc);
	envelope_close(out);
	return rc;
}

void store_doc_put_meta(struct buf *out, enum encoding encoding, const struct store_meta *meta)
{
	char at[CLOCK_TEXT_ROOM];

	if (meta->by.len)
		envelope_put_text(out, encoding, "by", meta->by);
	else
		envelope_put_null(out, encoding, "by");
	if (meta->at)
		envelope_put_text(out, encoding, "at", slice_of(clock_text(meta->at, at)));
	else
		envelope_put_null(out, encoding, "at");
}
