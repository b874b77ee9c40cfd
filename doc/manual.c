/* Generates the manual pages at build time: `manual SOURCE OUT`. There is a page for
 * each command in the table, with SOURCE/man/COMMAND.more, if it exists, after its
 * options; a page for each SOURCE/man/NAME.in, with the lines @commands@ and @options@
 * replaced; and pocketbook-protocol(7), from SOURCE/protocol.md. */
#include "base/buf.h"
#include "base/exit.h"
#include "base/mem.h"
#include "cli/command.h"
#include "doc/markdown.h"
#include "doc/mdoc.h"

#include <ctype.h>
#include <errno.h>
#include <error.h>
#include <stdio.h>
#include <stdlib.h>

/* The date of the last significant change, which mdoc(7) requires. */
#define DATE "November 23, 2026"

static const char *source;

static FILE *file_open(const char *folder, const char *name, const char *suffix, const char *mode)
{
	char path[4096];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
	file = fopen(path, mode);
	if (file == NULL && (*mode == 'w' || errno != ENOENT))
		error(EXIT_FAILURE, errno, "%s", path);
	return file;
}

static void file_close(FILE *out)
{
	if (ferror(out) || fclose(out) != 0)
		error(EXIT_FAILURE, errno, "cannot write");
}

/* The name of a page, such as pocketbook-token-add. */
static void page_name(const struct command *command, char out[80])
{
	(void)snprintf(out, 80, "pocketbook-%s", command->name);
	for (; *out; out++)
		if (*out == ' ')
			*out = '-';
}

static void put_head(FILE *out, const char *name, unsigned section, const char *summary)
{
	size_t len = strlen(summary);

	(void)fprintf(out, ".Dd " DATE "\n.Dt ");
	for (const char *at = name; *at; at++)
		(void)fputc(toupper((unsigned char)*at), out);
	(void)fprintf(out, " %u\n.Os Pocketbook " PACKAGE_VERSION "\n.Sh NAME\n.Nm %s\n.Nd ",
		      section, name);
	(void)fprintf(out, "%c%.*s\n", tolower((unsigned char)summary[0]),
		      (int)(len - 1 - (summary[len - 1] == '.')), summary + 1);
}

/* ---- Options ---- */

static void put_variable(FILE *out, const char *name)
{
	(void)fputs("POCKETBOOK_", out);
	for (; *name; name++)
		(void)fputc(*name == '-' ? '_' : toupper((unsigned char)*name), out);
}

static void put_help(FILE *out, const struct option_spec *spec)
{
	struct buf text = BUF_EMPTY;

	buf_put_text(&text, spec->help);
	if (spec->repeatable)
		buf_put_text(&text, " May be given several times.");
	if (spec->fallback)
		buf_putf(&text, " Default: %s.", spec->fallback);
	if (spec->alias)
		buf_putf(&text, " Formerly %s.", spec->alias);
	mdoc_text(out, buf_slice(&text), MDOC_PLAIN);
	buf_free(&text);
}

static void put_options(FILE *out, const struct command *command)
{
	(void)fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < command->option_count; i++) {
		const struct option_spec *spec = &command->options[i];

		(void)fprintf(out, ".It Fl \\-%s", spec->name);
		if (spec->argument) {
			(void)fputs(" Ar ", out);
			mdoc_argument(out, slice_of(spec->argument), MDOC_PLAIN);
		}
		(void)fputc('\n', out);
		put_help(out, spec);
	}
	(void)fputs(".El\n", out);
}

/* The options of `serve` as lines of a configuration file, with their defaults. */
static void put_entries(FILE *out)
{
	(void)fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < command_serve.option_count; i++) {
		const struct option_spec *spec = &command_serve.options[i];

		if (spec->not_in_file || spec->kind == OPTION_FLAG)
			continue;
		(void)fprintf(out, ".It Ic %s = Ar ", spec->name);
		mdoc_argument(out, slice_of(spec->argument), MDOC_PLAIN);
		(void)fputc('\n', out);
		put_help(out, spec);
	}
	(void)fputs(".El\n", out);
}

