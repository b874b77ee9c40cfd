/* What the options of a command are set to, from the environment, the configuration
 * file and the defaults. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/command.h"

/* Adds the layers below the arguments, which were taken already. RC_MALFORMED, RC_IO:
 * `err` says where and what. */
MUST_USE enum rc config_read(const struct command *command, struct options *options,
			     struct error *err);
/* All layers once more, as they are now; free with options_free, also after a
 * failure. */
MUST_USE enum rc config_reread(const struct invocation *invocation, struct options **out,
			       struct error *err);

#endif
