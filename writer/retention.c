#include "writer/retention.h"

#include "base/log.h"

#include <limits.h>

#define FIRST_S 300           /* after the start, where there is enough else to do */
#define DAY_S 86400           /* between purges */
#define PAUSE_MS 100          /* between pieces */
#define RETRY_MS 60000        /* after one that failed */
#define JUMP_S INT64_C(86400) /* of the wall clock */

static uint64_t after(uint64_t now_ms, uint64_t seconds, uint64_t most)
{
	return now_ms + (seconds < most ? seconds : most) * 1000;
}

void keep_start(struct keep *keep, uint64_t seconds, uint64_t now_ms, int64_t wall)
{
	*keep = (struct keep){ .seconds = seconds, .seen_ms = now_ms, .seen_wall = wall };
	keep->due = after(now_ms, seconds, FIRST_S);
}

static bool has_jumped(struct keep *keep, uint64_t now_ms, int64_t wall)
{
	int64_t expected = keep->seen_wall + (int64_t)((now_ms - keep->seen_ms) / 1000);

	keep->seen_ms = now_ms;
	keep->seen_wall = wall;
	return wall - expected > JUMP_S || expected - wall > JUMP_S;
}

bool keep_take(struct keep *keep, uint64_t now_ms, int64_t wall, struct store_request *out)
{
	if (keep->seconds == 0 || now_ms < keep->due)
		return false;
	if (!keep->purging && has_jumped(keep, now_ms, wall)) {
		log_warn("purge_put_off", LOG_TEXT("reason", "the wall clock has jumped"), LOG_NUMBER("wall", wall));
		keep->due = after(now_ms, keep->seconds, DAY_S);
		return false;
	}
	if (!keep->purging) {
		keep->purging = true;
		keep->purged = 0;
		keep->before = wall - (int64_t)keep->seconds;
	}
	*out = (struct store_request){ .kind = STORE_PURGE, .before = keep->before, .limit = KEEP_PIECE };
	return true;
}

void keep_done(struct keep *keep, uint64_t now_ms, enum rc rc, uint64_t purged)
{
	keep->purged += purged;
	if (rc != RC_OK) {
		keep->due = now_ms + RETRY_MS;
	} else if (purged == KEEP_PIECE) {
		keep->due = now_ms + PAUSE_MS;
	} else {
		if (keep->purged)
			log_info("purged", LOG_NUMBER("tombstones", keep->purged), LOG_NUMBER("kept_s", keep->seconds));
		keep->purging = false;
		keep->due = after(now_ms, keep->seconds, DAY_S);
	}
}

int keep_timeout(const struct keep *keep, uint64_t now_ms)
{
	if (keep->seconds == 0)
		return -1;
	if (now_ms >= keep->due)
		return 0;
	return keep->due - now_ms < INT_MAX ? (int)(keep->due - now_ms) : INT_MAX;
}
