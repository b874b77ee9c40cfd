/* `pocketbook tail`: every change as a line, live. The loop is in cli/tail_follow.c. */
#include "base/array.h"
#include "base/exit.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/doc.h"
#include "cli/say.h"
#include "cli/tail_follow.h"
#include "store/docid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PAGE_LINES (TAIL_SINK_LINES - 1)

static const struct option_spec tail_options[] = {
	{ .name = "group",
	  .argument = "G",
	  .repeatable = true,
	  .help = "Follow this group and the groups nested in it. Default: all." },
	{ .name = "since",
	  .argument = "CURSOR",
	  .help = "Where to begin, unless the cursor file has a position: 0 is the beginning. "
		  "Default: now." },
	{ .name = "cursor-file",
	  .argument = "FILE",
	  .help = "Keep the position in this file, and go on from there. With --out the default is "
		  "that file's name with .cursor behind it." },
	{ .name = "out",
	  .argument = "FILE",
	  .help = "Append the lines to this file, each change exactly once." },
	{ .name = "exec",
	  .argument = "COMMAND",
	  .help = "Run this command of the shell for the lines, on its standard input, each change "
		  "at least once: as long as it fails, it is run again." },
	{ .name = "batch",
	  .argument = "N",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  .max = PAGE_LINES,
	  .fallback = "1",
	  .help = "Lines that the command may get at a time, up to 1000." },
	{ .name = "once",
	  .kind = OPTION_FLAG,
	  .help = "End when all changes until now are written." },
	OPTION_ENCODING("Encoding of the lines. transit keeps every value exactly."),
	OPTION_DB,
	OPTION_CONFIG,
};

/* ---- Options ---- */

/* A group that another one contains would bring its documents twice. */
static bool is_covered(const struct tail_position *position, struct slice name)
{
	for (size_t i = 0; i < position->count; i++)
		if (group_covers(position->groups[i].name, name, true))
			return true;
	return false;
}

static void add_group(struct tail_position *position, struct slice name)
{
	size_t kept = 0;

	if (is_covered(position, name))
		return;
	for (size_t i = 0; i < position->count; i++)
		if (!group_covers(name, position->groups[i].name, true))
			position->groups[kept++] = position->groups[i];
	position->groups[kept] = (struct tail_group){ .name = name };
	position->count = kept + 1;
}

static int read_groups(const struct options *options, struct tail_position *position)
{
	size_t count;
	const char *const *names = options_list(options, "group", &count);

	position->groups = mem_array(count + 1, sizeof(*position->groups));
	for (size_t i = 0; i < count; i++) {
		const char *fault = group_fault(slice_of(names[i]));

		if (fault)
			return say_usage("%s: %s", options_place(options, "group", i), fault);
		add_group(position, slice_of(names[i]));
	}
	if (count == 0)
		add_group(position, slice_of("*"));
	return EXIT_SUCCESS;
}

/* Is it the database, or a file that belongs to it and may not be there yet? */
static bool is_of_database(const char *db, const char *path)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".lock", ".sock", ".audit" };
	struct stat one, other;
	bool is_one = false;

	for (size_t i = 0; db && path && !is_one && i < COUNT(suffixes); i++) {
		struct buf name = BUF_EMPTY;

		buf_put_text(&name, db);
		buf_put_text(&name, suffixes[i]);
		buf_put_byte(&name, 0);
		is_one = strcmp(name.data, path) == 0 ||
			 (stat(name.data, &one) == 0 && stat(path, &other) == 0 &&
			  one.st_dev == other.st_dev && one.st_ino == other.st_ino);
		buf_free(&name);
	}
	return is_one;
}

/* Free *path. */
static int read_files(const struct options *options, struct tail *tail, char **path)
{
	const char *cursor = options_text(options, "cursor-file");
	struct buf name = BUF_EMPTY;

	tail->sink.file = options_text(options, "out");
	tail->sink.command = options_text(options, "exec");
	if (tail->sink.file && tail->sink.command)
		return say_usage("%s: not together with --out; run a second 'pocketbook tail'",
				 options_place(options, "exec", 0));
	if (tail->sink.file && cursor && strcmp(tail->sink.file, cursor) == 0)
		return say_usage("%s: is the file of --out; name another one",
				 options_place(options, "cursor-file", 0));
	if (tail->sink.file || cursor) {
		buf_put_text(&name, cursor ? cursor : tail->sink.file);
		buf_put_text(&name, cursor ? "" : ".cursor");
		buf_put_byte(&name, 0);
	}
	tail->position.path = *path = name.data;
	tail->limit = tail->sink.command ? (unsigned)options_number(options, "batch") : PAGE_LINES;
	tail->once = options_is_on(options, "once");
	return doc_encoding(options, &tail->encoding);
}

