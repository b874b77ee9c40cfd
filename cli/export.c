/* `pocketbook export`: all documents as NDJSON, from one read transaction. */
#include "store/docid.h"
#include "base/exit.h"
#include "cli/command.h"
#include "cli/copy_report.h"
#include "cli/database.h"
#include "cli/doc.h"
#include "cli/export_former.h"
#include "cli/spool.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/atomic_file.h"
#include "store/store_admin.h"

#include <string.h>
#include <unistd.h>

static const struct option_spec export_options[] = {
	{ .name = "group",
	  .argument = "G",
	  .help = "Only this group and the groups nested in it. Default: all." },
	OPTION_ENCODING("Encoding of the lines. transit keeps every value exactly, for 'import'; "
			"json is for people and other programs."),
	{ .name = "history",
	  .kind = OPTION_FLAG,
	  .help = "Also the former versions of each document, which 'import' brings back." },
	{ .name = "force",
	  .kind = OPTION_FLAG,
	  .help = "Replace FILE if it exists. The old file stays until the new one is complete." },
	OPTION_DAMAGED,
	OPTION_DB,
	OPTION_CONFIG,
};

#define DAMAGED_SAID 20 /* documents that are reported one by one */

struct exporting {
	enum encoding encoding;
	struct spool spool;
	struct progress progress;
	uint64_t total; /* 0: unknown */
	uint64_t done;
	uint64_t changed; /* values that JSON cannot express */
	uint64_t damaged;
	uint64_t intact; /* documents, without tombstones */
	struct buf line;
	struct buf again;
	struct store *store;
	struct store *versions; /* reads former ones during the scan; NULL: without --history */
	uint64_t formers;       /* of the document */
};

/* Would the document's JSON be imported as another value? */
static bool is_changed(struct exporting *exporting, const struct store_doc *doc)
{
	struct transit_in *in;
	struct buf projection = BUF_EMPTY;
	bool plain, changed;

	if (doc->deleted || doc->plain)
		return false;
	buf_clear(&exporting->again);
	changed = transit_project(doc->value, &projection) != RC_OK;
	in = transit_in_new(ENCODING_JSON, buf_slice(&projection), doc->value.len + 1);
	changed = changed || transit_in_value(in, &exporting->again, &plain) != RC_OK ||
		  !slice_equal(buf_slice(&exporting->again), doc->value);
	transit_in_free(in);
	buf_free(&projection);
	return changed;
}

/* Reports the document and keeps its place, so that readers of the lines learn of it.
 * There is no line if the id is damaged, too. */
static void put_damaged(struct exporting *exporting, const struct store_doc *doc)
{
	struct buf *line = &exporting->line;
	const bool has_id = docid_is_valid(doc->id);

	buf_clear(line);
	exporting->damaged++;
	if (exporting->damaged <= DAMAGED_SAID) {
		progress_wipe(&exporting->progress);
		say("%.*s (number %llu): is damaged, and its value is not exported",
		    has_id ? (int)doc->id.len : 2, has_id ? doc->id.data : "??",
		    (unsigned long long)doc->seq);
	}
	if (!has_id)
		return;
	doc_put_damaged(line, exporting->encoding, doc);
	buf_put_byte(line, '\n');
}

static enum rc on_former(void *arg, const struct store_doc *version)
{
	struct exporting *exporting = arg;
	struct buf *line = &exporting->line;

	buf_clear(line);
	if (version->damaged || export_former_put(line, exporting->encoding, version) != RC_OK) {
		exporting->damaged++;
		progress_wipe(&exporting->progress);
		say("%.*s: its version %llu is damaged, and is not exported", (int)version->id.len,
		    version->id.data, (unsigned long long)version->version);
		return RC_OK;
	}
	buf_put_byte(line, '\n');
	exporting->formers++;
	if (exporting->encoding == ENCODING_JSON)
		exporting->changed += is_changed(exporting, version);
	return spool_put(&exporting->spool, buf_slice(line));
}

/* Writes the lines of former versions, and makes that of the document. */
static enum rc put_document(struct exporting *exporting, const struct store_doc *doc, bool *damaged)
{
	struct buf *line = &exporting->line;
	enum rc rc;

