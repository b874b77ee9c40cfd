#include "store/store.h"

#include "base/log.h"

enum rc store_doc_put(struct buf *out, enum encoding encoding, const struct store_doc *doc)
{
	enum rc rc = RC_OK;

	buf_put_byte(out, '{');
	transit_out_key(out, encoding, "id");
	transit_out_string(out, encoding, doc->id);
	buf_put_byte(out, ',');
	transit_out_key(out, encoding, "version");
	buf_putf(out, "%llu,", (unsigned long long)doc->version);
	transit_out_key(out, encoding, doc->deleted ? "deleted" : "value");
	if (doc->deleted)
		buf_put_text(out, "true");
	else
		rc = transit_out_value(out, encoding, doc->value, doc->plain);
	buf_put_byte(out, '}');
	if (rc != RC_OK)
		log_error("value_corrupt", LOG_NUMBER("seq", doc->seq));
	return rc == RC_OK ? RC_OK : RC_CORRUPT;
}
