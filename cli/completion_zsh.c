/* The completion script for zsh, generated from the tables of commands and options. */
#include "cli/completion.h"

/* The first sentence, without its full stop, for use in single quotes; the `special`
 * characters get a backslash. */
static void put_sentence(struct buf *out, const char *text, const char *special)
{
	const char *end = strstr(text, ". ");
	size_t len = end ? (size_t)(end - text) : strlen(text);

	if (len && text[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\'') {
			buf_put_text(out, "'\\''");
			continue;
		}
		if (strchr(special, text[i]))
			buf_put_byte(out, '\\');
		buf_put_byte(out, text[i]);
	}
}

static struct slice name_after(const struct command *command, struct slice first)
{
	return first.len ? slice_of(command->name + first.len + 1) : completion_first(command);
}

/* The commands that begin with this word; if it is empty, all first words. */
static void put_list(struct buf *out, struct slice first, const char *indent)
{
	buf_putf(out, "%scommands=(\n", indent);
	for (size_t i = 0; i < command_count; i++) {
		struct slice name;

		if (first.len ? !completion_is_pair(commands[i]) ||
					!slice_equal(completion_first(commands[i]), first)
			      : completion_is_repeated(i))
			continue;
		name = name_after(commands[i], first);
		buf_putf(out, "%s\t'%.*s", indent, (int)name.len, name.data);
		if (first.len || !completion_is_pair(commands[i])) {
			buf_put_byte(out, ':');
			put_sentence(out, commands[i]->summary, "\\");
		}
		buf_put_text(out, "'\n");
	}
	buf_putf(out, "%s)\n%s_describe -t commands command commands\n%sreturn\n", indent, indent,
		 indent);
}

/* ":FILE:_files" */
static void put_action(struct buf *out, struct slice argument)
{
	buf_put_byte(out, ':');
	for (size_t i = 0; i < argument.len; i++) {
		if (argument.data[i] == ':')
			buf_put_byte(out, '\\');
		buf_put_byte(out, argument.data[i]);
	}
	buf_put_byte(out, ':');
	switch (completion_kind(argument)) {
	case COMPLETION_FILES:
		buf_put_text(out, "_files");
		break;
	case COMPLETION_DIRECTORIES:
		buf_put_text(out, "_files -/");
		break;
	case COMPLETION_COMMANDS:
		buf_put_byte(out, '(');
		completion_names(out);
		buf_put_byte(out, ')');
		break;
	case COMPLETION_CHOICES:
		buf_put_byte(out, '(');
		completion_choices(argument, out);
		buf_put_byte(out, ')');
		break;
	case COMPLETION_NOTHING:
		buf_put_byte(out, ' ');
		break;
	}
}

static void put_command(struct buf *out, const struct command *command)
{
	const char *rest = command->usage;
	struct slice word;

	buf_putf(out, "\t'%s')\n\t\t_arguments -S \\\n", command->name);
	for (size_t i = 0; i < command->option_count; i++) {
		const struct option_spec *spec = &command->options[i];

		buf_putf(out, "\t\t\t'%s--%s%s[", spec->repeatable ? "*" : "", spec->name,
			 spec->argument ? "=" : "");
		put_sentence(out, spec->help, "\\[]:");
		buf_put_byte(out, ']');
		if (spec->argument)
			put_action(out, slice_of(spec->argument));
		buf_put_text(out, "' \\\n");
	}
	while (completion_word(&rest, &word)) {
		buf_put_text(out, "\t\t\t'");
		put_action(out, word);
		buf_put_text(out, "' \\\n");
	}
	buf_put_text(out, "\t\t\t'(- *)--help[Describe this command]'\n\t\t;;\n");
}

void completion_zsh(struct buf *out)
{
	buf_put_text(out,
		     "#compdef pocketbook\n"
		     "# Completion of pocketbook for zsh: made by `pocketbook completion zsh`.\n"
		     "_pocketbook() {\n"
		     "\tlocal -a commands\n"
		     "\tlocal command=$words[2]\n"
		     "\tif ((CURRENT == 2)); then\n");
	put_list(out, slice_of(""), "\t\t");
	buf_put_text(out, "\tfi\n\tcase $command in\n");
	for (size_t i = 0; i < command_count; i++) {
		struct slice first = completion_first(commands[i]);

		if (!completion_is_pair(commands[i]) || completion_is_repeated(i))
			continue;
		buf_putf(out, "\t%.*s)\n\t\tif ((CURRENT == 3)); then\n", (int)first.len,
			 first.data);
		put_list(out, first, "\t\t\t");
		buf_put_text(out, "\t\tfi\n\t\tcommand+=\" $words[3]\"\n\t\tshift "
				  "words\n\t\t((CURRENT--))\n\t\t;;\n");
	}
	buf_put_text(out, "\tesac\n\tshift words\n\t((CURRENT--))\n\tcase $command in\n");
	for (size_t i = 0; i < command_count; i++)
		put_command(out, commands[i]);
	buf_put_text(out, "\tesac\n}\n"
			  "# In $fpath the file is the function; sourced, it makes itself known.\n"
			  "if [[ $funcstack[1] == _pocketbook ]]; then\n\t_pocketbook "
			  "\"$@\"\nelse\n\tcompdef _pocketbook pocketbook\nfi\n");
}
