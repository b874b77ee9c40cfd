/* `pocketbook import`: checks all lines (import_read.c), then writes them
 * (import_write.c). */
#include "base/array.h"
#include "base/exit.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/import.h"
#include "cli/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static enum rc open_reader(struct import *import)
{
	enum rc rc = store_open(import->place.db, STORE_COMMAND, &import->reader, &import->err);

	/* There is no database, or an empty file, left by a process that was killed
	 * when it created one. */
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc import_check_all(struct import *import)
{
	enum rc rc = store_ids_new(import->place.db, &import->ids, &import->err);

	if (rc == RC_OK)
		rc = open_reader(import);
	return rc == RC_OK ? import_check(import) : rc;
}

static enum rc import_write_all(struct import *import)
{
	struct admin_session session;
	enum rc rc = admin_begin(&import->place, &session, &import->err);

	if (rc != RC_OK)
		return rc;
	if (import->reader == NULL)
		rc = open_reader(import);
	if (rc == RC_OK)
		rc = import_write(import, &session);
	/* The writer must be the last to close, as it then removes the write-ahead log.
	 */
	store_close(import->reader);
	import->reader = NULL;
	admin_end(&session);
	return rc;
}

static int say_stopped(const struct import *import)
{
	if (import->imported + import->versions == 0)
		return say_failed("%s; nothing was imported", import->err.text);
	return say_failed("%s; %" PRIu64 " of %" PRIu64
			  " documents are imported; the same command%s goes on with the others",
			  import->err.text, import->imported, import->total,
			  import->existing == EXISTING_REPLACE ? "" : " with --existing skip");
}

static void say_done(const struct import *import, bool json)
{
	char imported[UNITS_DISPLAY_MAX], versions[UNITS_DISPLAY_MAX], bad[UNITS_DISPLAY_MAX];

	if (json) {
		printf("{\"imported\":%" PRIu64 ",\"same\":%" PRIu64 ",\"skipped\":%" PRIu64
		       ",\"bad\":%" PRIu64 ",\"damaged\":%" PRIu64 ",\"versions\":%" PRIu64 "}\n",
		       import->imported, import->same, import->left, import->bad, import->damaged,
		       import->versions);
		return;
	}
	units_display_count(import->imported, imported);
	printf("%s imported", imported);
	units_display_counted(import->versions, "former version", versions);
	if (import->versions)
		printf(", with %s", versions);
	if (import->same)
		printf(", %" PRIu64 " as they were already", import->same);
	if (import->left)
		printf(", %" PRIu64 " left as they are", import->left);
	units_display_counted(import->bad, "bad line", bad);
	if (import->bad)
		printf(", %s skipped", bad);
	if (import->damaged)
		printf(", %" PRIu64 " left out as they were damaged", import->damaged);
	putchar('\n');
}

static int import_status(const struct import *import)
{
	if (import->damaged == 0 ||
	    import->imported + import->same - import->same_deleted + import->left > 0)
		return EXIT_SUCCESS;
	say("every document in %s was damaged when it was exported; export them from a backup",
	    import->input.name);
	return EXIT_DAMAGED;
}

static int existing_read(const struct options *options, enum existing *out)
{
	static const char *const names[] = { [EXISTING_REFUSE] = "refuse",
					     [EXISTING_SKIP] = "skip",
					     [EXISTING_REPLACE] = "replace" };
	const char *text =
		options_is_on(options, "changes") ? "replace" : options_text(options, "existing");

	for (size_t i = 0; i < COUNT(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*out = (enum existing)i;
			return EXIT_SUCCESS;
		}
	}
	return say_usage("%s: must be refuse, skip or replace",
			 options_place(options, "existing", 0));
}

static int import_run(const struct invocation *invocation)
{
	const struct options *options = invocation->options;
	struct import import = { .skip_bad = options_is_on(options, "skip-bad"),
				 .changes = options_is_on(options, "changes") };
	int status = existing_read(options, &import.existing);
	bool is_new;
	enum rc rc;

	if (status == EXIT_SUCCESS)
		status = database_parse(options, &import.place);
	if (status != EXIT_SUCCESS)
		return status;
	import.progress = progress_begin(STDERR_FILENO, "import");
	rc = ndjson_reader_open(invocation->word_count ? invocation->words[0] : NULL,
				&import.progress, &import.input, &import.err);
	if (rc != RC_OK)
		return say_stopped(&import);
	status = database_name(options, &import.place);
	if (status != EXIT_SUCCESS) {
		ndjson_reader_close(&import.input);
		return status;
	}
	rc = import_check_all(&import);
	is_new = import.reader == NULL;
	if (rc == RC_OK)
		rc = import_write_all(&import);
	progress_wipe(&import.progress);
	database_say_made(&import.place, is_new);
	store_close(import.reader);
	store_ids_free(import.ids);
	import_free_resets(&import);
	buf_free(&import.history.id);
	ndjson_reader_close(&import.input);
	if (rc != RC_OK)
		return say_stopped(&import);
	say_done(&import, options_is_on(options, "json"));
	return import_status(&import);
}

static const struct option_spec import_options[] = {
	{ .name = "existing",
	  .argument = "refuse|skip|replace",
	  .fallback = "refuse",
	  .help = "For documents that exist: refuse imports nothing if there is one, skip leaves "
		  "them unchanged, replace overwrites them." },
	{ .name = "skip-bad",
	  .kind = OPTION_FLAG,
	  .help = "Skip lines with errors, and report them." },
	{ .name = "changes",
	  .kind = OPTION_FLAG,
	  .help = "The lines are changes, as 'tail' writes them: a document may have several, of "
		  "which the last counts, and versions are kept. For a new database, or one that "
		  "has earlier changes of the same lines." },
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON object, for programs." },
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

const struct command command_import = {
	.name = "import",
	.usage = "[FILE] [OPTION]...",
	.words_most = 1,
	.summary = "Write documents from lines that 'export' wrote, online or offline.",
	.about = "Reads FILE or the standard input, one line for each document: {\"id\": …, "
		 "\"value\": …}, or \"deleted\": true to delete it, in JSON or in Transit. "
		 "Versions in the lines are ignored (but see --changes): each document is written "
		 "like any other edit, so it gets the next version, and clients receive it. Its "
		 "author (by) and time (at) are kept, if the line has them.\n"
		 "All lines are checked before the first is written. If a line has an error, it is "
		 "reported with its number and nothing is imported. A line has at most 128 MiB, "
		 "which is room for any document that was exported. Then the documents are written "
		 "in batches, so that a server keeps serving. If that fails (the disk is full, for "
		 "example), documents written so far stay, and the command reports their number "
		 "and how to continue. No document is ever half written.\n"
		 "Documents that already are as their line says are not written again.\n"
		 "Lines of 'export --history' bring back former versions, with the numbers, users "
		 "and times of all versions, also where 'serve --history' keeps fewer: the others "
		 "are removed at the next write of the document. A document that the database has "
		 "already, or had, gets the present version alone, unless it has a version of the "
		 "file, such as one that an interrupted import has left.\n",
	.example =
		"  pocketbook import todos.ndjson --existing skip\n"
		"  pocketbook export --encoding transit --db a.db | pocketbook import --db b.db\n",
	COMMAND_OPTIONS(import_options),
	.run = import_run,
};
