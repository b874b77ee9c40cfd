/* The summary of a copied database. */
#ifndef CLI_COPY_REPORT_H
#define CLI_COPY_REPORT_H

#include "store/store.h"

/* Reports that `to` has all of `from`, the counts, and `end`; as JSON, prints only the
 * counts. Returns EXIT_SUCCESS, or EXIT_DAMAGED with a warning if documents are
 * damaged. */
int copy_report(const struct store_stats_full *stats, bool json, const char *to, const char *from,
		const char *end);

#endif
