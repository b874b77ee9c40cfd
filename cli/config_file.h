/* The configuration file: lines of the form `name = value`, names as on the command
 * line without the dashes. Comments begin with # or ; at the start of a line, or with ;
 * after a space. No sections, no continued lines. */
#ifndef CLI_CONFIG_FILE_H
#define CLI_CONFIG_FILE_H

#include "base/options.h"

/* Offers each line to `options`, and what they do not know to `others` (the options of
 * other commands, so that one file serves them all; what these make of it is only
 * checked). RC_MALFORMED, RC_IO: `err` gives file, line, name and what is wrong. */
MUST_USE enum rc config_file_read(const char *path, struct options *options,
				  struct options *const *others, size_t other_count,
				  struct error *err);

#endif
