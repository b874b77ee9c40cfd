/* Runs `pocketbook serve`. Its row in the table of commands: cli/serve_options.c. */
#ifndef CLI_SERVE_H
#define CLI_SERVE_H

#include "cli/command.h"

int serve_run(const struct invocation *invocation);

#endif
