/* The activity of a running server: its scoreboard, and rates from two readings of it.
 */
#ifndef CLI_SERVER_STATS_H
#define CLI_SERVER_STATS_H

#include "base/error.h"
#include "base/units.h"
#include "ipc/place.h"
#include "shm/scoreboard.h"
#include "shm/histogram.h"

/* Reads the scoreboard of the server that runs on the database. RC_NOT_FOUND: none
 * does; in any case `err` has the reason. Clear with scoreboard_view_clear, also after
 * a failure. */
MUST_USE enum rc server_stats_read(const struct db_place *place, struct scoreboard_view *out,
				   struct error *err);

/* The back end's statistic at `index`, for display. */
void server_stats_store_text(const struct scoreboard_view *view, size_t index,
			     char out[UNITS_DISPLAY_MAX]);

/* Two readings of one server. */
struct movement {
	const struct scoreboard_view *before;
	const struct scoreboard_view *now;
	double seconds; /* between them; 0: rates are unknown */
};

/* `before` may be of another server than `now`, or empty (no cells): then rates are
 * unknown. */
struct movement movement_between(const struct scoreboard_view *before,
				 const struct scoreboard_view *now, double seconds);
/* The rate per second; of one slot, or of all together. */
double movement_rate(const struct movement *movement, enum metric metric);
double movement_rate_of(const struct movement *movement, unsigned slot, enum metric metric);
/* The time in milliseconds within which this share of the requests was answered,
 * rounded up; 0 if there were none. */
double movement_latency(const struct movement *movement, enum scoreboard_route route, double share);

#endif
