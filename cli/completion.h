/* Completion for shells, made of the table of commands. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "base/buf.h"
#include "cli/command.h"

enum completion_kind {
	COMPLETION_NOTHING, /* a number, a time: the person knows */
	COMPLETION_FILES,
	COMPLETION_DIRECTORIES,
	COMPLETION_COMMANDS,
	COMPLETION_CHOICES /* of completion_choices */
};

/* What an argument such as "FILE", "on|off" or "TIME|off" stands for. */
enum completion_kind completion_kind(struct slice argument);
/* Appends what can be chosen in "TIME|off", a space between: the parts in lower
 * case. */
void completion_choices(struct slice argument, struct buf *out);
/* The next word of a command's usage that is no option, without its brackets: "FILE" of
 * "[FILE] [OPTION]...". Begin with the usage in *rest. False: there is none. */
bool completion_word(const char **rest, struct slice *word);
/* Has the table this first word in an earlier row too? For lists that name it once. */
bool completion_is_repeated(size_t row);
/* The first word of a command's name. */
struct slice completion_first(const struct command *command);
bool completion_is_pair(const struct command *command);

/* Appends the first words of all commands, a space between. */
void completion_names(struct buf *out);

void completion_bash(struct buf *out);
void completion_zsh(struct buf *out);

#endif
