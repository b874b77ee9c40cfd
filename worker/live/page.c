/* Pages of changes and hints as the protocol writes them (doc/protocol.md). Called by
 * worker/sync_pull, worker/live/feed and worker/live/subscriber. */
#include "worker/live/page.h"

#include "base/fault.h"
#include "transit/envelope.h"

void page_put_hint(struct buf *out, enum encoding encoding, struct slice group, struct slice cursor)
{
	envelope_open(out);
	envelope_put_text(out, encoding, "group", group);
	envelope_put_text(out, encoding, "cursor", cursor);
	envelope_close(out);
}

static enum rc put_whole(struct buf *out, enum encoding encoding, const struct store_doc *doc,
			 bool meta)
{
	enum rc rc;

	envelope_open(out);
	rc = store_doc_put_members(out, encoding, doc);
	if (rc == RC_OK && meta)
		store_doc_put_meta(out, encoding, &doc->meta);
	envelope_close(out);
	return rc;
}

/* Returns whether it is damaged. */
static bool put_doc(struct buf *out, enum encoding encoding, const struct store_doc *doc, bool meta)
{
	size_t start = out->len, before;

	envelope_next(out);
	before = out->len;
	if (!doc->damaged && put_whole(out, encoding, doc, meta) == RC_OK)
		return false;
	out->len = before;
	if (FAULT_MUTANT("damage_hidden")) {
		out->len = start;
		return true;
	}
	envelope_open(out);
	envelope_put_text(out, encoding, "id", doc->id);
	envelope_put_number(out, encoding, "version", doc->version);
	envelope_put_flag(out, encoding, "damaged", true);
	envelope_close(out);
	return true;
}

unsigned page_put(struct buf *out, enum encoding encoding, struct slice group,
		  const struct store_page *page, bool meta)
{
	char cursor[STORE_CURSOR_TEXT_MAX];
	const size_t len = store_page_cursor(page, cursor);
	unsigned damaged = 0;

	envelope_open(out);
	if (group.len)
		envelope_put_text(out, encoding, "group", group);
	envelope_open_list(out, encoding, "docs");
	for (size_t i = 0; i < page->count; i++)
		damaged += put_doc(out, encoding, &page->docs[i], meta);
	envelope_close_list(out);
	envelope_put_text(out, encoding, "cursor", slice_make(cursor, len));
	envelope_put_flag(out, encoding, "more", page->more);
	envelope_put_flag(out, encoding, "reset", page->reset);
	envelope_close(out);
	return damaged;
}
