/* The last line of backup and restore. */
#include "cli/copy_report.h"

#include "base/exit.h"
#include "base/units.h"
#include "cli/progress.h"
#include "cli/say.h"

#include <inttypes.h>
#include <stdio.h>

/* The copy is kept, with a warning that it is incomplete. */
static int say_damaged(const struct store_stats_full *stats, const char *to)
{
	char damaged[UNITS_DISPLAY_MAX];

	if (stats->damaged == 0)
		return EXIT_SUCCESS;
	units_display_counted(stats->damaged, "document", damaged);
	say("WARNING: %s in %s %s damaged (see 'pocketbook help check'); keep an older "
	    "backup until that is mended",
	    damaged, to, stats->damaged == 1 ? "is" : "are");
	return EXIT_DAMAGED;
}

enum rc copy_refuse_lost(const struct store_stats_full *stats, const struct options *options,
			 const char *from, struct error *err)
{
	if (stats->lost == 0 || stats->lost < stats->documents || options_is_on(options, "damaged"))
		return RC_OK;
	return error_set(err, RC_CORRUPT,
			 "every document of %.200s is damaged, %" PRIu64
			 " in all ('pocketbook check --db %.200s' lists them); use an older "
			 "backup, or take them as they are with --damaged",
			 from, stats->lost, from);
}

int copy_report(const struct store_stats_full *stats, bool json, const char *to, const char *from,
		const char *end)
{
	char documents[UNITS_DISPLAY_MAX], tombstones[UNITS_DISPLAY_MAX];

	if (json) {
		printf("{\"documents\":%" PRIu64 ",\"deleted\":%" PRIu64 ",\"groups\":%" PRIu64
		       ",\"damaged\":%" PRIu64 "}\n",
		       stats->documents, stats->tombstones, stats->groups, stats->damaged);
		return say_damaged(stats, to);
	}
	units_display_counted(stats->documents, "document", documents);
	units_display_count(stats->tombstones, tombstones);
	say("%s has all of %s: %s, %s deleted; %s", to, from, documents, tombstones, end);
	return say_damaged(stats, to);
}
