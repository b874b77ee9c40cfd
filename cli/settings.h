/* What the options of `serve` mean to the master. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "base/options.h"
#include "master/master.h"

struct settings {
	struct master_settings master; /* points into the options and into the rest of this */
	struct cidr *trusted;
};

/* Checks all that can be checked without doing anything. RC_MALFORMED: `err` says where
 * it was written and what is wrong. Free with settings_clear in every case, before the
 * options. */
MUST_USE enum rc settings_read(const struct options *options, struct settings *out,
			       struct error *err);
void settings_clear(struct settings *settings);

#endif
