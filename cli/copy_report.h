/* What a copy of a whole database has. */
#ifndef CLI_COPY_REPORT_H
#define CLI_COPY_REPORT_H

#include "store/store.h"

/* Says that `to` has all of `from`, how much that is, and `end`; as JSON it prints the
 * numbers alone. Answers EXIT_SUCCESS. */
int copy_report(const struct store_stats_full *stats, bool json, const char *to, const char *from,
		const char *end);

#endif
