/* The reading side of import: lines, what the database has of each document, and the
 * first pass. Called by import.c and import_write.c. */
#include "cli/import.h"

#include "base/mem.h"
#include "cli/ndjson_line.h"
#include "cli/say.h"
#include "store/docid.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define BAD_SAID 20 /* skipped lines that are reported one by one */

/* ---- Lines ---- */

enum rc import_at_line(struct import *import, enum rc rc, const char *what)
{
	return error_set(&import->err, rc, "%.200s:%" PRIu64 ": %s", import->input.name,
			 import->input.number, what);
}

/* ---- Lines of tail ---- */

static void note_reset(struct import *import, struct slice group)
{
	for (size_t i = 0; i < import->reset_count; i++) {
		if (slice_equal(import->resets[i].group, group)) {
			import->resets[i].line = import->input.number;
			return;
		}
	}
	import->resets = mem_grow(import->resets, &import->reset_room, import->reset_count + 1,
				  sizeof(*import->resets));
	import->resets[import->reset_count++] =
		(struct import_reset){ slice_make(mem_copy(group.data, group.len), group.len),
				       import->input.number };
}

void import_free_resets(struct import *import)
{
	for (size_t i = 0; i < import->reset_count; i++)
		free((char *)import->resets[i].group.data);
	free(import->resets);
	import->resets = NULL;
	import->reset_count = 0;
}

static bool is_before_reset(const struct import *import, struct slice id)
{
	for (size_t i = 0; i < import->reset_count; i++)
		if (import->input.number < import->resets[i].line &&
		    group_covers(import->resets[i].group, id, false))
			return true;
	return false;
}

/* The id of the edit is empty if the line has no document to write. */
static enum rc read_change(struct import *import, struct slice line, struct buf *text,
			   struct store_edit *edit)
{
	struct ndjson_change change;
	struct error what;
	enum rc rc = ndjson_parse_change(line, NDJSON_LINE_MAX, text, &change, &what);
	struct slice id;

	if (rc != RC_OK)
		return import_at_line(import, rc, what.text);
	id = ndjson_resolve(change.edit.id, text);
	*edit = change.edit;
	edit->base = change.version - 1;
	if (change.reset)
		note_reset(import, id);
	if (change.reset || is_before_reset(import, id))
		edit->id.len = 0;
	return RC_OK;
}

/* ---- Documents ---- */

static enum rc read_document(struct import *import, struct slice line, struct buf *text,
			     struct store_edit *edit)
{
	struct ndjson_document document;
	struct error what;
	uint64_t first;
	enum rc rc = ndjson_parse(line, NDJSON_LINE_MAX, text, &document, &what);
	struct slice id;

	if (rc != RC_OK)
		return import_at_line(import, rc, what.text);
	*edit = document.edit;
	id = ndjson_resolve(edit->id, text);
	rc = import_history_read(import, &document, id);
	if (rc != RC_OK || !import->history.first)
		return rc;
	rc = store_ids_add(import->ids, id, import->input.number, &first, &import->err);
	if (rc != RC_OK || first == import->input.number)
		return rc;
	(void)error_set(&what, RC_OK, "id: the same as in line %" PRIu64, first);
	return import_at_line(import, RC_EXISTS, what.text);
}

static bool is_bad_line(enum rc rc)
{
	return rc == RC_MALFORMED || rc == RC_TOO_LARGE || rc == RC_EXISTS;
}

/* Counts a line that is not imported, and reports the first ones. */
static void pass_over(struct import *import, uint64_t *count, const char *done)
{
	if (++*count > BAD_SAID)
		return;
	progress_wipe(&import->progress);
	say("%s; %s%s", import->err.text, done,
	    *count < BAD_SAID ? "" : ", like those that follow");
}

enum rc import_next(struct import *import, bool is_first_pass, struct buf *text,
		    struct store_edit *edit)
{
	for (;;) {
		size_t before = text->len;
		struct slice line;
		enum rc rc = ndjson_reader_next(&import->input, &line, &import->err);

		/* Stays empty for a line without a document to write. */
		edit->id = slice_make("", 0);
		if (rc == RC_TOO_LARGE)
			rc = import_at_line(import, rc, "longer than 128 MiB");
		else if (rc == RC_NOT_FOUND && import_history_end(import) != RC_OK)
			return RC_DENIED;
		else if (rc != RC_OK)
			return rc;
		else if (ndjson_is_blank(line))
			continue;
		else
			rc = import->changes ? read_change(import, line, text, edit)
					     : read_document(import, line, text, edit);
		if (rc == RC_OK && edit->id.len == 0) {
			text->len = before;
			continue;
		}
		if (rc != RC_CORRUPT && (!is_bad_line(rc) || !import->skip_bad))
			return rc;
		text->len = before;
		if (is_first_pass && rc == RC_CORRUPT)
			pass_over(import, &import->damaged, "left out");
		else if (is_first_pass)
			pass_over(import, &import->bad, "skipped");
	}
}

/* ---- Documents of the database ---- */

static enum rc on_held(void *arg, const struct store_doc *doc)
{
	struct held *held = arg;

	held->alive = !doc->deleted;
	held->version = doc->version;
	held->same =
		doc->deleted == held->edit->deleted && slice_equal(doc->value, held->edit->value);
	return RC_OK;
}

enum rc import_look_up(struct import *import, const struct store_edit *edit, struct held *held)
{
	enum rc rc = RC_NOT_FOUND;

	*held = (struct held){ .edit = edit };
	if (import->reader)
		rc = store_find(import->reader, edit->id, on_held, held);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return error_set(&import->err, rc, "%.200s: cannot be read (%s)", import->place.db,
				 rc_name(rc));
	/* Deleting a document that does not exist changes nothing. */
	if (!held->alive && edit->deleted)
		held->same = true;
	return RC_OK;
}

void import_resolve(struct store_edit *edit, const struct buf *text)
{
	edit->id = ndjson_resolve(edit->id, text);
	edit->value = ndjson_resolve(edit->value, text);
	edit->meta.by = ndjson_resolve(edit->meta.by, text);
}

/* ---- The first pass ---- */

static enum rc check_document(struct import *import, const struct store_edit *edit)
{
	struct error what;
	struct held held;
	enum rc rc;

	import->total += !import->history.former;
	progress_at(&import->progress, "checked bytes", import->input.at, import->input.size);
	if (import->existing != EXISTING_REFUSE)
		return RC_OK;
	rc = import_look_up(import, edit, &held);
	if (rc != RC_OK || !held.alive)
		return rc;
	(void)error_set(&what, RC_OK,
			"%.*s already exists (--existing skip leaves such documents as they are, "
			"replace writes them anew)",
			edit->id.len > 100 ? 100 : (int)edit->id.len, edit->id.data);
	return import_at_line(import, RC_EXISTS, what.text);
}

enum rc import_check(struct import *import)
{
	struct buf text = BUF_EMPTY;
	struct store_edit edit;
	enum rc rc;

	assert(import->ids);
	while ((rc = import_next(import, true, &text, &edit)) == RC_OK) {
		import_resolve(&edit, &text);
		rc = check_document(import, &edit);
		if (rc != RC_OK)
			break;
		buf_clear(&text);
	}
	buf_free(&text);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}
