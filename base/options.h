/* The options of a command: one table says what there is, four layers say what they are
 * set to.
 *
 *   command line  >  environment  >  configuration file  >  default of the table
 *
 * The highest layer that gives an option decides alone: a `listen` on the command line
 * replaces all of the file's. Offer the layers in that order. Each value remembers
 * where it was written, so that whoever finds a fault in it later can say so. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/rc.h"
#include "base/error.h"
#include "base/slice.h"

#include <stdint.h>

enum option_kind {
	OPTION_TEXT,     /* anything but the empty text */
	OPTION_NUMBER,   /* digits */
	OPTION_SIZE,     /* bytes, such as 64K or 1M */
	OPTION_DURATION, /* seconds, written as 30s, 12h or 90d */
	OPTION_SWITCH,   /* on or off */
	OPTION_FLAG      /* takes no value; command line only */
};

struct option_spec {
	const char *name;     /* "max-body", lower case */
	const char *argument; /* "SIZE"; NULL for a flag */
	const char *help;     /* sentences */
	const char *fallback; /* as it would be written; NULL: unset */
	enum option_kind kind;
	bool repeatable;
	bool not_in_file; /* says where the file is */
	bool or_off;      /* of numbers: `off` is 0, whatever the least is */
	uint64_t min;     /* of numbers, in bytes or seconds where it is one of these */
	uint64_t max;
};

struct options;

/* The table is the caller's and must stay. All options are unset. */
struct options *options_new(const struct option_spec *specs, size_t count);
/* NULL is fine. */
void options_free(struct options *options);

/* Takes `--name value` and `--name=value`; `--` ends the options. What is no option is
 * left in words (pointers into argv, the array is the options'). `err` says which
 * option and what; RC_NOT_FOUND: the table has none of that name, RC_MALFORMED:
 * anything else. */
MUST_USE enum rc options_take_arguments(struct options *options, int argc, char *const *argv,
					struct error *err);
const char *const *options_words(const struct options *options, size_t *count);

/* Takes POCKETBOOK_NAME of each option, `-` written as `_`, values of a repeatable one
 * separated by spaces. An empty one counts as unset. `environment` is as environ(7). */
MUST_USE enum rc options_take_environment(struct options *options, char *const *environment,
					  struct error *err);

/* Takes one line of a configuration file, `place` being "FILE:LINE". RC_NOT_FOUND: the
 * table has no such option for a file (no reason is given). RC_MALFORMED: a bad value,
 * or one that a line before gave. */
MUST_USE enum rc options_take_entry(struct options *options, const char *place, struct slice name,
				    struct slice value, struct error *err);

/* Fills what is still unset from the table. A default that the table itself refuses is
 * a bug, and asserted. */
void options_take_defaults(struct options *options);

/* The values. The name must be in the table. The text of an unset option is NULL, a
 * number must have been set, a switch is off unless it is on. All live as long as the
 * options do. */
const char *options_text(const struct options *options, const char *name);
uint64_t options_number(const struct options *options, const char *name);
bool options_is_on(const struct options *options,
		   const char *name); /* a switch that is on, a flag that was given */
const char *const *options_list(const struct options *options, const char *name, size_t *count);

/* Where a value was written: "--listen", "POCKETBOOK_LISTEN" or "FILE:3: listen". */
const char *options_place(const struct options *options, const char *name, size_t index);

#endif
