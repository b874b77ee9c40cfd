/* Help texts on stdout, for lines of 80 columns. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"

void help_command(const struct command *command);
/* What `help` says of these words: no word, a command, or the first word of several.
 * Answers the exit status. */
int help_words(const char *const *words, size_t count);

#endif
