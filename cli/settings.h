/* The settings of a server, from the options of `serve`. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "base/buf.h"
#include "base/options.h"
#include "master/master.h"

struct settings {
	struct master_settings master; /* points into the options and into the rest of this */
	struct cidr *trusted;
	struct min_schema *min_schemas;
	struct auth_verifier *verifier; /* of --jwt-keys; NULL: none */
};

/* Checks everything that can be checked without side effects. RC_MALFORMED: `err` has
 * the place of the value and the reason. Free with settings_clear in any case, before
 * the options. */
MUST_USE enum rc settings_read(const struct options *options, struct settings *out,
			       struct error *err);
void settings_clear(struct settings *settings);

#endif