static bool has_option(const struct command *command, const char *name)
{
	for (size_t i = 0; i < command->option_count; i++)
		if (strcmp(command->options[i].name, name) == 0)
			return true;
	return false;
}

static void put_environment(FILE *out, const struct command *command)
{
	(void)fputs(".Sh ENVIRONMENT\nThese variables set options that the command line does not "
		    "set:\n.Pp\n.Bl -tag -width Ds -compact\n",
		    out);
	for (size_t i = 0; i < command->option_count; i++) {
		if (command->options[i].kind == OPTION_FLAG || command->options[i].only_as_word)
			continue;
		(void)fputs(".It Ev ", out);
		put_variable(out, command->options[i].name);
		(void)fprintf(out, "\n.Fl \\-%s\n", command->options[i].name);
	}
	(void)fputs(".El\n", out);
}

/* ---- The page of a command ---- */

static void put_synopsis(FILE *out, const struct command *command)
{
	struct slice word;

	(void)fprintf(out, ".Sh SYNOPSIS\n.Nm pocketbook %s\n", command->name);
	for (const char *at = command->usage; *(at += strspn(at, " ")) != '\0'; at += word.len) {
		word = slice_make(at, strcspn(at, " "));
		if (slice_is(word, "[OPTION]...")) {
			(void)fputs(".Op Ar option ...\n", out);
			continue;
		}
		(void)fputs(word.len > 2 && strncmp(word.data, "--", 2) == 0 ? ".Cm " : ".Ar ",
			    out);
		mdoc_argument(out, word, MDOC_PLAIN);
		(void)fputc('\n', out);
	}
}

static void put_paragraphs(FILE *out, const char *text)
{
	for (; *text; text += strspn(text, "\n")) {
		size_t len = strcspn(text, "\n");

		(void)fputs(".Pp\n", out);
		mdoc_text(out, slice_make(text, len), MDOC_PLAIN);
		text += len;
	}
}

static void put_more(FILE *out, const char *name)
{
	char folder[4096];
	FILE *in;
	int byte;

	(void)snprintf(folder, sizeof(folder), "%s/man", source);
	in = file_open(folder, name, ".more", "re");
	if (in == NULL)
		return;
	while ((byte = getc(in)) != EOF)
		(void)fputc(byte, out);
	(void)fclose(in);
}

