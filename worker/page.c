#include "worker/page.h"

void page_put_cursor(struct buf *out, enum encoding encoding, const struct store_cursor *cursor)
{
	char text[STORE_CURSOR_TEXT_MAX];
	size_t len = store_cursor_format(cursor, text);

	transit_out_key(out, encoding, "cursor");
	transit_out_string(out, encoding, slice_make(text, len));
}

static void page_put_group(struct buf *out, enum encoding encoding, struct slice group)
{
	transit_out_key(out, encoding, "group");
	transit_out_string(out, encoding, group);
	buf_put_byte(out, ',');
}

void page_put_hint(struct buf *out, enum encoding encoding, struct slice group,
		   const struct store_cursor *cursor)
{
	buf_put_byte(out, '{');
	page_put_group(out, encoding, group);
	page_put_cursor(out, encoding, cursor);
	buf_put_byte(out, '}');
}

static void page_put_flag(struct buf *out, enum encoding encoding, const char *name, bool flag)
{
	buf_put_byte(out, ',');
	transit_out_key(out, encoding, name);
	buf_put_text(out, flag ? "true" : "false");
}

enum rc page_put(struct buf *out, enum encoding encoding, struct slice group,
		 const struct store_page *page)
{
	enum rc rc = RC_OK;

	buf_put_byte(out, '{');
	if (group.len)
		page_put_group(out, encoding, group);
	transit_out_key(out, encoding, "docs");
	buf_put_byte(out, '[');
	for (size_t i = 0; i < page->count && rc == RC_OK; i++) {
		if (i)
			buf_put_byte(out, ',');
		rc = store_doc_put(out, encoding, &page->docs[i]);
	}
	buf_put_text(out, "],");
	page_put_cursor(out, encoding, &page->next);
	page_put_flag(out, encoding, "more", page->more);
	page_put_flag(out, encoding, "reset", page->reset);
	buf_put_byte(out, '}');
	return rc;
}