/* ---- The command ---- */

/* A cursor of all lanes that is in a snapshot is none of a group in one lane. */
static enum rc begin_at(struct tail *tail, const char *since, struct error *err)
{
	for (size_t i = 0; i < tail->position.count; i++) {
		struct tail_group *group = &tail->position.groups[i];

		if (store_position_parse(&group->at, slice_of(since),
					 store_lane(tail->store, group->name)) != RC_OK)
			return error_set(err, RC_MALFORMED, "--since: not a cursor of %.*s",
					 (int)group->name.len, group->name.data);
	}
	return RC_OK;
}

/* The position of the file, of --since, or of now; it is kept before the first line. */
static enum rc find_position(struct tail *tail, const char *since, struct error *err)
{
	enum rc rc = tail->position.path ? tail_position_load(&tail->position, tail->store, err)
					 : RC_NOT_FOUND;
	const bool is_new = rc == RC_NOT_FOUND;

	if (is_new)
		rc = since ? begin_at(tail, since, err) : tail_begin_now(tail, err);
	if (rc == RC_OK)
		rc = tail_sink_open(&tail->sink, &tail->position, err);
	return rc == RC_OK && is_new ? tail_position_save(&tail->position, err) : rc;
}

static int tail_start(const struct options *options, struct tail *tail)
{
	const char *since = options_text(options, "since");
	struct store_cursors unused;
	struct db_place place;
	struct error err;
	int status;
	enum rc rc;

	if (since && store_cursors_parse(slice_of(since), 1, &unused) != RC_OK)
		return say_usage("%s: not a cursor; 0 is the beginning",
				 options_place(options, "since", 0));
	status = database_find(options, &place);
	if (status != EXIT_SUCCESS)
		return status;
	tail->db = place.db;
	if (is_of_database(place.path, tail->sink.file))
		return say_failed("%s belongs to the database; name another file with --out",
				  tail->sink.file);
	if (is_of_database(place.path, tail->position.path))
		return say_failed(
			"%s belongs to the database; name another file with --cursor-file",
			tail->position.path);
	rc = tail_open(tail, &err);
	if (rc == RC_OK)
		rc = find_position(tail, since, &err);
	if (rc == RC_OK)
		rc = tail_follow(tail, &err);
	tail_close(tail);
	return rc == RC_OK ? EXIT_SUCCESS : say_failed("%s", err.text);
}

static int tail_run(const struct invocation *invocation)
{
	struct tail tail = { .sink = TAIL_SINK_NONE };
	char *path = NULL;
	int status = read_groups(invocation->options, &tail.position);

	if (status == EXIT_SUCCESS)
		status = read_files(invocation->options, &tail, &path);
	if (status == EXIT_SUCCESS)
		status = tail_start(invocation->options, &tail);
	free(path);
	free(tail.position.groups);
	return status;
}

const struct command command_tail = {
	.name = "tail",
	.usage = "[OPTION]...",
	.summary = "Follow all changes, one line each, beside a server.",
	.about = "Writes a line for each change, in the order of the changes, as they are "
		 "committed (with several lanes, those of an outermost group are in order): a "
		 "JSON object with the members id, version and value, or with "
		 "\"deleted\": true instead of a value if the document was deleted. A document "
		 "that changes several times at once "
		 "may have one line, with its latest state. Reads the database itself, without the "
		 "server.\n"
		 "The line {\"reset\": true, \"group\": G} says that the changes from the position "
		 "on "
		 "are not known any more, because the database was restored, or because tombstones "
		 "were purged that were not read yet: all documents of the group follow, and those "
		 "that do not are gone.\n"
		 "With --out the file has each change exactly once, however often this command or "
		 "the machine stops: the lines and the position beside them are on disk one after "
		 "the other, and lines without a position are cut off before it goes on. If the "
		 "file "
		 "is renamed, a new one is begun. With --exec a command gets each change at least "
		 "once, and with --cursor-file alone, so does the standard output.\n"
		 "'import --changes' makes a database of such a file.\n",
	.example = "  pocketbook tail --group todos\n"
		   "  pocketbook tail --since 0 --encoding transit --out changes.ndjson\n"
		   "  pocketbook tail --cursor-file hook.cursor --exec './hook.sh'\n",
	COMMAND_OPTIONS(tail_options),
	.run = tail_run,
};
