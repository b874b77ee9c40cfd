/* The configuration file: lines of the form `name = value`, names as on the command
 * line without the dashes. Comments begin with # or ; at the start of a line, or with ;
 * after a space. No sections, no continued lines. */
#ifndef CLI_CONFIG_FILE_H
#define CLI_CONFIG_FILE_H

#include "base/options.h"

/* Offers each line to `options`, and unknown names to `others`: the options of other
 * commands, so that one file can serve all commands; their values are only checked.
 * RC_MALFORMED, RC_IO: `err` has file, line, name and reason. */
MUST_USE enum rc config_file_read(const char *path, struct options *options,
				  struct options *const *others, size_t other_count,
				  struct error *err);

#endif
