#include "base/docid.h"
#include "base/exit.h"
#include "base/fault.h"
#include "base/mem.h"
#include "cli/admin.h"
#include "cli/command.h"
#include "cli/line.h"
#include "cli/lines.h"
#include "cli/progress.h"
#include "cli/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCH_EDITS 500
#define BATCH_BYTES ((size_t)1 << 20) /* a batch takes no more once it has so much: pushes of others wait no longer than one takes */
#define VALUE_BYTES ((size_t)12 << 20)
#define BAD_SAID 20 /* lines that are passed over and told of, each with its reason */

enum existing { EXISTING_REFUSE, EXISTING_SKIP, EXISTING_REPLACE };

struct import {
	const char *db;
	enum existing existing;
	bool skip_bad;
	struct lines lines;
	struct store_ids *ids; /* of the documents read in the first pass, with their lines */
	struct store *reader;  /* NULL: there is no database yet */
	struct progress progress;
	struct reason why;
	uint64_t total; /* documents to import */
	uint64_t bad;
	uint64_t imported;
	uint64_t left; /* existing documents that were left alone */
	uint64_t same; /* documents that are as the line says already */
};

struct batch {
	char mark[ADMIN_MARK_LEN + 1]; /* of this import, for the op of each edit */
	struct store_edit edits[BATCH_EDITS];
	uint64_t lines[BATCH_EDITS];
	char ops[BATCH_EDITS][OP_MAX];
	size_t count;
	struct buf text; /* what the edits point into, once the batch is full */
};

/* ---- Lines --------------------------------------------------------------------------------------------------------------------- */

static enum rc at_line(struct import *import, enum rc rc, const char *what)
{
	return reason_set(&import->why, rc, "%.200s:%" PRIu64 ": %s", import->lines.name, import->lines.number, what);
}

static enum rc read_document(struct import *import, struct slice line, struct buf *text, struct store_edit *edit)
{
	struct reason what;
	uint64_t first;
	enum rc rc = line_read(line, VALUE_BYTES, text, edit, &what);

	if (rc != RC_OK)
		return at_line(import, rc, what.text);
	rc = store_ids_add(import->ids, line_resolve(edit->id, text), import->lines.number, &first, &import->why);
	if (rc != RC_OK || first == import->lines.number)
		return rc;
	(void)reason_set(&what, RC_OK, "id: the same as in line %" PRIu64, first);
	return at_line(import, RC_EXISTS, what.text);
}

static bool is_bad_line(enum rc rc)
{
	return rc == RC_MALFORMED || rc == RC_TOO_LARGE || rc == RC_EXISTS;
}

static void pass_over(struct import *import, bool is_first_pass)
{
	if (!is_first_pass)
		return;
	import->bad++;
	if (import->bad > BAD_SAID)
		return;
	progress_wipe(&import->progress);
	say("%s; %s", import->why.text, import->bad < BAD_SAID ? "passed over" : "passed over, like those that follow");
}

/* The next good document; RC_NOT_FOUND: there is none. What it appends to `text` for a bad line goes again. */
static enum rc next_document(struct import *import, bool is_first_pass, struct buf *text, struct store_edit *edit)
{
	for (;;) {
		size_t before = text->len;
		struct slice line;
		enum rc rc = lines_next(&import->lines, &line, &import->why);

		if (rc == RC_TOO_LARGE)
			rc = at_line(import, rc, "longer than 8 MiB");
		else if (rc != RC_OK)
			return rc;
		else if (line_is_blank(line))
			continue;
		else
			rc = read_document(import, line, text, edit);
		if (rc == RC_OK || !is_bad_line(rc) || !import->skip_bad)
			return rc;
		text->len = before;
		pass_over(import, is_first_pass);
	}
}

/* ---- What is there ------------------------------------------------------------------------------------------------------------- */

struct held {
	const struct store_edit *edit; /* resolved */
	bool alive;
	bool same;
	uint64_t version; /* 0: there is none */
};

static enum rc on_held(void *arg, const struct store_doc *doc)
{
	struct held *held = arg;

	held->alive = !doc->deleted;
	held->version = doc->version;
	held->same = doc->deleted == held->edit->deleted && slice_equal(doc->value, held->edit->value);
	return RC_OK;
}

static enum rc look_up(struct import *import, const struct store_edit *edit, struct held *held)
{
	enum rc rc = RC_NOT_FOUND;

	*held = (struct held){ .edit = edit };
	if (import->reader)
		rc = store_find(import->reader, edit->id, on_held, held);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return reason_set(&import->why, rc, "%.200s: cannot be read (%s)", import->db, rc_name(rc));
	/* To delete what is not there is done already. */
	if (!held->alive && edit->deleted)
		held->same = true;
	return RC_OK;
}

static void resolve(struct store_edit *edit, const struct buf *text)
{
	edit->id = line_resolve(edit->id, text);
	edit->value = line_resolve(edit->value, text);
}

/* ---- First pass: is all of it good? -------------------------------------------------------------------------------------------- */

