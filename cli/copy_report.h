/* The summary of a copied database. */
#ifndef CLI_COPY_REPORT_H
#define CLI_COPY_REPORT_H

#include "base/options.h"
#include "store/store.h"

#define OPTION_DAMAGED \
	{ \
		.name = "damaged", .kind = OPTION_FLAG, \
		.help = "Go on even if every document is damaged." \
	}

/* Is there no document that is not damaged? Then the copy replaces nothing, unless the
 * option is given. RC_CORRUPT: `err` says what to do with `from`. */
MUST_USE enum rc copy_refuse_lost(const struct store_stats_full *stats,
				  const struct options *options, const char *from,
				  struct error *err);
/* Reports that `to` has all of `from`, the counts, and `end`; as JSON, prints only the
 * counts. Returns EXIT_SUCCESS, or EXIT_DAMAGED with a warning if documents are
 * damaged. */
int copy_report(const struct store_stats_full *stats, bool json, const char *to, const char *from,
		const char *end);

#endif
