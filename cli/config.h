/* The values of a command's options, from the environment, the configuration file and
 * the defaults. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/command.h"

/* Adds the sources below the command line, which was taken before. RC_MALFORMED, RC_IO:
 * `err` has the place and the reason. */
MUST_USE enum rc config_read(const struct command *command, struct options *options,
			     struct error *err);
/* Says which variables of the environment look like options and are none. */
void config_warn(void);
/* Reads all sources again. Free with options_free, also after a failure. */
MUST_USE enum rc config_reread(const struct invocation *invocation, struct options **out,
			       struct error *err);

#endif
