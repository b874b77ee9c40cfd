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
#include <string.h>

#define BATCH_EDITS 500
/* A batch is sent when it has so many bytes: pushes of other clients wait for it. */
#define BATCH_BYTES ((size_t)1 << 20)

/* Edits are sent in rounds, as no push may have two of a document: former versions of
 * one are in different rounds. */
struct batch {
	char mark[ADMIN_MARK_LEN + 1]; /* identifies this import in the op of each edit */
	struct store_edit edits[BATCH_EDITS];
	uint64_t lines[BATCH_EDITS];
	char ops[BATCH_EDITS][OP_MAX];
	bool keeps[BATCH_EDITS];      /* it has its number and is kept: import_history.h */
	bool former[BATCH_EDITS];     /* it is a former version */
	unsigned rounds[BATCH_EDITS]; /* in which each is sent */
	size_t count;
	/* What is being sent: edits of one round that are all kept, or none of them. */
	struct store_edit sent[BATCH_EDITS];
	size_t at[BATCH_EDITS]; /* which they are */
	size_t sent_count;
	bool sent_keep;
	struct buf text; /* the edits point into it, once the batch is full */
};

/* The edit of this line is to replace this version. */
static enum rc set_base(struct import *import, struct store_edit *edit, uint64_t line,
			uint64_t version)
{
	edit->base = version;
	if (version <= STORE_BASE_MAX)
		return RC_OK;
	import->input.number = line;
	return import_at_line(import, RC_DENIED,
			      "the document has the last version that there can be");
}

static enum rc decide_document(struct import *import, struct store_edit *edit, bool *wanted)
{
	struct held held;
	enum rc rc = import_look_up(import, edit, &held);

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
		rc = set_base(import, edit, import->input.number, held.version);
		*wanted = rc == RC_OK;
	}
	return rc;
}

/* Decides about one line. *wanted: the edit is to be written, and has its base; *keep:
 * with its number. */
static enum rc decide(struct import *import, struct store_edit *edit, bool *wanted, bool *keep)
{
	bool rest = true;
	enum rc rc = RC_OK;

	*wanted = *keep = false;
	if (!import->changes && import->history.keeps)
		rc = import_history_decide(import, edit, wanted, &rest);
	*keep = *wanted;
	return rc == RC_OK && rest ? decide_document(import, edit, wanted) : rc;
}

/* Counts the result of one edit. *again: it conflicts with a write of another client
 * meanwhile, and is to be sent again with its new base. */
static enum rc take_result(struct import *import, struct batch *batch, size_t at,
			   const struct store_result *result, bool *again)
{
	*again = false;
	if (result->status == STORE_OK) {
		*(batch->former[at] ? &import->versions : &import->imported) += 1;
	} else if (import->changes) {
		import->same++; /* it has a later version */
	} else if (import->existing == EXISTING_REFUSE) {
		import->input.number = batch->lines[at];
		return import_at_line(import, RC_EXISTS, "was written by another meanwhile");
	} else if (batch->keeps[at] || (import->existing == EXISTING_SKIP && !result->deleted)) {
		import->left += !batch->former[at];
	} else {
		*again = true;
		return set_base(import, &batch->edits[at], batch->lines[at], result->version);
	}
	return RC_OK;
}

/* Those that are to be sent again move to the front. */
static enum rc take_results(struct import *import, struct batch *batch,
			    const struct store_reply *reply)
{
	const size_t count = batch->sent_count;

	batch->sent_count = 0;
	for (size_t i = 0; i < count; i++) {
		const size_t at = batch->at[i];
		bool again;
		enum rc rc = take_result(import, batch, at, &reply->results[i], &again);

		if (rc != RC_OK)
			return rc;
		if (again)
			batch->at[batch->sent_count++] = at;
	}
	return RC_OK;
}

