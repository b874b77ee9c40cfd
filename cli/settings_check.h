/* Checks of the options of `serve`, for settings_read. */
#ifndef CLI_SETTINGS_CHECK_H
#define CLI_SETTINGS_CHECK_H

#include "cli/settings.h"

/* Completes the settings that were copied from the options, without side effects.
 * RC_MALFORMED: `err` has the place of the value and the reason. */
MUST_USE enum rc settings_check(const struct options *options, struct settings *out,
				struct error *err);

#endif