static void put_files(FILE *out, const struct command *command)
{
	(void)fputs(".Sh FILES\n.Bl -tag -width Ds\n"
		    ".It Pa pocketbook.db\nThe database, unless\n.Fl \\-db\nnames another.\n"
		    ".It Pa pocketbook.db\\-wal , pocketbook.db\\-shm\n"
		    "Its write-ahead log and the index of the log: parts of the database.\n"
		    "Never delete them.\n",
		    out);
	if (command != &command_backup)
		(void)fputs("To copy a database, use\n.Xr pocketbook-backup 1 .\n", out);
	(void)fputs(".It Pa pocketbook.db.lock\nThe lock of the process that may write.\n"
		    ".It Pa pocketbook.db.sock\n"
		    "The control socket, by which commands reach the server.\n",
		    out);
	if (has_option(command, "runtime-dir"))
		(void)fputs("With\n.Fl \\-runtime\\-dir ,\nit is in that directory.\n", out);
	(void)fputs(".El\n", out);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The commands that share the first word. */
static void put_see_also(FILE *out, const struct command *command)
{
	size_t first = strcspn(command->name, " "), count = 0;
	char(*names)[80] = mem_array(command_count, sizeof(*names));

	for (size_t i = 0; command->name[first] && i < command_count; i++)
		if (commands[i] != command &&
		    strncmp(commands[i]->name, command->name, first + 1) == 0)
			page_name(commands[i], names[count++]);
	qsort(names, count, sizeof(*names), compare_names);
	(void)fputs(".Sh SEE ALSO\n.Xr pocketbook 1 ,\n", out);
	for (size_t i = 0; i < count; i++)
		(void)fprintf(out, ".Xr %s 1 ,\n", names[i]);
	(void)fputs(".Xr pocketbook.conf 5\n", out);
	free(names);
}

static void command_page(const char *folder, const struct command *command)
{
	char name[80];
	FILE *out;

	page_name(command, name);
	out = file_open(folder, name, ".1", "we");
	put_head(out, name, 1, command->summary);
	put_synopsis(out, command);
	(void)fputs(".Sh DESCRIPTION\n", out);
	mdoc_text(out, slice_of(command->summary), MDOC_PLAIN);
	if (command->about)
		put_paragraphs(out, command->about);
	if (command->option_count) {
		(void)fputs(".Sh OPTIONS\n", out);
		put_options(out, command);
	}
	put_more(out, name);
	if (command->option_count)
		put_environment(out, command);
	if (has_option(command, "db"))
		put_files(out, command);
	(void)fputs(".Sh EXIT STATUS\n" EXIT_STATUSES "\n", out);
	if (command->example) {
		(void)fputs(".Sh EXAMPLES\n", out);
		mdoc_literal(out, slice_of(command->example), false); /* has an indent of its own */
	}
	put_see_also(out, command);
	file_close(out);
}

/* ---- Templates ---- */

static void put_commands(FILE *out)
{
	char name[80];

	(void)fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < command_count; i++) {
		page_name(commands[i], name);
		(void)fprintf(out, ".It Xr %s 1\n", name);
		mdoc_text(out, slice_of(commands[i]->summary), MDOC_PLAIN);
	}
	(void)fputs(".El\n", out);
}

static void template_page(const char *folder, const char *name)
{
	char from[4096], *line = NULL;
	size_t room = 0;
	FILE *in, *out = file_open(folder, name, "", "we");

	(void)snprintf(from, sizeof(from), "%s/man", source);
	in = file_open(from, name, ".in", "re");
	if (in == NULL)
		error(EXIT_FAILURE, errno, "%s/%s.in", from, name);
	while (getline(&line, &room, in) >= 0) {
		if (strcmp(line, "@commands@\n") == 0)
			put_commands(out);
		else if (strcmp(line, "@options@\n") == 0)
			put_entries(out);
		else if (strcmp(line, "@date@\n") == 0)
			(void)fputs(".Dd " DATE "\n", out);
		else if (strcmp(line, ".Os\n") == 0)
			(void)fputs(".Os Pocketbook " PACKAGE_VERSION "\n", out);
		else
			(void)fputs(line, out);
	}
	free(line);
	(void)fclose(in);
	file_close(out);
}

static void protocol_page(const char *folder)
{
	FILE *in = file_open(source, "protocol.md", "", "re"),
	     *out = file_open(folder, "pocketbook-protocol.7", "", "we");

	if (in == NULL)
		error(EXIT_FAILURE, errno, "%s/protocol.md", source);
	put_head(out, "pocketbook-protocol", 7, "What a client and Pocketbook say to each other.");
	(void)fputs(".Sh DESCRIPTION\n", out);
	markdown_to_mdoc(in, out);
	(void)fputs(".Sh SEE ALSO\n.Xr pocketbook 1 ,\n.Xr pocketbook-serve 1\n", out);
	(void)fclose(in);
	file_close(out);
}

int main(int argc, char *argv[])
{
	if (argc != 3)
		error(EXIT_FAILURE, 0, "usage: manual SOURCE OUT");
	source = argv[1];
	for (size_t i = 0; i < command_count; i++)
		command_page(argv[2], commands[i]);
	template_page(argv[2], "pocketbook.1");
	template_page(argv[2], "pocketbook.conf.5");
	protocol_page(argv[2]);
	return EXIT_SUCCESS;
}
