/* Former versions in an import. Called by cli/import_read.c (the order of lines) and
 * cli/import_write.c (what is written). */
#include "cli/import_history.h"

#include "cli/import.h"

#include <inttypes.h>

/* ---- The order of lines ---- */

static enum rc at_line(struct import *import, enum rc rc, const char *what, uint64_t number)
{
	struct error text;

	(void)error_set(&text, rc, what, number);
	return import_at_line(import, rc, text.text);
}

/* The former versions have no line of their document behind them. */
static enum rc refuse_orphan(struct import *import)
{
	return at_line(import, RC_DENIED,
		       "former: the line of the document must follow that of its last former "
		       "version, in line %" PRIu64,
		       import->history.line);
}

static void wait_for_document(struct import_history *history, const struct import *import,
			      struct slice id)
{
	buf_clear(&history->id);
	buf_put_slice(&history->id, id);
	history->line = import->input.number;
	history->last = history->version;
	history->count++;
}

static enum rc check_place(struct import *import, const struct ndjson_document *document,
			   bool waits)
{
	const struct import_history *history = &import->history;

	if (waits && document->version <= history->last)
		return at_line(import, RC_MALFORMED,
			       "version: must be higher than that in line %" PRIu64, history->line);
	/* What is bad and skipped is missed here. */
	if (!document->former && (waits || document->has_formers) && !import->skip_bad &&
	    (!document->has_formers || document->formers != history->count))
		return at_line(import, RC_MALFORMED,
			       "formers: must be the number of former versions before this line, "
			       "which is %" PRIu64,
			       history->count);
	return RC_OK;
}

enum rc import_history_read(struct import *import, const struct ndjson_document *document,
			    struct slice id)
{
	struct import_history *history = &import->history;
	const bool waits = history->id.len > 0;
	enum rc rc;

	if (waits && !slice_equal(buf_slice(&history->id), id))
		return refuse_orphan(import);
	rc = check_place(import, document, waits);
	if (rc != RC_OK)
		return rc;
	history->former = document->former;
	history->keeps = document->former || document->has_formers;
	history->first = !waits;
	history->version = document->version;
	if (document->former) {
		wait_for_document(history, import, id);
	} else {
		buf_clear(&history->id);
		history->count = 0;
	}
	return RC_OK;
}

enum rc import_history_end(struct import *import)
{
	return import->history.id.len ? refuse_orphan(import) : RC_OK;
}

/* ---- What is written ---- */

static enum rc begin(struct import *import, const struct store_edit *edit)
{
	struct held held;
	enum rc rc = import_look_up(import, edit, &held);

	if (rc != RC_OK)
		return rc;
	if (held.alive && import->existing == EXISTING_REFUSE)
		return import_at_line(import, RC_EXISTS, "was written by another meanwhile");
	import->history.mode = held.version ? HISTORY_SEEK : HISTORY_WRITE;
	return RC_OK;
}

/* Is this version what the database has? */
static enum rc seek(struct import *import, const struct store_edit *edit, bool *found)
{
	struct import_history *history = &import->history;
	struct held held;
	enum rc rc = import_look_up(import, edit, &held);

	if (rc != RC_OK)
		return rc;
	*found = history->version == held.version && held.same;
	if (history->version >= held.version)
		history->mode = *found ? HISTORY_WRITE : HISTORY_REST;
	return RC_OK;
}

enum rc import_history_decide(struct import *import, struct store_edit *edit, bool *wanted,
			      bool *rest)
{
	struct import_history *history = &import->history;
	bool found = false;
	enum rc rc = history->first ? begin(import, edit) : RC_OK;

	if (rc == RC_OK && history->mode == HISTORY_SEEK) {
		rc = seek(import, edit, &found);
		import->same += found && !history->former;
	} else if (rc == RC_OK && history->mode == HISTORY_WRITE) {
		edit->base = history->version - 1;
		*wanted = true;
	}
	*rest = history->mode != HISTORY_WRITE && !history->former;
	return rc;
}