static enum rc check_document(struct import *import, const struct store_edit *edit)
{
	struct reason what;
	struct held held;
	enum rc rc;

	import->total++;
	progress_at(&import->progress, "checked bytes", import->lines.at, import->lines.size);
	if (import->existing != EXISTING_REFUSE)
		return RC_OK;
	rc = look_up(import, edit, &held);
	if (rc != RC_OK || !held.alive)
		return rc;
	(void)reason_set(&what, RC_OK,
			 "%.*s is there already (--existing skip leaves such documents as they are, replace writes them anew)",
			 edit->id.len > 100 ? 100 : (int)edit->id.len, edit->id.data);
	return at_line(import, RC_EXISTS, what.text);
}

static enum rc check_all(struct import *import)
{
	struct buf text = BUF_EMPTY;
	struct store_edit edit;
	enum rc rc;

	while ((rc = next_document(import, true, &text, &edit)) == RC_OK) {
		resolve(&edit, &text);
		rc = check_document(import, &edit);
		if (rc != RC_OK)
			break;
		buf_clear(&text);
	}
	buf_free(&text);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* ---- Second pass: write it ----------------------------------------------------------------------------------------------------- */

/* Decides what becomes of the document; *wanted: it is to be written, on the base that is filled in. */
static enum rc decide(struct import *import, struct store_edit *edit, bool *wanted)
{
	struct held held;
	enum rc rc = look_up(import, edit, &held);

	*wanted = false;
	if (rc != RC_OK)
		return rc;
	if (held.alive && import->existing == EXISTING_REFUSE)
		return at_line(import, RC_EXISTS, "was written by another meanwhile");
	if (held.alive && import->existing == EXISTING_SKIP) {
		import->left++;
	} else if (held.same) {
		import->same++;
	} else {
		edit->base = held.version;
		*wanted = true;
	}
	return RC_OK;
}

/* What other clients wrote in between is decided upon anew: *retry are those edits that are left, at the beginning of the batch. */
static enum rc take_results(struct import *import, struct batch *batch, const struct store_reply *reply, size_t *retry)
{
	*retry = 0;
	for (size_t i = 0; i < batch->count; i++) {
		const struct store_result *result = &reply->results[i];

		if (result->status == STORE_OK) {
			import->imported++;
		} else if (import->existing == EXISTING_REFUSE) {
			import->lines.number = batch->lines[i];
			return at_line(import, RC_EXISTS, "was written by another meanwhile");
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
	const struct store_request request = { .kind = STORE_PUSH, .edits = batch->edits, .edit_count = batch->count };
	struct admin_answer answer;
	size_t retry = 0;
	enum rc rc = admin_next(session, &request, &answer, &import->why);

	if (rc == RC_OK && answer.reply.rc != RC_OK)
		rc = reason_set(&import->why, answer.reply.rc, "%.200s: the documents were refused (%s)", import->db,
				rc_name(answer.reply.rc));
	else if (rc == RC_OK && answer.reply.result_count != batch->count)
		rc = reason_set(&import->why, RC_MALFORMED, "%.200s: the answer does not fit what was asked", import->db);
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
			int len = snprintf(batch->ops[i], OP_MAX, "%s.%" PRIu64 ".%" PRIu64, batch->mark, batch->lines[i],
					   batch->edits[i].base);

			batch->edits[i].op = slice_make(batch->ops[i], (size_t)len);
		}
		rc = send_once(import, session, batch);
	}
	FAULT("import_batch");
	buf_clear(&batch->text);
	progress_at(&import->progress, "imported", import->imported + import->left + import->same, import->total);
	return rc;
}

/* Fills the batch; RC_NOT_FOUND: the file is at its end. */
static enum rc fill_batch(struct import *import, struct batch *batch)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && batch->count < BATCH_EDITS && batch->text.len < BATCH_BYTES) {
		struct store_edit *edit = &batch->edits[batch->count], resolved;
		size_t before = batch->text.len;
		bool wanted = false;

		rc = next_document(import, false, &batch->text, edit);
		if (rc != RC_OK)
			break;
		resolved = *edit;
		resolve(&resolved, &batch->text);
		rc = decide(import, &resolved, &wanted);
		edit->base = resolved.base;
		if (wanted)
			batch->lines[batch->count++] = import->lines.number;
		else
			batch->text.len = before;
	}
	for (size_t i = 0; i < batch->count; i++)
		resolve(&batch->edits[i], &batch->text);
	return rc;
}

static enum rc write_all(struct import *import, struct admin_session *session)
{
	struct batch *batch = mem_alloc(sizeof(*batch));
	enum rc rc = lines_rewind(&import->lines, &import->why), sent = RC_OK;

	if (rc == RC_OK)
		rc = admin_mark(batch->mark, &import->why);
	while (rc == RC_OK && sent == RC_OK) {
		rc = fill_batch(import, batch);
		/* What was read before a failure is good. */
		sent = send_batch(import, session, batch);
	}
	buf_free(&batch->text);
	free(batch);
	return rc == RC_NOT_FOUND ? sent : rc;
}