	*damaged = doc->damaged || doc_put_json(line, exporting->encoding, doc) != RC_OK;
	if (*damaged || exporting->versions == NULL)
		return RC_OK;
	exporting->formers = 0;
	rc = export_former(exporting->versions, doc, on_former, exporting);
	buf_clear(line);
	if (rc == RC_OK)
		*damaged = doc_put_json_formers(line, exporting->encoding, doc,
						exporting->formers) != RC_OK;
	return rc;
}

static enum rc on_doc(void *arg, const struct store_doc *doc)
{
	struct exporting *exporting = arg;
	bool damaged;
	enum rc rc;

	buf_clear(&exporting->line);
	rc = put_document(exporting, doc, &damaged);
	if (rc != RC_OK)
		return rc;
	if (damaged)
		put_damaged(exporting, doc);
	else
		buf_put_byte(&exporting->line, '\n');
	exporting->intact += !damaged && !doc->deleted;
	if (!damaged && exporting->encoding == ENCODING_JSON)
		exporting->changed += is_changed(exporting, doc);
	exporting->done++;
	progress_at(&exporting->progress, "exported", exporting->done, exporting->total);
	return spool_put(&exporting->spool, buf_slice(&exporting->line));
}

static void on_stats(void *arg, enum rc rc, const struct store_stats *db_stats)
{
	struct exporting *exporting = arg;

	if (rc == RC_OK)
		exporting->total = db_stats->documents + db_stats->tombstones;
}

/* Reads all documents. */
static enum rc export_scan(struct exporting *exporting, const char *db, const char *group,
			   bool history, struct error *err)
{
	const struct store_scan scan = { .group = slice_of(group ? group : ""),
					 .damaged_too = true };
	enum rc rc = history ? store_open(db, STORE_COMMAND, &exporting->versions, err) : RC_OK;

	if (rc != RC_OK)
		return rc;
	rc = store_scan(exporting->store, &scan, on_doc, exporting);
	store_close(exporting->versions);
	exporting->versions = NULL;
	return rc;
}

static enum rc export_all(struct exporting *exporting, const char *db, const char *group,
			  bool history, struct error *err)
{
	enum rc rc = store_open(db, STORE_COMMAND, &exporting->store, err);

	if (rc != RC_OK)
		return rc;
	if (group == NULL)
		store_stats(exporting->store, on_stats, exporting);
	store_wait(exporting->store);
	rc = export_scan(exporting, db, group, history, err);
	/* The read transaction has ended: the output may take as long as it likes. */
	store_close(exporting->store);
	if (rc == RC_OK)
		rc = spool_finish(&exporting->spool);
	if (rc != RC_OK && exporting->spool.err.text[0])
		return error_set(err, rc, "%s", exporting->spool.err.text);
	return rc == RC_OK ? RC_OK
			   : error_set(err, rc,
				       "%.200s: cannot be read (%s; see 'pocketbook help check')",
				       db, rc_name(rc));
}

static enum rc export_to(struct exporting *exporting, int fd, const char *name, const char *db,
			 const struct options *options, struct error *err)
{
	const bool history = options_is_on(options, "history");
	enum rc rc;

	exporting->spool = spool_open(fd, name);
	rc = export_all(exporting, db, options_text(options, "group"), history, err);
	spool_close(&exporting->spool);
	buf_free(&exporting->line);
	buf_free(&exporting->again);
	progress_wipe(&exporting->progress);
	return rc;
}

static int export_read(const struct invocation *invocation, enum encoding *encoding)
{
	const char *group = options_text(invocation->options, "group");
	const char *fault = group ? group_fault(slice_of(group)) : NULL;

	if (fault)
		return say_usage("%s: %s", options_place(invocation->options, "group", 0), fault);
	return doc_encoding(invocation->options, encoding);
}

/* An export without any value replaces no file. */
static enum rc export_place(const struct exporting *exporting, struct atomic_file *copy,
			    const struct options *options, struct error *err)
{
	if (exporting->damaged && exporting->intact == 0 && !options_is_on(options, "damaged"))
		return error_set(err, RC_CORRUPT,
				 "every document is damaged, so %.200s was not made; export from a "
				 "backup, or their ids and versions alone with --damaged",
				 copy->target);
	return atomic_file_commit(copy, options_is_on(options, "force"), err);
}

/* `copy`: NULL for the standard output. */
static int export_into(const struct invocation *invocation, struct exporting *exporting,
		       struct atomic_file *copy)
{
	const char *file = copy ? copy->target : "the standard output";
	const char *group = options_text(invocation->options, "group");
	struct db_place place;
	struct error err;
	int status = database_find_for(invocation->options, copy, &place);
	enum rc rc;

