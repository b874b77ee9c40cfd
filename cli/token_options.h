/* Options that several commands of tokens and invitations share. Each function returns
 * an exit status, with the error reported. */
#ifndef CLI_TOKEN_OPTIONS_H
#define CLI_TOKEN_OPTIONS_H

#include "base/options.h"
#include "store/store.h"

#define TOKEN_DAY UINT64_C(86400)
#define TOKEN_EXPIRES_MAX (36500 * TOKEN_DAY)

#define OPTION_QUOTA \
	{ \
		.name = "quota", .argument = "NAME=N[,...]", \
		.only_as_word = true, /* elsewhere, it is that of serve */ \
			.help = "What its user may have: bytes, documents and groups that are " \
				"stored with " \
				"all tokens of the user, streams that are open, and pushes in a " \
				"minute, " \
				"such as bytes=1G,pushes=600. `off` in place of a number: no " \
				"limit; " \
				"`default`: that of serve --quota, as of those that are not " \
				"named.", \
	}
/* Reads it into the limits that it names; the others stay. */
int token_quota_read(const struct options *options, struct store_quota *out);

#define OPTION_GROUP(text) \
	{ \
		.name = "group", .argument = "G[:ro|:rw]", .repeatable = true, .help = (text), \
	}
/* Appends the groups of the option --group to `grants`, which has room for
 * STORE_GRANTS_MAX. */
int token_grants_read(const struct options *options, struct store_grant *grants, size_t *count);

#define OPTION_EXPIRES(without, text) \
	{ \
		.name = "expires", .argument = "TIME", .kind = OPTION_DURATION, .min = 1, \
		.max = TOKEN_EXPIRES_MAX, .fallback = (without), .help = (text) \
	}
#define OPTION_EXPIRES_OR_OFF(text) \
	{ \
		.name = "expires", .argument = "TIME|off", .kind = OPTION_DURATION, .min = 1, \
		.max = TOKEN_EXPIRES_MAX, .or_off = true, .help = (text) \
	}
/* The time that it gives, counted from `now`: 0 for off, and `without` if there is no
 * such option. */
int64_t token_expires_read(const struct options *options, int64_t now, int64_t without);

#define OPTION_NOTE(text) \
	{ \
		.name = "note", .argument = "TEXT", .help = (text) \
	}
/* Empty if it is not given. */
int token_note_read(const struct options *options, struct slice *out);

#endif
