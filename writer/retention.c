/* When to purge tombstones, for commit.c, which adds a piece to a batch when one is
 * due. */
#include "writer/retention.h"

#include "base/log.h"

#include <assert.h>

#define FIRST_S 300           /* after the start, which has enough else to do */
#define DAY_S 86400           /* between purges */
#define PAUSE_MS 100          /* between pieces */
#define RETRY_MS 60000        /* after one that failed */
#define JUMP_S INT64_C(86400) /* of the wall clock, from which it is not believed */

static uint64_t after(uint64_t now_ms, uint64_t seconds, uint64_t most)
{
	return now_ms + (seconds < most ? seconds : most) * 1000;
}

void retention_start(struct retention *retention, uint64_t seconds, uint64_t now_ms, int64_t wall)
{
	assert(seconds <= INT64_MAX);
	*retention = (struct retention){ .seconds = seconds, .seen_ms = now_ms, .seen_wall = wall };
	retention->due = after(now_ms, seconds, FIRST_S);
}

static bool has_jumped(struct retention *retention, uint64_t now_ms, int64_t wall)
{
	int64_t expected = retention->seen_wall + (int64_t)((now_ms - retention->seen_ms) / 1000);

	retention->seen_ms = now_ms;
	retention->seen_wall = wall;
	return wall - expected > JUMP_S || expected - wall > JUMP_S;
}

bool retention_take(struct retention *retention, uint64_t now_ms, int64_t wall,
		    struct store_request *out)
{
	if (retention->seconds == 0 || now_ms < retention->due)
		return false;
	if (!retention->purging && has_jumped(retention, now_ms, wall)) {
		log_warn("purge_put_off", LOG_TEXT("reason", "the wall clock has jumped"),
			 LOG_NUMBER("wall", wall));
		retention->due = after(now_ms, retention->seconds, DAY_S);
		return false;
	}
	if (!retention->purging) {
		retention->purging = true;
		retention->purged = 0;
		retention->before = wall - (int64_t)retention->seconds;
	}
	*out = (struct store_request){ .kind = STORE_PURGE,
				       .before = retention->before,
				       .limit = RETENTION_PIECE };
	return true;
}

void retention_done(struct retention *retention, uint64_t now_ms, enum rc rc, uint64_t purged)
{
	assert(retention->purging);
	retention->purged += purged;
	if (rc != RC_OK) {
		retention->due = now_ms + RETRY_MS;
	} else if (purged == RETENTION_PIECE) {
		retention->due = now_ms + PAUSE_MS;
	} else {
		if (retention->purged)
			log_info("purged", LOG_NUMBER("tombstones", retention->purged),
				 LOG_NUMBER("kept_s", retention->seconds));
		retention->purging = false;
		retention->due = after(now_ms, retention->seconds, DAY_S);
	}
}

uint64_t retention_next(const struct retention *retention)
{
	return retention->seconds ? retention->due : UINT64_MAX;
}
