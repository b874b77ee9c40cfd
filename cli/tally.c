#include "cli/tally.h"

#include "base/exit.h"
#include "cli/progress.h"
#include "cli/say.h"

#include <inttypes.h>
#include <stdio.h>

int tally_show(const struct store_tally *tally, bool json, const char *to, const char *from,
	       const char *end)
{
	char documents[PROGRESS_NUMBER_MAX], tombstones[PROGRESS_NUMBER_MAX];

	if (json) {
		printf("{\"documents\":%" PRIu64 ",\"deleted\":%" PRIu64 ",\"groups\":%" PRIu64
		       "}\n",
		       tally->documents, tally->tombstones, tally->groups);
		return EXIT_SUCCESS;
	}
	progress_number(tally->documents, documents);
	progress_number(tally->tombstones, tombstones);
	say("%s has all of %s: %s documents, %s deleted; %s", to, from, documents, tombstones, end);
	return EXIT_SUCCESS;
}
