/* Quotas on the command line. */
#ifndef CLI_TOKEN_SET_H
#define CLI_TOKEN_SET_H

#include "base/options.h"
#include "store/store.h"

/* The option of token add and token set. */
#define OPTION_QUOTA \
	{ \
		.name = "quota", .argument = "NAME=N[,...]", \
		.not_in_file = true, /* there, it is that of serve */ \
			.help = "What its user may have: bytes, documents and groups that are " \
				"stored with " \
				"all tokens of the user, streams that are open, and pushes in a " \
				"minute, " \
				"such as bytes=1G,pushes=600. `off` in place of a number: no " \
				"limit; " \
				"`default`: that of serve --quota, as of those that are not " \
				"named.", \
	}

/* Reads it into the limits that it names; the others stay. Returns an exit status, with
 * the error reported. */
int token_quota_read(const struct options *options, struct store_quota *out);

#endif
