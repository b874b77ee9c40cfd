/* Generates the sample configuration at build time: every option of `pocketbook serve`
 * with its help and its default, commented out. An argument NAME=VALUE sets an option
 * instead. */
#include "base/buf.h"
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>

#define WIDTH 100

static void put_comment(struct buf *out, const char *text)
{
	size_t at = WIDTH;

	while (*(text += strspn(text, " ")) != '\0') {
		size_t len = strcspn(text, " ");

		if (at + 1 + len > WIDTH) {
			buf_put_text(out, out->len ? "\n#" : "#");
			at = 1;
		}
		buf_putf(out, " %.*s", (int)len, text);
		at += 1 + len;
		text += len;
	}
	buf_put_byte(out, '\n');
}

static void print_option(const struct option_spec *spec, const char *set)
{
	struct buf comment = BUF_EMPTY;

	put_comment(&comment, spec->help);
	printf("\n%.*s", (int)comment.len, comment.data);
	buf_free(&comment);
	if (spec->repeatable)
		puts("# May stand on several lines.");
	if (set)
		printf("%s = %s\n", spec->name, set);
	else
		printf("#%s = %s\n", spec->name, spec->fallback ? spec->fallback : spec->argument);
}

static const char *setting_of(const char *name, int argc, char **argv)
{
	size_t len = strlen(name);

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
			return argv[i] + len + 1;
	return NULL;
}

int main(int argc, char *argv[])
{
	int set = 0;

	puts("# Configuration of Pocketbook: see pocketbook.conf(5). One `name = value` a line; # "
	     "begins a comment.\n"
	     "# What is commented out shows the default, or, in capitals, what is to be put there. "
	     "Commands such as\n"
	     "# `pocketbook token add` read the database's name from here when called with "
	     "--config.");
	for (size_t i = 0; i < command_serve.option_count; i++) {
		const struct option_spec *spec = &command_serve.options[i];
		const char *setting = setting_of(spec->name, argc, argv);

		set += setting != NULL;
		if (!spec->not_in_file && spec->kind != OPTION_FLAG)
			print_option(spec, setting);
	}
	if (set == argc - 1 && fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_SUCCESS;
	fputs("sample: an argument names no option of serve, or the output failed\n", stderr);
	return EXIT_FAILURE;
}
