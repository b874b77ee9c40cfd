/* Reads the scoreboard of a running server, for stats and top. */
#include "cli/server_stats.h"

#include "base/buf.h"
#include "base/clock.h"
#include "cli/control_client.h"
#include "ipc/control.h"
#include "writer/control.h"

#include <assert.h>
#include <unistd.h>

#define ANSWER_MS 5000

enum rc server_stats_read(const struct db_place *place, struct scoreboard_view *out,
			  struct error *err)
{
	const char *db = place->db;
	static const char question[] = { (char)CONTROL_BOARD };
	struct buf in = BUF_EMPTY;
	struct slice answer;
	int fd;
	enum rc rc = control_connect(place, &fd, err);

	*out = (struct scoreboard_view){ 0 };
	if (rc == RC_NOT_FOUND)
		return error_set(err, rc, "%.200s: no server runs on it", db);
	if (rc != RC_OK)
		return rc;
	rc = control_client_ask(fd, slice_make(question, sizeof(question)), clock_ms() + ANSWER_MS,
				&in, &answer);
	(void)close(fd);
	if (rc == RC_OK)
		rc = scoreboard_view_unpack(answer, out);
	buf_free(&in);
	if (rc == RC_BUSY)
		return error_set(err, rc, "%.200s: the server that runs on it does not answer", db);
	if (rc == RC_UNAVAILABLE)
		return error_set(err, rc, "%.200s: the server that runs on it went away", db);
	if (rc != RC_OK)
		return error_set(err, rc,
				 "%.200s: the server that runs on it is of another version than "
				 "this program",
				 db);
	return RC_OK;
}

void server_stats_store_text(const struct scoreboard_view *view, size_t index,
			     char out[UNITS_DISPLAY_MAX])
{
	uint64_t number = (uint64_t)scoreboard_view_store(view, index);
	struct slice name = slice_of(view->store[index].name), suffix = slice_of("_bytes");

	if (name.len > suffix.len &&
	    slice_is(slice_make(name.data + name.len - suffix.len, suffix.len), suffix.data))
		units_display_bytes(number, out);
	else
		units_display_count(number, out);
}

struct movement movement_between(const struct scoreboard_view *before,
				 const struct scoreboard_view *now, double seconds)
{
	bool same =
		before->cells && before->started == now->started && before->workers == now->workers;

	return (struct movement){ .before = before, .now = now, .seconds = same ? seconds : 0 };
}

double movement_rate_of(const struct movement *movement, unsigned slot, enum metric metric)
{
	assert(slot <= movement->now->workers && metric < METRIC_COUNT);
	if (movement->seconds <= 0)
		return 0;
	return (double)(movement->now->cells[slot].values[metric] -
			movement->before->cells[slot].values[metric]) /
	       movement->seconds;
}

double movement_rate(const struct movement *movement, enum metric metric)
{
	double rate = 0;

	for (unsigned slot = 0; slot <= movement->now->workers; slot++)
		rate += movement_rate_of(movement, slot, metric);
	return rate;
}

double movement_latency(const struct movement *movement, enum scoreboard_route route, double share)
{
	enum histogram_kind histogram =
		(enum histogram_kind)(HISTOGRAM_REQUEST_TIME + (unsigned)route);
	struct histogram before, now;

	assert(route < SCOREBOARD_ROUTES && share >= 0 && share <= 1);
	if (movement->seconds <= 0)
		return 0;
	histogram_read(movement->before, histogram, &before);
	histogram_read(movement->now, histogram, &now);
	return (double)histogram_quantile(&now, &before, share) / 1000;
}
