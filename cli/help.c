/* `pocketbook help` and --help, generated from the tables of commands and options. */
#include "cli/help.h"

#include "base/buf.h"
#include "base/exit.h"
#include "cli/say.h"

#include <stdio.h>
#include <stdlib.h>

#define WIDTH 79
#define LEFT 2
#define GAP 2 /* at least, between two columns */
#define SUMMARY_COLUMN 18
#define HELP_COLUMN 26

/* Wraps the text between words at WIDTH bytes. The cursor is at column `at`; lines
 * begin at `indent`. */
static void print_wrapped(const char *text, size_t at, size_t indent)
{
	bool first = true;

	if (at && at + GAP > indent) {
		putchar('\n');
		at = 0;
	}
	printf("%*s", (int)(indent - at), "");
	at = indent;
	while (*(text += strspn(text, " ")) != '\0') {
		size_t len = strcspn(text, " ");

		if (!first && at + 1 + len > WIDTH) {
			printf("\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		at += len + !first;
		printf("%s%.*s", first ? "" : " ", (int)len, text);
		first = false;
		text += len;
	}
	putchar('\n');
}

static void print_paragraphs(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = strndup(text, len);

		if (line == NULL)
			abort();
		putchar('\n');
		print_wrapped(line, 0, 0);
		free(line);
		text += len + (text[len] == '\n');
	}
}

static void print_option(const struct option_spec *spec)
{
	struct buf help = BUF_EMPTY;
	int at = printf("%*s--%s%s%s", LEFT, "", spec->name, spec->argument ? " " : "",
			spec->argument ? spec->argument : "");

	buf_put_text(&help, spec->help);
	if (spec->repeatable)
		buf_put_text(&help, " May be given several times.");
	if (spec->fallback)
		buf_putf(&help, " Default: %s.", spec->fallback);
	buf_put_byte(&help, '\0');
	print_wrapped(help.data, (size_t)at, HELP_COLUMN);
	buf_free(&help);
}

void help_command(const struct command *command)
{
	printf("Usage: pocketbook %s%s%s\n", command->name, *command->usage ? " " : "",
	       command->usage);
	print_paragraphs(command->summary);
	if (command->about)
		print_paragraphs(command->about);
	if (command->option_count)
		puts("\nOptions:");
	for (size_t i = 0; i < command->option_count; i++)
		print_option(&command->options[i]);
	if (command->example)
		printf("\nExample:\n%s", command->example);
}

static void print_summaries(const char *first_word)
{
	for (size_t i = 0; i < command_count; i++) {
		int at;

		if (first_word && !command_begins_with(commands[i], first_word))
			continue;
		at = printf("%*s%s", LEFT, "", commands[i]->name);
		print_wrapped(commands[i]->summary, (size_t)at, SUMMARY_COLUMN);
	}
}

static void print_overview(void)
{
	puts("Pocketbook keeps documents in sync between browsers, live.\n\n"
	     "Usage: pocketbook COMMAND [OPTION]...\n\nCommands:");
	print_summaries(NULL);
	print_paragraphs(
		"'pocketbook help COMMAND' describes a command.\n"
		"Options can also be set in the environment, as POCKETBOOK_NAME, or in the file "
		"that --config names, as a line `name = value`. "
		"The command line overrides the environment, which overrides the file. If an "
		"option may be given several times, "
		"the environment has its values separated by spaces, and the file has a line for "
		"each.\n"
		"A SIZE is in bytes, or ends in K, M or G; a TIME ends in s, m, h, d or w.\n"
		"Exit status: " EXIT_STATUSES);
}

int help_words(const char *const *words, size_t count)
{
	const struct command *command;
	struct error err;
	size_t used;

	if (count == 0) {
		print_overview();
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; count == 1 && i < command_count; i++) {
		if (command_begins_with(commands[i], words[0])) {
			printf("Usage: pocketbook %s COMMAND [OPTION]...\n\nCommands:\n", words[0]);
			print_summaries(words[0]);
			return EXIT_SUCCESS;
		}
	}
	if (command_find(words, count, &command, &used, &err) != RC_OK)
		return say_usage("help: %s", err.text);
	if (used < count)
		return say_usage("help: unknown command %s %s (see 'pocketbook help')",
				 command->name, words[used]);
	help_command(command);
	return EXIT_SUCCESS;
}

static int help_run(const struct invocation *invocation)
{
	return help_words(invocation->words, invocation->word_count);
}

const struct command command_help = {
	.name = "help",
	.usage = "[COMMAND]",
	.words_most = 2,
	.summary = "List the commands, or describe one.",
	.run = help_run,
};
