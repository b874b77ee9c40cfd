/* Help texts on stdout, for lines of 80 columns. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"

void help_command(const struct command *command);
/* Prints help on these words: none, a command, or the first word of several commands.
 * Returns the exit status. */
int help_words(const char *const *words, size_t count);

#endif
