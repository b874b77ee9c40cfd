/* What a running server does: its score board, and how that moves. */
#ifndef CLI_SERVER_STATS_H
#define CLI_SERVER_STATS_H

#include "base/error.h"
#include "base/units.h"
#include "ipc/place.h"
#include "shm/scoreboard.h"
#include "shm/histogram.h"

/* Asks the server that runs on the database. RC_NOT_FOUND: none does; else `err` says
 * what is wrong. Clear with scoreboard_view_clear, also after a failure. */
MUST_USE enum rc server_stats_read(const struct db_place *place, struct scoreboard_view *out,
				   struct error *err);

/* The back end's statistic at `index`, for display. */
void server_stats_store_text(const struct scoreboard_view *view, size_t index,
			     char out[UNITS_DISPLAY_MAX]);

/* Two readings of one server. */
struct movement {
	const struct scoreboard_view *before;
	const struct scoreboard_view *now;
	double seconds; /* between them; 0: nothing is known of rates */
};

/* `before` may be of another server than `now`, or of none (no cells): then nothing is
 * known of rates. */
struct movement movement_between(const struct scoreboard_view *before,
				 const struct scoreboard_view *now, double seconds);
/* How often in a second; of one slot, or of all together. */
double movement_rate(const struct movement *movement, enum metric value);
double movement_rate_of(const struct movement *movement, unsigned slot, enum metric value);
/* About the time, in milliseconds, that this share of requests stayed below meanwhile;
 * 0 where there were none. */
double movement_latency(const struct movement *movement, enum scoreboard_route route, double share);

#endif
