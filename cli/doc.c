/* `pocketbook doc get`, and what the doc commands share. */
#include "cli/database.h"
#include "cli/doc.h"

#include "store/docid.h"
#include "base/clock.h"
#include "base/exit.h"
#include "cli/command.h"
#include "cli/say.h"
#include "cli/text_table.h"
#include "store/store_admin.h"
#include "transit/envelope.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* ---- What the commands share ---- */

int doc_encoding(const struct options *options, enum encoding *out)
{
	const char *name = options_text(options, "encoding");

	*out = strcmp(name, "transit") == 0 ? ENCODING_TRANSIT : ENCODING_JSON;
	if (*out == ENCODING_JSON && strcmp(name, "json") != 0)
		return say_usage("%s: must be json or transit",
				 options_place(options, "encoding", 0));
	return EXIT_SUCCESS;
}

int doc_id(const char *word, struct slice *out)
{
	*out = slice_of(word);
	if (!docid_is_valid(*out))
		return say_usage("ID must be GROUP:REST, both parts non-empty, 512 bytes at most, "
				 "no control characters");
	return EXIT_SUCCESS;
}

int doc_open(const struct db_place *place, struct store **out)
{
	struct error err;

	if (store_open(place->db, STORE_COMMAND, out, &err) != RC_OK)
		return say_failed("%s", err.text);
	return EXIT_SUCCESS;
}

static enum rc on_doc(void *arg, const struct store_doc *doc)
{
	struct doc_copy *copy = arg;

	copy->there = true;
	copy->doc = *doc;
	buf_put_slice(&copy->value, doc->value);
	buf_put_slice(&copy->user, doc->meta.by);
	return RC_OK;
}

static int say_unreadable(const char *db, struct slice id, enum rc rc)
{
	return say_failed("%s: %.*s cannot be read (%s; see 'pocketbook help check')", db,
			  (int)id.len, id.data, rc_name(rc));
}

int doc_read(struct store *store, const char *db, struct slice id, struct doc_copy *out)
{
	enum rc rc;

	*out = (struct doc_copy){ .there = false };
	rc = store_find(store, id, on_doc, out);
	out->doc.id = id;
	out->doc.value = buf_slice(&out->value);
	out->doc.meta.by = buf_slice(&out->user);
	out->damaged = rc == RC_CORRUPT;
	if (rc != RC_OK && rc != RC_NOT_FOUND && !out->damaged)
		return say_unreadable(db, id, rc);
	return EXIT_SUCCESS;
}

void doc_copy_free(struct doc_copy *copy)
{
	buf_free(&copy->value);
	buf_free(&copy->user);
}

static enum rc put_members(struct buf *out, enum encoding encoding, const struct store_doc *doc)
{
	enum rc rc = store_doc_put_members(out, encoding, doc);

	if (rc == RC_OK && doc->meta.at)
		store_doc_put_meta(out, encoding, &doc->meta);
	return rc;
}

enum rc doc_put_json(struct buf *out, enum encoding encoding, const struct store_doc *doc)
{
	enum rc rc;

	envelope_open(out);
	rc = put_members(out, encoding, doc);
	envelope_close(out);
	return rc;
}

enum rc doc_put_json_formers(struct buf *out, enum encoding encoding, const struct store_doc *doc,
			     uint64_t formers)
{
	enum rc rc;

	envelope_open(out);
	rc = put_members(out, encoding, doc);
	if (rc == RC_OK)
		envelope_put_number(out, encoding, "formers", formers);
	envelope_close(out);
	return rc;
}

void doc_put_damaged(struct buf *out, enum encoding encoding, const struct store_doc *doc)
{
	envelope_open(out);
	envelope_put_text(out, encoding, "id", doc->id);
	envelope_put_number(out, encoding, "version", doc->version);
	envelope_put_flag(out, encoding, "damaged", true);
	envelope_close(out);
}

