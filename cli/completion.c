/* `pocketbook completion`, and what the scripts for all shells share. A shell is a row
 * of the table at the end and a file of its own. */
#include "cli/completion.h"

#include "base/exit.h"
#include "cli/say.h"

#include <stdio.h>

static bool is_small(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 'a' || text.data[i] > 'z')
			return false;
	return text.len > 0;
}

/* Takes the part before the next `|`. */
static bool part_take(struct slice *rest, struct slice *part)
{
	const char *bar;

	if (rest->len == 0)
		return false;
	bar = memchr(rest->data, '|', rest->len);
	*part = slice_make(rest->data, bar ? (size_t)(bar - rest->data) : rest->len);
	*rest = slice_make(rest->data + part->len, rest->len - part->len);
	if (bar)
		*rest = slice_make(rest->data + 1, rest->len - 1);
	return true;
}

enum completion_kind completion_kind(struct slice argument)
{
	struct slice part;

	if (slice_is(argument, "FILE"))
		return COMPLETION_FILES;
	if (slice_is(argument, "DIR"))
		return COMPLETION_DIRECTORIES;
	if (slice_is(argument, "COMMAND"))
		return COMPLETION_COMMANDS;
	while (part_take(&argument, &part))
		if (is_small(part))
			return COMPLETION_CHOICES;
	return COMPLETION_NOTHING;
}

void completion_choices(struct slice argument, struct buf *out)
{
	const char *gap = "";
	struct slice part;

	while (part_take(&argument, &part)) {
		if (!is_small(part))
			continue;
		buf_put_text(out, gap);
		buf_put_slice(out, part);
		gap = " ";
	}
}

static struct slice token_take(const char **rest)
{
	const char *begin = *rest + strspn(*rest, " ");
	size_t len = strcspn(begin, " ");

	*rest = begin + len;
	return slice_make(begin, len);
}

bool completion_word(const char **rest, struct slice *word)
{
	for (;;) {
		*word = token_take(rest);
		if (word->len == 0 || slice_is(*word, "[OPTION]..."))
			return false;
		if (word->data[0] == '-' || strncmp(word->data, "[-", 2) == 0) {
			if (word->data[word->len - 1] != ']')
				(void)token_take(rest); /* its argument */
			continue;
		}
		while (word->len && strchr("[", word->data[0]))
			*word = slice_make(word->data + 1, word->len - 1);
		while (word->len && strchr("].", word->data[word->len - 1]))
			word->len--;
		return true;
	}
}

struct slice completion_first(const struct command *command)
{
	return slice_make(command->name, strcspn(command->name, " "));
}

bool completion_is_pair(const struct command *command)
{
	return strchr(command->name, ' ') != NULL;
}

bool completion_is_repeated(size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (slice_equal(completion_first(commands[i]), completion_first(commands[row])))
			return true;
	return false;
}

void completion_names(struct buf *out)
{
	for (size_t i = 0; i < command_count; i++) {
		if (completion_is_repeated(i))
			continue;
		buf_put_text(out, i ? " " : "");
		buf_put_slice(out, completion_first(commands[i]));
	}
}

/* ---- The command ---- */

/* To add a shell: a row here and a file completion_SHELL.c with its function. */
static const struct shell {
	const char *name;
	void (*write)(struct buf *out);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
};

static int completion_run(const struct invocation *invocation)
{
	struct buf out = BUF_EMPTY;

	for (size_t i = 0; i < COUNT(shells); i++) {
		if (strcmp(invocation->words[0], shells[i].name) != 0)
			continue;
		shells[i].write(&out);
		(void)fwrite(out.data, 1, out.len, stdout);
		buf_free(&out);
		return EXIT_SUCCESS;
	}
	return say_usage("completion: %.64s: there is completion for bash and zsh",
			 invocation->words[0]);
}

const struct command command_completion = {
	.name = "completion",
	.usage = "bash|zsh",
	.words = "the name of a shell: bash or zsh",
	.words_least = 1,
	.words_most = 1,
	.summary = "Print a completion script for a shell.",
	.about = "The Debian package installs it. Elsewhere, load it with a line in ~/.bashrc, as "
		 "in the example, or in ~/.zshrc, after compinit: source <(pocketbook completion "
		 "zsh)\n",
	.example = "  source <(pocketbook completion bash)\n",
	.run = completion_run,
};