	if (status != EXIT_SUCCESS)
		return status;
	if (copy && place.path && atomic_file_replaces(copy, place.path))
		return say_failed("%s is the database itself; name another file", file);
	rc = export_to(exporting, copy ? copy->fd : STDOUT_FILENO, file, place.db,
		       invocation->options, &err);
	if (rc == RC_OK && copy)
		rc = export_place(exporting, copy, invocation->options, &err);
	if (rc != RC_OK)
		return say_failed("%s", err.text);
	if (exporting->done == 0)
		say("there is no document%s%s", group ? " in " : "", group ? group : "");
	if (exporting->changed)
		say("%llu of %llu documents have values that JSON cannot express, and were written "
		    "as "
		    "the nearest JSON value; --encoding "
		    "transit keeps them",
		    (unsigned long long)exporting->changed, (unsigned long long)exporting->done);
	if (exporting->damaged == 0)
		return EXIT_SUCCESS;
	say("%llu of %llu documents are damaged%s; all others were exported (see 'pocketbook help "
	    "check')",
	    (unsigned long long)exporting->damaged, (unsigned long long)exporting->done,
	    options_is_on(invocation->options, "history") ? ", or versions of them" : "");
	return EXIT_DAMAGED;
}

static int export_file(const struct invocation *invocation, struct exporting *exporting)
{
	const char *file = invocation->words[0];
	struct atomic_file copy;
	struct error err;
	int status;

	if (!options_is_on(invocation->options, "force") && access(file, F_OK) == 0)
		return say_failed(
			"%s already exists; name another file, or replace it with --force", file);
	if (atomic_file_open(file, &copy, &err) != RC_OK)
		return say_failed("%s", err.text);
	status = export_into(invocation, exporting, &copy);
	atomic_file_abort(&copy);
	return status;
}

static int export_run(const struct invocation *invocation)
{
	struct exporting exporting = { .progress = progress_begin(STDERR_FILENO, "export") };
	int status = export_read(invocation, &exporting.encoding);

	if (status != EXIT_SUCCESS)
		return status;
	return invocation->word_count && strcmp(invocation->words[0], "-") != 0
		       ? export_file(invocation, &exporting)
		       : export_into(invocation, &exporting, NULL);
}

const struct command command_export = {
	.name = "export",
	.usage = "[FILE] [OPTION]...",
	.words_most = 1,
	.summary = "Write all documents as lines of JSON, online or offline.",
	.about =
		"Writes to FILE or (also if FILE is -) to the standard output, one line for each "
		"document: {\"id\": "
		"…, \"version\": …, \"value\": …}, with \"deleted\": true instead of a value if "
		"the document is deleted. A line also has \"by\", the user who wrote it (null "
		"without authentication), and \"at\", the time by the server's clock; both are "
		"absent if they are not known. The lines are sorted by group, and "
		"in each group by the "
		"time of the last write. They are a snapshot, however many there are.\n"
		"The default is JSON, for people and other programs. Values that JSON cannot "
		"express (dates, sets, keywords, …) are written as the nearest JSON value and "
		"counted at the end; --encoding transit writes lines of Transit, which loses "
		"nothing. 'import' reads both.\n"
		"A document that is damaged has a line with \"damaged\": true and no value, and is "
		"reported; all others are exported, and the exit status is 3. If every document "
		"is damaged, FILE is not made, except with --damaged.\n"
		"With --history, the former versions of a document (serve --history) come before "
		"its line, the oldest first: {\"former\": ID, \"version\": …, \"value\": …} with "
		"\"by\" and \"at\"; and its own line has their number, \"formers\". They are read "
		"as they are at that moment. 'import' brings them back. A release that does not "
		"know them refuses such a file at the first of them, and with --skip-bad imports "
		"the present versions alone.\n"
		"While it reads, the write-ahead log of a database in use cannot start over, so "
		"it may grow. A slow reader of the output does not prolong that: the lines then "
		"go to a temporary file (in TMPDIR, or else in /var/tmp).\n",
	.example = "  pocketbook export --group todos | jq -r .value.title\n"
		   "  pocketbook export --encoding transit all.ndjson\n",
	COMMAND_OPTIONS(export_options),
	.run = export_run,
};