void doc_put_value(struct buf *out, enum encoding encoding, const struct store_doc *doc)
{
	enum rc rc = RC_OK;

	if (doc->damaged)
		rc = RC_CORRUPT;
	else if (doc->deleted)
		buf_put_text(out, "(deleted)");
	else
		rc = transit_out_value(out, encoding, doc->value, doc->plain);
	if (rc != RC_OK)
		buf_put_text(out, "(damaged)");
}

/* ---- get ---- */

static const struct option_spec get_options[] = {
	{ .name = "long", .kind = OPTION_FLAG, .help = "Also show who wrote it, and when (UTC)." },
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON object, for programs." },
	OPTION_ENCODING("Encoding of the value. transit shows it as it is stored; with --json the "
			"whole line is Transit."),
	OPTION_DB,
	OPTION_CONFIG,
};

static void get_show(const struct store_doc *doc, enum encoding encoding, bool is_long)
{
	struct buf value = BUF_EMPTY;
	char at[CLOCK_TEXT_ROOM];

	doc_put_value(&value, encoding, doc);
	printf("ID       ");
	text_table_put(stdout, doc->id, 0);
	printf("\nVERSION  %llu\n", (unsigned long long)doc->version);
	if (is_long) {
		printf("BY       ");
		text_table_put(stdout, doc->meta.by.len ? doc->meta.by : slice_of("-"), 0);
		printf("\nAT       %s\n", doc->meta.at ? clock_text(doc->meta.at, at) : "-");
	}
	printf("VALUE    ");
	(void)fwrite(value.data, 1, value.len, stdout);
	putchar('\n');
	buf_free(&value);
}

static int get_json(const struct store_doc *doc, enum encoding encoding, bool is_long)
{
	struct buf line = BUF_EMPTY;
	enum rc rc =
		is_long ? doc_put_json(&line, encoding, doc) : store_doc_put(&line, encoding, doc);

	if (rc == RC_OK) {
		buf_put_byte(&line, '\n');
		(void)fwrite(line.data, 1, line.len, stdout);
	}
	buf_free(&line);
	return rc == RC_OK
		       ? EXIT_SUCCESS
		       : say_failed("%.*s: its value is damaged", (int)doc->id.len, doc->id.data);
}

static int get_found(const struct invocation *invocation, const struct doc_copy *found,
		     enum encoding encoding)
{
	const bool is_long = options_is_on(invocation->options, "long");
	const char *id = invocation->words[0];
	int status = EXIT_SUCCESS;

	if (!found->there)
		return say_failed("there is no document %s", id);
	if (options_is_on(invocation->options, "json"))
		status = get_json(&found->doc, encoding, is_long);
	else if (!found->doc.deleted)
		get_show(&found->doc, encoding, is_long);
	if (found->doc.deleted)
		return say_failed("%s was deleted (version %llu)", id,
				  (unsigned long long)found->doc.version);
	return status;
}

static int get_run(const struct invocation *invocation)
{
	struct db_place place;
	struct doc_copy found;
	struct store *store;
	enum encoding encoding;
	struct slice id;
	int status = doc_id(invocation->words[0], &id);

	if (status == EXIT_SUCCESS)
		status = doc_encoding(invocation->options, &encoding);
	if (status == EXIT_SUCCESS)
		status = database_find(invocation->options, &place);
	if (status == EXIT_SUCCESS)
		status = doc_open(&place, &store);
	if (status != EXIT_SUCCESS)
		return status;
	status = doc_read(store, place.db, id, &found);
	if (status == EXIT_SUCCESS && found.damaged)
		status = say_unreadable(place.db, id, RC_CORRUPT);
	if (status == EXIT_SUCCESS)
		status = get_found(invocation, &found, encoding);
	doc_copy_free(&found);
	store_close(store);
	return status;
}

const struct command command_doc_get = {
	.name = "doc get",
	.usage = "ID [OPTION]...",
	.words = "the ID of a document",
	.words_least = 1,
	.words_most = 1,
	.summary = "Show a document.",
	.about = "The exit status is 1 if it does not exist or is deleted.\n",
	.example = "  pocketbook doc get todos:1 --json | jq .value\n",
	COMMAND_OPTIONS(get_options),
	.run = get_run,
};
