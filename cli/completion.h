/* Completion for shells, generated from the table of commands. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "base/buf.h"
#include "cli/command.h"

enum completion_kind {
	COMPLETION_NOTHING, /* a number or a time, which cannot be completed */
	COMPLETION_FILES,
	COMPLETION_DIRECTORIES,
	COMPLETION_COMMANDS,
	COMPLETION_CHOICES /* those of completion_choices */
};

/* How to complete an argument such as "FILE", "on|off" or "TIME|off". */
enum completion_kind completion_kind(struct slice argument);
/* Appends the choices of "TIME|off" (the parts in lower case), separated by spaces. */
void completion_choices(struct slice argument, struct buf *out);
/* The next word of a command's usage that is not an option, without its brackets:
 * "FILE" of "[FILE] [OPTION]...". Start with the usage in *rest. false: there is none.
 */
bool completion_word(const char **rest, struct slice *word);
/* Does an earlier row of the table have the same first word? For lists that name it
 * once. */
bool completion_is_repeated(size_t row);
/* The first word of a command's name. */
struct slice completion_first(const struct command *command);
bool completion_is_pair(const struct command *command);

/* Appends the first words of all commands, separated by spaces. */
void completion_names(struct buf *out);

void completion_bash(struct buf *out);
void completion_zsh(struct buf *out);

#endif
