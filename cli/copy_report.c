/* The last line of backup and restore. */
#include "cli/copy_report.h"

#include "base/exit.h"
#include "base/units.h"
#include "cli/progress.h"
#include "cli/say.h"

#include <inttypes.h>
#include <stdio.h>

int copy_report(const struct store_stats_full *stats, bool json, const char *to, const char *from,
		const char *end)
{
	char documents[UNITS_DISPLAY_MAX], tombstones[UNITS_DISPLAY_MAX];

	if (json) {
		printf("{\"documents\":%" PRIu64 ",\"deleted\":%" PRIu64 ",\"groups\":%" PRIu64
		       "}\n",
		       stats->documents, stats->tombstones, stats->groups);
		return EXIT_SUCCESS;
	}
	units_display_count(stats->documents, documents);
	units_display_count(stats->tombstones, tombstones);
	say("%s has all of %s: %s documents, %s deleted; %s", to, from, documents, tombstones, end);
	return EXIT_SUCCESS;
}