static enum rc send_once(struct import *import, struct admin_session *session, struct batch *batch)
{
	const struct store_request request = {
		.kind = STORE_PUSH,
		.edits = batch->sent,
		.edit_count = batch->sent_count,
		.keeps_versions = import->changes || batch->sent_keep,
		.keeps_former = batch->sent_keep,
	};
	struct admin_answer answer;
	enum rc rc = admin_next(session, &request, &answer, &import->err);

	if (rc == RC_OK && answer.reply.rc != RC_OK)
		rc = error_set(&import->err, answer.reply.rc,
			       "%.200s: the documents were refused (%s)", import->place.db,
			       rc_name(answer.reply.rc));
	else if (rc == RC_OK && answer.reply.result_count != batch->sent_count)
		rc = error_set(&import->err, RC_MALFORMED,
			       "%.200s: the answer does not match the request", import->place.db);
	else if (rc == RC_OK)
		rc = take_results(import, batch, &answer.reply);
	admin_answer_clear(&answer);
	return rc;
}

static void name_edit(struct batch *batch, size_t at)
{
	char op[OP_MAX];
	const int len = snprintf(op, sizeof(op), "%s.%" PRIu64 ".%" PRIu64, batch->mark,
				 batch->lines[at], batch->edits[at].base);

	memcpy(batch->ops[at], op, sizeof(op));
	batch->edits[at].op = slice_make(batch->ops[at], (size_t)len);
}

/* Sends what batch->at names until nothing of it is to be sent again. */
static enum rc send_group(struct import *import, struct admin_session *session, struct batch *batch)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && batch->sent_count) {
		for (size_t i = 0; i < batch->sent_count; i++) {
			name_edit(batch, batch->at[i]);
			batch->sent[i] = batch->edits[batch->at[i]];
		}
		rc = send_once(import, session, batch);
	}
	return rc;
}

/* False: there are none in this round. */
static bool choose(struct batch *batch, unsigned round, bool keep)
{
	batch->sent_count = 0;
	batch->sent_keep = keep;
	for (size_t i = 0; i < batch->count; i++)
		if (batch->rounds[i] == round && batch->keeps[i] == keep)
			batch->at[batch->sent_count++] = i;
	return batch->sent_count > 0;
}

static enum rc send_batch(struct import *import, struct admin_session *session, struct batch *batch)
{
	bool more = true;
	enum rc rc = RC_OK;

	for (unsigned round = 0; rc == RC_OK && more; round++) {
		more = choose(batch, round, false);
		if (more)
			rc = send_group(import, session, batch);
		if (rc == RC_OK && choose(batch, round, true)) {
			more = true;
			rc = send_group(import, session, batch);
		}
	}
	batch->count = 0;
	FAULT("import_batch");
	buf_clear(&batch->text);
	progress_at(&import->progress, "imported", import->imported + import->left + import->same,
		    import->total);
	return rc;
}

/* A later change of a document that is in the batch already takes its place. */
static void add_edit(struct import *import, struct batch *batch, struct slice id, bool keep)
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
	batch->keeps[at] = keep;
	batch->former[at] = keep && import->history.former;
	batch->rounds[at] = keep && at && !import->history.first && batch->keeps[at - 1]
				    ? batch->rounds[at - 1] + 1
				    : 0;
}

/* Fills the batch. RC_NOT_FOUND: end of the file. */
static enum rc fill_batch(struct import *import, struct batch *batch)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && batch->count < BATCH_EDITS && batch->text.len < BATCH_BYTES) {
		struct store_edit *edit = &batch->edits[batch->count], resolved;
		size_t before = batch->text.len;
		bool wanted, keep;

		rc = import_next(import, false, &batch->text, edit);
		if (rc != RC_OK)
			break;
		resolved = *edit;
		import_resolve(&resolved, &batch->text);
		rc = decide(import, &resolved, &wanted, &keep);
		edit->base = resolved.base;
		if (wanted)
			add_edit(import, batch, resolved.id, keep);
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
