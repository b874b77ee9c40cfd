/* The options of a command, declared in one table and set by four layers:
 *
 *   command line  >  environment  >  configuration file  >  default in the table
 *
 * The highest layer that sets an option wins: a `listen` on the command line replaces
 * every `listen` of the file. Take the layers in that order. Each value keeps its
 * origin, so that a later error message can name it. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/rc.h"
#include "base/error.h"
#include "base/slice.h"

#include <stdint.h>

enum option_kind {
	OPTION_TEXT,     /* any non-empty text */
	OPTION_NUMBER,   /* digits */
	OPTION_SIZE,     /* bytes, such as 64K or 1M */
	OPTION_DURATION, /* seconds, written as 30s, 12h or 90d */
	OPTION_SWITCH,   /* on or off */
	OPTION_FLAG      /* no value; command line only */
};

struct option_spec {
	const char *name;     /* "max-body", lower case */
	const char *alias;    /* former name, still accepted but not listed; NULL: none */
	const char *argument; /* "SIZE"; NULL for a flag */
	const char *help;     /* complete sentences */
	const char *fallback; /* the default, as a user would write it; NULL: unset */
	enum option_kind kind;
	bool repeatable;
	bool not_in_file; /* not allowed in a file: it names the file */
	/* Of the command line alone: in files and variables the name is that of another
	 * command's option. */
	bool only_as_word;
	bool or_off;  /* numbers: `off` means 0, even if min is larger */
	uint64_t min; /* numbers; sizes in bytes, durations in seconds */
	uint64_t max;
};

struct options;

/* Creates a set with every option unset. The caller owns the table, which must remain
 * valid. */
struct options *options_new(const struct option_spec *specs, size_t count);
/* NULL is a no-op. */
void options_free(struct options *options);

/* Reads `--name value` and `--name=value`; `--` ends the options. Other arguments are
 * returned by options_words (pointers into argv; the array belongs to the options).
 * `err` names the option and the reason. RC_NOT_FOUND: the table has no such option.
 * RC_MALFORMED: any other error. */
MUST_USE enum rc options_take_arguments(struct options *options, int argc, char *const *argv,
					struct error *err);
const char *const *options_words(const struct options *options, size_t *count);

/* Reads the variable POCKETBOOK_NAME of each option, with `_` for `-`; values of a
 * repeatable option are separated by spaces. An empty variable counts as unset.
 * `environment` has the form of environ(7). */
MUST_USE enum rc options_take_environment(struct options *options, char *const *environment,
					  struct error *err);
/* Does an entry of environ(7) name an option of the table? */
bool options_know_variable(const struct options *options, const char *entry);

/* Reads one entry of a configuration file; `place` is "FILE:LINE". RC_NOT_FOUND: no
 * such option is allowed in a file (err is not set). RC_MALFORMED: the value is
 * invalid, or the option was set by an earlier line. */
MUST_USE enum rc options_take_entry(struct options *options, const char *place, struct slice name,
				    struct slice value, struct error *err);

/* Sets the remaining options to the defaults in the table. An invalid default is a bug
 * and fails an assertion. */
void options_take_defaults(struct options *options);

/* Is there an option of this name in the table? */
bool options_have(const struct options *options, const char *name);

/* The values. The name must be in the table. The text of an unset option is NULL; a
 * number must be set; an unset switch is off. The values live as long as the
 * options. */
const char *options_text(const struct options *options, const char *name);
uint64_t options_number(const struct options *options, const char *name);
/* Is the switch on, or was the flag given? */
bool options_is_on(const struct options *options, const char *name);
const char *const *options_list(const struct options *options, const char *name, size_t *count);

/* The origin of a value: "--listen", "POCKETBOOK_LISTEN" or "FILE:3: listen". */
const char *options_place(const struct options *options, const char *name, size_t index);

#endif
