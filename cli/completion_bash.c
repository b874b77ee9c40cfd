/* The completion script for bash, generated from the tables of commands and options. */
#include "cli/completion.h"

/* 'serve --db'|... of all options with an argument of that kind. false: there is none.
 */
static bool put_places(struct buf *out, enum completion_kind kind)
{
	size_t before = out->len;

	for (size_t i = 0; i < command_count; i++)
		for (size_t n = 0; n < commands[i]->option_count; n++) {
			const struct option_spec *spec = &commands[i]->options[n];

			if (spec->argument && completion_kind(slice_of(spec->argument)) == kind)
				buf_putf(out, "%s'%s --%s'", out->len > before ? " | " : "\t",
					 commands[i]->name, spec->name);
		}
	return out->len > before;
}

/* After these options comes a value. */
static void put_values(struct buf *out)
{
	buf_put_text(out, "\tcase \"$command $prev\" in\n");
	if (put_places(out, COMPLETION_FILES))
		buf_put_text(out, ") kind=file ;;\n");
	if (put_places(out, COMPLETION_DIRECTORIES))
		buf_put_text(out, ") kind=directory ;;\n");
	if (put_places(out, COMPLETION_NOTHING))
		buf_put_text(out, ") return ;;\n");
	for (size_t i = 0; i < command_count; i++)
		for (size_t n = 0; n < commands[i]->option_count; n++) {
			const struct option_spec *spec = &commands[i]->options[n];

			if (spec->argument == NULL ||
			    completion_kind(slice_of(spec->argument)) != COMPLETION_CHOICES)
				continue;
			buf_putf(out, "\t'%s --%s') words='", commands[i]->name, spec->name);
			completion_choices(slice_of(spec->argument), out);
			buf_put_text(out, "' ;;\n");
		}
	buf_put_text(out, "\t*) value= ;;\n\tesac\n");
}

static void put_seconds(struct buf *out, struct slice first)
{
	const char *gap = "";

	for (size_t i = 0; i < command_count; i++) {
		if (!completion_is_pair(commands[i]) ||
		    !slice_equal(completion_first(commands[i]), first))
			continue;
		buf_putf(out, "%s%s", gap, commands[i]->name + first.len + 1);
		gap = " ";
	}
}

/* Commands of two words. */
static void put_pairs(struct buf *out)
{
	for (size_t i = 0; i < command_count; i++) {
		struct slice first = completion_first(commands[i]);

		if (!completion_is_pair(commands[i]) || completion_is_repeated(i))
			continue;
		buf_putf(out,
			 "\t%.*s)\n\t\tif ((COMP_CWORD == 2)); then\n\t\t\tmapfile -t COMPREPLY < "
			 "<(compgen -W '",
			 (int)first.len, first.data);
		put_seconds(out, first);
		buf_put_text(out, " --help' -- \"$cur\")\n\t\t\treturn\n\t\tfi\n\t\tcommand+=\" "
				  "${COMP_WORDS[2]}\"\n\t\t;;\n");
	}
}

static void put_word_kinds(struct buf *out, const struct command *command)
{
	const char *rest = command->usage;
	struct slice word;

	while (completion_word(&rest, &word)) {
		switch (completion_kind(word)) {
		case COMPLETION_FILES:
			buf_put_text(out, " kind=file");
			break;
		case COMPLETION_DIRECTORIES:
			buf_put_text(out, " kind=directory");
			break;
		case COMPLETION_COMMANDS:
			buf_put_text(out, " words='");
			completion_names(out);
			buf_put_text(out, "'");
			break;
		case COMPLETION_CHOICES:
			buf_put_text(out, " words='");
			completion_choices(word, out);
			buf_put_text(out, "'");
			break;
		case COMPLETION_NOTHING:
			break;
		}
	}
}

static void put_commands(struct buf *out)
{
	buf_put_text(out, "\t\tcase $command in\n");
	for (size_t i = 0; i < command_count; i++) {
		buf_putf(out, "\t\t'%s') options='", commands[i]->name);
		for (size_t n = 0; n < commands[i]->option_count; n++)
			buf_putf(out, "--%s ", commands[i]->options[n].name);
		buf_put_text(out, "--help'");
		put_word_kinds(out, commands[i]);
		buf_put_text(out, " ;;\n");
	}
	buf_put_text(out, "\t\tesac\n");
}

void completion_bash(struct buf *out)
{
	buf_put_text(out,
		     "# Completion of pocketbook for bash: made by `pocketbook completion bash`.\n"
		     "# shellcheck shell=bash\n"
		     "_pocketbook() {\n"
		     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} "
		     "command=${COMP_WORDS[1]}\n"
		     "\tlocal options='' words='' kind='' value=yes\n"
		     "\tCOMPREPLY=()\n"
		     "\t# --name=value comes as three words.\n"
		     "\tif [[ $cur == = ]]; then\n\t\tcur=\n"
		     "\telif [[ $prev == = ]]; then\n\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n\tfi\n"
		     "\tif ((COMP_CWORD == 1)); then\n\t\tmapfile -t COMPREPLY < <(compgen -W '");
	completion_names(out);
	buf_put_text(out,
		     " --help --version' -- \"$cur\")\n\t\treturn\n\tfi\n\tcase $command in\n");
	put_pairs(out);
	buf_put_text(out, "\tesac\n");
	put_values(out);
	buf_put_text(out, "\tif [[ -z $value ]]; then\n");
	put_commands(out);
	buf_put_text(out, "\t\t[[ $cur != -* ]] || words=$options kind=\n"
			  "\tfi\n"
			  "\tcase $kind in\n"
			  "\tfile) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
			  "\tdirectory) mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
			  "\t*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
			  "\tesac\n"
			  "\t[[ -z $kind ]] || compopt -o filenames 2>/dev/null\n"
			  "}\n"
			  "complete -F _pocketbook pocketbook\n");
}
