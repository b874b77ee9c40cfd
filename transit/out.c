/* Writes strings, keys and stored values into responses. store/doc.c,
 * worker/sync_push.c and worker/live use it. See also transit/project.c. */
#include "transit/scan.h"
#include "transit/transit.h"

void transit_out_string(struct buf *out, enum encoding encoding, struct slice text)
{
	buf_put_byte(out, '"');
	if (encoding == ENCODING_TRANSIT && text.len && scan_is_mark(text.data[0]))
		buf_put_byte(out, '~');
	scan_escape(text, out);
	buf_put_byte(out, '"');
}

void transit_out_key(struct buf *out, enum encoding encoding, const char *name)
{
	buf_put_text(out, encoding == ENCODING_TRANSIT ? "\"~:" : "\"");
	buf_put_text(out, name);
	buf_put_text(out, "\":");
}

enum rc transit_out_value(struct buf *out, enum encoding encoding, struct slice canonical,
			  bool plain)
{
	if (encoding == ENCODING_JSON && !plain)
		return transit_project(canonical, out);
	if (canonical.len == 0)
		return RC_MALFORMED;
	buf_put_slice(out, canonical);
	return RC_OK;
}
