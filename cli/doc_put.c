/* `pocketbook doc put`, `doc rm` and `doc restore`: pushes of one edit. */
#include "store/docid.h"
#include "base/exit.h"
#include "base/text.h"
#include "cli/admin.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/doc.h"
#include "cli/say.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define VALUE_BYTES ((size_t)64 << 20) /* the largest body of a push */
#define CANONICAL_BYTES (2 * VALUE_BYTES)
#define READ_BYTES ((size_t)64 << 10)

#define OPTION_BASE \
	{ \
		.name = "base", .argument = "N", .kind = OPTION_NUMBER, .min = 0, \
		.max = STORE_BASE_MAX, \
		.help = "The version that the document must have now; 0: it must not exist. " \
			"Default: any version." \
	}

struct putting {
	struct db_place place;
	const char *id;
	struct store_edit edit;
	bool has_base; /* --base was given: do not retry with another base */
	bool json;
};

/* ---- Writing ---- */

static int show_result(const struct putting *putting, const struct store_result *result)
{
	struct buf line = BUF_EMPTY;
	bool done = result->status == STORE_OK;

	if (putting->json) {
		buf_put_text(&line, "{\"id\":");
		transit_out_string(&line, ENCODING_JSON, putting->edit.id);
		buf_putf(&line, ",\"status\":\"%s\",\"version\":%llu}\n", done ? "ok" : "conflict",
			 (unsigned long long)result->version);
	} else if (done) {
		buf_putf(&line, "%s %s, version %llu\n", putting->id,
			 putting->edit.deleted ? "deleted" : "written",
			 (unsigned long long)result->version);
	}
	if (line.len)
		(void)fwrite(line.data, 1, line.len, stdout);
	buf_free(&line);
	if (done)
		return EXIT_SUCCESS;
	if (result->version == 0)
		return say_failed("%s is not there; nothing was written", putting->id);
	return say_failed("%s has version %llu%s; nothing was written", putting->id,
			  (unsigned long long)result->version,
			  result->deleted ? " and was deleted" : "");
}

/* Pushes the edit. *again: another client was faster, and the base is now the version
 * that it wrote. */
static int put_once(struct putting *putting, bool *again)
{
	const struct store_request request = { .kind = STORE_PUSH,
					       .edits = &putting->edit,
					       .edit_count = 1 };
	struct admin_answer answer;
	struct error err;
	int status;

	*again = false;
	if (admin_do(&putting->place, &request, &answer, &err) != RC_OK) {
		status = say_failed("%s", err.text);
	} else if (answer.reply.rc != RC_OK || answer.reply.result_count != 1) {
		status = say_failed("%s: %s was refused (%s)", putting->place.db, putting->id,
				    rc_name(answer.reply.rc));
	} else if (answer.reply.results->status == STORE_CONFLICT && !putting->has_base) {
		putting->edit.base = answer.reply.results->version;
		*again = true;
		status = EXIT_SUCCESS;
	} else {
		status = show_result(putting, answer.reply.results);
	}
	admin_answer_clear(&answer);
	return status;
}

static int put_do(struct putting *putting)
{
	char mark[ADMIN_MARK_LEN + 1];
	bool again = true;
	struct error err;
	int status = EXIT_SUCCESS;

	while (status == EXIT_SUCCESS && again) {
		if (putting->edit.base > STORE_BASE_MAX)
			return say_failed("%s has version %llu, the last that there can be; "
					  "nothing was written",
					  putting->id, (unsigned long long)putting->edit.base);
		if (admin_mark(mark, &err) != RC_OK)
			return say_failed("%s", err.text);
		putting->edit.op = slice_of(mark);
		status = put_once(putting, &again);
	}
	return status;
}

/* The base is --base, or else the document's current version. The version of a damaged
 * document is not known: then the conflict has it. */
static int put_base(struct putting *putting, const struct options *options)
{
	struct doc_copy found;
	struct store *store;
	int status = doc_open(&putting->place, &store);

	if (status != EXIT_SUCCESS)
		return status;
	status = doc_read(store, putting->place.db, putting->edit.id, &found);
	putting->has_base = options_text(options, "base") != NULL;
	putting->edit.base =
		putting->has_base ? options_number(options, "base") : found.doc.version;
	if (status == EXIT_SUCCESS && putting->edit.deleted && !found.damaged &&
	    (!found.there || found.doc.deleted))
		status = say_failed("there is no document %s", putting->id);
	doc_copy_free(&found);
	store_close(store);
	return status;
}

static int putting_new(const struct invocation *invocation, struct putting *out)
{
	int status;

	*out = (struct putting){
		.id = invocation->words[0],
		.json = options_is_on(invocation->options, "json"),
	};
	status = doc_id(out->id, &out->edit.id);
	return status == EXIT_SUCCESS ? database_find_made(invocation->options, &out->place)
				      : status;
}

/* ---- put ---- */