/* ---- The command --------------------------------------------------------------------------------------------------------------- */

static enum rc open_reader(struct import *import)
{
	if (access(import->db, F_OK) < 0)
		return RC_OK;
	return store_open(import->db, STORE_READER, &import->reader, &import->why);
}

static enum rc import_first(struct import *import)
{
	enum rc rc = store_ids_new(&import->ids, &import->why);

	if (rc == RC_OK)
		rc = open_reader(import);
	return rc == RC_OK ? check_all(import) : rc;
}

static enum rc import_second(struct import *import)
{
	struct admin_session session;
	enum rc rc = admin_begin(import->db, &session, &import->why);

	if (rc != RC_OK)
		return rc;
	if (import->reader == NULL)
		rc = open_reader(import);
	if (rc == RC_OK)
		rc = write_all(import, &session);
	/* The writer tidies up when it is the last to close. */
	store_close(import->reader);
	import->reader = NULL;
	admin_end(&session);
	return rc;
}

static int say_stopped(const struct import *import)
{
	if (import->imported == 0)
		return say_failed("%s; nothing was imported", import->why.text);
	return say_failed("%s; %" PRIu64 " of %" PRIu64 " documents are imported; the same command%s goes on with the others",
			  import->why.text, import->imported, import->total,
			  import->existing == EXISTING_REPLACE ? "" : " with --existing skip");
}

static void say_done(const struct import *import, bool json)
{
	char imported[PROGRESS_NUMBER_MAX];

	if (json) {
		printf("{\"imported\":%" PRIu64 ",\"same\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"bad\":%" PRIu64 "}\n", import->imported,
		       import->same, import->left, import->bad);
		return;
	}
	progress_number(import->imported, imported);
	printf("%s imported", imported);
	if (import->same)
		printf(", %" PRIu64 " as they were already", import->same);
	if (import->left)
		printf(", %" PRIu64 " left as they are", import->left);
	if (import->bad)
		printf(", %" PRIu64 " bad lines passed over", import->bad);
	putchar('\n');
}

static int existing_read(const struct options *options, enum existing *out)
{
	static const char *const names[] = { [EXISTING_REFUSE] = "refuse", [EXISTING_SKIP] = "skip", [EXISTING_REPLACE] = "replace" };
	const char *text = options_text(options, "existing");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*out = (enum existing)i;
			return EXIT_DONE;
		}
	}
	return say_usage("%s: must be refuse, skip or replace", options_place(options, "existing", 0));
}

static int import_run(const struct invocation *invocation)
{
	const struct options *options = invocation->options;
	struct import import = { .db = options_text(options, "db"), .skip_bad = options_is_on(options, "skip-bad") };
	int status = existing_read(options, &import.existing);
	enum rc rc;

	if (status != EXIT_DONE)
		return status;
	import.progress = progress_begin(STDERR_FILENO, "import");
	rc = lines_open(invocation->word_count ? invocation->words[0] : NULL, &import.progress, &import.lines, &import.why);
	if (rc == RC_OK)
		rc = import_first(&import);
	if (rc == RC_OK)
		rc = import_second(&import);
	progress_wipe(&import.progress);
	store_close(import.reader);
	store_ids_free(import.ids);
	lines_close(&import.lines);
	if (rc != RC_OK)
		return say_stopped(&import);
	say_done(&import, options_is_on(options, "json"));
	return EXIT_DONE;
}

static const struct option_spec import_options[] = {
	{ .name = "existing",
	  .argument = "refuse|skip|replace",
	  .fallback = "refuse",
	  .help = "What becomes of documents that are there already: refuse imports nothing if there is one, skip leaves them as they are, "
		  "replace writes them anew." },
	{ .name = "skip-bad", .kind = OPTION_FLAG, .help = "Pass over lines that are not right, and say which." },
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON object, for programs." },
	OPTION_DB,
	OPTION_CONFIG,
};

const struct command command_import = {
	.name = "import",
	.usage = "[FILE] [OPTION]...",
	.words_most = 1,
	.summary = "Write the documents that 'export' wrote as lines, while a server runs on the database or not.",
	.about = "From FILE, or from the standard input: for each document a line {\"id\": …, \"value\": …}, or \"deleted\": true to "
		 "delete it, in "
		 "JSON or in Transit. A version is passed over: what is imported is written like any other edit, so that it gets the next "
		 "version and every client sees it come.\n"
		 "All lines are looked through before the first is written. One that is not right is named, with the reason, and then "
		 "nothing "
		 "is imported at all. Then they are written in batches, so that a server goes on serving. Should it fail in between (the "
		 "disk "
		 "is full, the server is gone for good), what was written stays, and the command says how many that are and how to go on; "
		 "no document is ever half written.\n"
		 "A document that is already as its line says is not written again.\n",
	.example = "  pocketbook import todos.ndjson --existing skip\n"
		   "  pocketbook export --encoding transit --db a.db | pocketbook import --db b.db\n",
	COMMAND_OPTIONS(import_options),
	.run = import_run,
};
