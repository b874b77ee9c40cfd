/* Writes the maps around documents. Called by the worker for pages, events and results
 * of pushes, and by commands that print documents. */
#include "transit/envelope.h"

#include <assert.h>

/* Between two members or elements: the first one follows a bracket. */
static void put_comma(struct buf *out)
{
	char last;

	assert(out->len > 0); /* within a map or a list */
	last = out->data[out->len - 1];
	if (last != '{' && last != '[')
		buf_put_byte(out, ',');
}

static void put_key(struct buf *out, enum encoding encoding, const char *name)
{
	put_comma(out);
	transit_out_key(out, encoding, name);
}

void envelope_open(struct buf *out)
{
	buf_put_byte(out, '{');
}

void envelope_close(struct buf *out)
{
	buf_put_byte(out, '}');
}

void envelope_open_list(struct buf *out, enum encoding encoding, const char *name)
{
	put_key(out, encoding, name);
	buf_put_byte(out, '[');
}

void envelope_next(struct buf *out)
{
	put_comma(out);
}

void envelope_close_list(struct buf *out)
{
	buf_put_byte(out, ']');
}

void envelope_put_text(struct buf *out, enum encoding encoding, const char *name, struct slice text)
{
	put_key(out, encoding, name);
	transit_out_string(out, encoding, text);
}

void envelope_put_number(struct buf *out, enum encoding encoding, const char *name, uint64_t number)
{
	put_key(out, encoding, name);
	buf_put_number(out, number);
}

void envelope_put_flag(struct buf *out, enum encoding encoding, const char *name, bool flag)
{
	put_key(out, encoding, name);
	buf_put_text(out, flag ? "true" : "false");
}

void envelope_put_null(struct buf *out, enum encoding encoding, const char *name)
{
	put_key(out, encoding, name);
	buf_put_text(out, "null");
}

enum rc envelope_put_content(struct buf *out, enum encoding encoding, bool deleted,
			     struct slice value, bool plain)
{
	assert(!deleted || value.len == 0);
	if (deleted) {
		envelope_put_flag(out, encoding, "deleted", true);
		return RC_OK;
	}
	put_key(out, encoding, "value");
	return transit_out_value(out, encoding, value, plain) == RC_OK ? RC_OK : RC_CORRUPT;
}

enum rc envelope_put_members(struct buf *out, enum encoding encoding, struct slice id,
			     uint64_t version, bool deleted, struct slice value, bool plain)
{
	envelope_put_text(out, encoding, "id", id);
	envelope_put_number(out, encoding, "version", version);
	return envelope_put_content(out, encoding, deleted, value, plain);
}

enum rc envelope_put_doc(struct buf *out, enum encoding encoding, struct slice id, uint64_t version,
			 bool deleted, struct slice value, bool plain)
{
	enum rc rc;

	envelope_open(out);
	rc = envelope_put_members(out, encoding, id, version, deleted, value, plain);
	envelope_close(out);
	return rc;
}
