/* The second pass of import: writes documents in batches. Called by import.c. */
#include "cli/import.h"

#include "cli/ndjson_line.h"

#include "store/docid.h"
#include "base/fault.h"
#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH_EDITS 500
/* A batch is sent when it has so many bytes: pushes of other clients wait for it. */
#define BATCH_BYTES ((size_t)1 << 20)

struct batch {
	char mark[ADMIN_MARK_LEN + 1]; /* identifies this import in the op of each edit */
	struct store_edit edits[BATCH_EDITS];
	uint64_t lines[BATCH_EDITS];
	char ops[BATCH_EDITS][OP_MAX];
	size_t count;
	struct buf text; /* the edits point into it, once the batch is full */
};

/* Decides about one document. *wanted: the edit is to be written, and has its base. */
static enum rc decide(struct import *import, struct store_edit *edit, bool *wanted)
{
	struct held held;
	enum rc rc = import_look_up(import, edit, &held);

	*wanted = false;
	if (rc != RC_OK)
		return rc;
	if (import->changes) {
		*wanted = edit->base >= held.version;
		import->same += !*wanted;
		return RC_OK;
	}
	if (held.alive && import->existing == EXISTING_REFUSE)
		return import_at_line(import, RC_EXISTS, "was written by another meanwhile");
	if (held.alive && import->existing == EXISTING_SKIP) {
		import->left++;
	} else if (held.same) {
		import->same++;
		import->same_deleted += edit->deleted;
	} else {
		edit->base = held.version;
		*wanted = true;
	}
	return RC_OK;
}

/* Counts the results. Edits that conflict with writes of other clients meanwhile, and
 * are to be retried, move to the beginning of the batch, *retry of them. */
static enum rc take_results(struct import *import, struct batch *batch,
			    const struct store_reply *reply, size_t *retry)
{
	*retry = 0;
	for (size_t i = 0; i < batch->count; i++) {
		const struct store_result *result = &reply->results[i];

		if (result->status == STORE_OK) {
			import->imported++;
		} else if (import->changes) {
			import->same++; /* it has a later version */
		} else if (import->existing == EXISTING_REFUSE) {
			import->input.number = batch->lines[i];
			return import_at_line(import, RC_EXISTS,
					      "was written by another meanwhile");
		} else if (import->existing == EXISTING_SKIP && !result->deleted) {
			import->left++;
		} else {
			batch->edits[*retry] = batch->edits[i];
			batch->edits[*retry].base = result->version;
			batch->lines[*retry] = batch->lines[i];
			(*retry)++;
		}
	}
	return RC_OK;
}

static enum rc send_once(struct import *import, struct admin_session *session, struct batch *batch)
{
	const struct store_request request = { .kind = STORE_PUSH,
					       .edits = batch->edits,
					       .edit_count = batch->count,
					       .keeps_versions = import->changes };
	struct admin_answer answer;
	size_t retry = 0;
	enum rc rc = admin_next(session, &request, &answer, &import->err);

	if (rc == RC_OK && answer.reply.rc != RC_OK)
		rc = error_set(&import->err, answer.reply.rc,
			       "%.200s: the documents were refused (%s)", import->place.db,
			       rc_name(answer.reply.rc));
	else if (rc == RC_OK && answer.reply.result_count != batch->count)
		rc = error_set(&import->err, RC_MALFORMED,
			       "%.200s: the answer does not match the request", import->place.db);
	else if (rc == RC_OK)
		rc = take_results(import, batch, &answer.reply, &retry);
	admin_answer_clear(&answer);
	batch->count = retry;
	return rc;
}

static enum rc send_batch(struct import *import, struct admin_session *session, struct batch *batch)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && batch->count) {
		for (size_t i = 0; i < batch->count; i++) {
			int len = snprintf(batch->ops[i], OP_MAX, "%s.%" PRIu64 ".%" PRIu64,
					   batch->mark, batch->lines[i], batch->edits[i].base);

			batch->edits[i].op = slice_make(batch->ops[i], (size_t)len);
		}
		rc = send_once(import, session, batch);
	}
	FAULT("import_batch");
	buf_clear(&batch->text);
	progress_at(&import->progress, "imported", import->imported + import->left + import->same,
		    import->total);
	return rc;
}

/* A later change of a document that is in the batch already takes its place. */
static void add_edit(struct import *import, struct batch *batch, struct slice id)
{
	size_t at = 0;

	while (import->changes && at < batch->count &&
	       !slice_equal(ndjson_resolve(batch->edits[at].id, &batch->text), id))
		at++;
	if (!import->changes || at == batch->count) {
		at = batch->count++;
	} else {
		batch->edits[at] = batch->edits[batch->count];
		import->same++;
	}
	batch->lines[at] = import->input.number;
}

/* Fills the batch. RC_NOT_FOUND: end of the file. */
static enum rc fill_batch(struct import *import, struct batch *batch)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && batch->count < BATCH_EDITS && batch->text.len < BATCH_BYTES) {
		struct store_edit *edit = &batch->edits[batch->count], resolved;
		size_t before = batch->text.len;
		bool wanted = false;

		rc = import_next(import, false, &batch->text, edit);
		if (rc != RC_OK)
			break;
		resolved = *edit;
		import_resolve(&resolved, &batch->text);
		rc = decide(import, &resolved, &wanted);
		edit->base = resolved.base;
		if (wanted)
			add_edit(import, batch, resolved.id);
		else
			batch->text.len = before;
	}
	for (size_t i = 0; i < batch->count; i++)
		import_resolve(&batch->edits[i], &batch->text);
	return rc;
}

enum rc import_write(struct import *import, struct admin_session *session)
{
	struct batch *batch = mem_alloc(sizeof(*batch));
	enum rc rc = ndjson_reader_rewind(&import->input, &import->err), sent = RC_OK;

	assert(import->ids && session->place);
	if (rc == RC_OK)
		rc = admin_mark(batch->mark, &import->err);
	while (rc == RC_OK && sent == RC_OK) {
		rc = fill_batch(import, batch);
		/* Documents read before a failure are valid. */
		sent = send_batch(import, session, batch);
	}
	buf_free(&batch->text);
	free(batch);
	return rc == RC_OK || rc == RC_NOT_FOUND ? sent : rc;
}