static const struct option_spec put_options[] = {
	OPTION_BASE,
	OPTION_ENCODING("Encoding of VALUE."),
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON object, for programs." },
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

static int read_stdin(struct buf *out)
{
	ssize_t got = 1;

	while (got != 0 && out->len <= VALUE_BYTES) {
		got = read(STDIN_FILENO, buf_reserve(out, READ_BYTES), READ_BYTES);
		if (got < 0 && errno != EINTR)
			return say_failed("the standard input cannot be read: %s", strerror(errno));
		out->len += got > 0 ? (size_t)got : 0;
	}
	return EXIT_SUCCESS;
}

/* Converts `text` to the canonical form. */
static int parse_value(struct slice text, enum encoding encoding, struct buf *out, bool *plain)
{
	struct transit_in *in;
	int status = EXIT_SUCCESS;
	enum rc rc;

	if (text.len > VALUE_BYTES)
		return say_usage("VALUE: longer than 64 MiB");
	in = transit_in_new(encoding, text, CANONICAL_BYTES);
	rc = transit_in_value(in, out, plain);
	if (rc == RC_OK)
		rc = transit_in_finish(in);
	if (rc != RC_OK)
		status = say_usage("VALUE: not %s: %s",
				   encoding == ENCODING_JSON ? "JSON" : "Transit",
				   transit_in_error(in));
	transit_in_free(in);
	return status;
}

static int put_run(const struct invocation *invocation)
{
	struct buf text = BUF_EMPTY, value = BUF_EMPTY;
	struct putting putting;
	enum encoding encoding;
	int status = putting_new(invocation, &putting);

	if (status == EXIT_SUCCESS && docid_is_deep(putting.edit.id))
		status = say_usage("ID is nested in more than 32 groups");
	if (status == EXIT_SUCCESS)
		status = doc_encoding(invocation->options, &encoding);
	if (status != EXIT_SUCCESS)
		return status;
	if (invocation->word_count > 1 && strcmp(invocation->words[1], "-") != 0)
		buf_put_text(&text, invocation->words[1]);
	else
		status = read_stdin(&text);
	if (status == EXIT_SUCCESS)
		status = parse_value(buf_slice(&text), encoding, &value, &putting.edit.plain);
	putting.edit.value = buf_slice(&value);
	if (status == EXIT_SUCCESS)
		status = put_base(&putting, invocation->options);
	if (status == EXIT_SUCCESS)
		status = put_do(&putting);
	buf_free(&text);
	buf_free(&value);
	return status;
}

const struct command command_doc_put = {
	.name = "doc put",
	.usage = "ID [VALUE|-] [OPTION]...",
	.words = "the ID of a document",
	.words_least = 1,
	.words_most = 2,
	.summary = "Write a document.",
	.about = "VALUE is JSON, such as '{\"title\":\"buy cheese\"}' or '\"a text\"'. If it is - "
		 "or missing, it is read from the standard input. A VALUE that begins with a dash "
		 "must follow --.\n"
		 "The document is overwritten at any version, unless --base is given: if it then "
		 "has another version, nothing is written and the exit status is 1.\n",
	.example =
		"  pocketbook doc put todos:1 '{\"title\":\"buy cheese\",\"completed\":false}'\n",
	COMMAND_OPTIONS(put_options),
	.run = put_run,
};

/* ---- rm ---- */

/* Also those of restore. */
static const struct option_spec edit_options[] = {
	OPTION_BASE,
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON object, for programs." },
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

static int rm_run(const struct invocation *invocation)
{
	struct putting putting;
	int status = putting_new(invocation, &putting);

	putting.edit.deleted = true;
	if (status == EXIT_SUCCESS)
		status = put_base(&putting, invocation->options);
	return status == EXIT_SUCCESS ? put_do(&putting) : status;
}

const struct command command_doc_rm = {
	.name = "doc rm",
	.usage = "ID [OPTION]...",
	.words = "the ID of a document",
	.words_least = 1,
	.words_most = 1,
	.summary = "Delete a document.",
	.about = "A tombstone stays until it is purged, so that every client learns of the "
		 "deletion. The exit status is 1 if there is no such document.\n",
	.example = "  pocketbook doc rm todos:1\n",
	COMMAND_OPTIONS(edit_options),
	.run = rm_run,
};

/* ---- restore ---- */

/* Fills in the edit that writes that version again; it points into *former. */
static int restore_read(struct putting *putting, uint64_t version, struct doc_copy *former)
{
	struct store *store;
	int status = doc_open(&putting->place, &store);

	if (status != EXIT_SUCCESS)
		return status;
	status = doc_read_version(store, putting->place.db, putting->edit.id, version, former);
	store_close(store);
	if (status != EXIT_SUCCESS)
		return status;
	if (!former->there)
		return say_failed(
			"%s has no version %llu; 'pocketbook doc log %s' lists those that "
			"are kept",
			putting->id, (unsigned long long)version, putting->id);
	if (former->damaged)
		return say_failed("version %llu of %s is damaged; nothing was written",
				  (unsigned long long)version, putting->id);
	putting->edit.deleted = former->doc.deleted;
	putting->edit.plain = former->doc.plain;
	putting->edit.value = former->doc.value;
	return EXIT_SUCCESS;
}

static int restore_run(const struct invocation *invocation)
{
	struct doc_copy former = { .there = false };
	struct putting putting;
	uint64_t version;
	int status = putting_new(invocation, &putting);

	if (status == EXIT_SUCCESS &&
	    (text_number(slice_of(invocation->words[1]), INT64_MAX, &version) != RC_OK ||
	     version == 0))
		status = say_usage("VERSION must be a number from 1 on");
	if (status == EXIT_SUCCESS)
		status = restore_read(&putting, version, &former);
	if (status == EXIT_SUCCESS)
		status = put_base(&putting, invocation->options);
	if (status == EXIT_SUCCESS)
		status = put_do(&putting);
	doc_copy_free(&former);
	return status;
}

const struct command command_doc_restore = {
	.name = "doc restore",
	.usage = "ID VERSION [OPTION]...",
	.words = "the ID of a document and a VERSION of it",
	.words_least = 2,
	.words_most = 2,
	.summary = "Write a former version of a document again.",
	.about = "'pocketbook doc log' lists the versions that are kept (serve --history). Its "
		 "value is written as a new version, which all clients get: nothing is rewound, "
		 "and what is replaced is in the history too. This also brings a deleted document "
		 "back.\n",
	.example = "  pocketbook doc restore todos:1 3\n",
	COMMAND_OPTIONS(edit_options),
	.run = restore_run,
};
