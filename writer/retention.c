/* When to purge tombstones, for commit.c, which adds a piece to a batch when one is
 * due. */
#include "writer/retention.h"

#include "base/log.h"

#include <assert.h>
#include <string.h>

#define FIRST_S 300           /* after the start, which has enough else to do */
#define DAY_S 86400           /* between purges */
#define PAUSE_MS 100          /* between pieces */
#define RETRY_MS 60000        /* after one that failed */
#define JUMP_S INT64_C(86400) /* of the wall clock, from which it is not believed */

static bool is_off(const struct retention *retention)
{
	return retention->seconds == 0 && retention->versions == 0;
}

/* The shorter of the two times, at most `most` seconds. */
static uint64_t after(const struct retention *retention, uint64_t now_ms, uint64_t most)
{
	if (retention->seconds && retention->seconds < most)
		most = retention->seconds;
	if (retention->versions && retention->versions < most)
		most = retention->versions;
	return now_ms + most * 1000;
}

void retention_start(struct retention *retention, uint64_t seconds,
		     const struct history_rules *ages, uint64_t now_ms, int64_t wall)
{
	assert(seconds <= INT64_MAX);
	*retention = (struct retention){ .seconds = seconds,
					 .ages = ages,
					 .versions = ages ? history_shortest(ages) : 0,
					 .seen_ms = now_ms,
					 .seen_wall = wall };
	retention->due = after(retention, now_ms, FIRST_S);
}

static int64_t time_before(int64_t wall, uint64_t seconds)
{
	return seconds ? wall - (int64_t)seconds : 0;
}

static bool has_jumped(struct retention *retention, uint64_t now_ms, int64_t wall)
{
	int64_t expected = retention->seen_wall + (int64_t)((now_ms - retention->seen_ms) / 1000);

	retention->seen_ms = now_ms;
	retention->seen_wall = wall;
	return wall - expected > JUMP_S || expected - wall > JUMP_S;
}

static void begin(struct retention *retention, int64_t wall)
{
	retention->purging = true;
	retention->purged = retention->pruned = 0;
	retention->before = time_before(wall, retention->seconds);
	retention->prunes = retention->versions > 0;
	retention->from = (struct store_former){ .gid = 0 };
	if (retention->prunes)
		history_times(retention->ages, wall, &retention->ended);
}

bool retention_take(struct retention *retention, uint64_t now_ms, int64_t wall,
		    struct store_request *out)
{
	if (is_off(retention) || now_ms < retention->due)
		return false;
	if (!retention->purging && has_jumped(retention, now_ms, wall)) {
		log_warn("purge_put_off", LOG_TEXT("reason", "the wall clock has jumped"),
			 LOG_NUMBER("wall", wall));
		retention->due = after(retention, now_ms, DAY_S);
		return false;
	}
	if (!retention->purging)
		begin(retention, wall);
	*out = (struct store_request){ .kind = STORE_PURGE,
				       .before = retention->before,
				       .ended = retention->prunes ? &retention->ended : NULL,
				       .from = retention->from,
				       .limit = RETENTION_PIECE,
				       .in_turn = true };
	return true;
}

static void report(const struct retention *retention)
{
	if (retention->purged)
		log_info("purged", LOG_NUMBER("tombstones", retention->purged),
			 LOG_NUMBER("kept_s", retention->seconds));
	if (retention->pruned)
		log_info("history_pruned", LOG_NUMBER("versions", retention->pruned),
			 LOG_NUMBER("kept_s", retention->versions));
}

/* The next piece goes on from there. */
static void go_on(struct retention *retention, const struct store_former *next)
{
	assert(next->id.len <= sizeof(retention->id));
	retention->from = *next;
	retention->prunes = retention->prunes && next->id.len > 0;
	if (next->id.len)
		memcpy(retention->id, next->id.data, next->id.len);
	retention->from.id.data = retention->id;
}

void retention_done(struct retention *retention, uint64_t now_ms, enum rc rc,
		    const struct store_reply *reply)
{
	assert(retention->purging);
	if (reply) {
		retention->purged += reply->purged;
		retention->pruned += reply->pruned;
	}
	if (rc != RC_OK) {
		retention->due = now_ms + RETRY_MS;
	} else if (reply && reply->more) {
		go_on(retention, &reply->next);
		retention->due = now_ms + PAUSE_MS;
	} else {
		report(retention);
		retention->purging = false;
		retention->due = after(retention, now_ms, DAY_S);
	}
}

uint64_t retention_next(const struct retention *retention)
{
	return is_off(retention) ? UINT64_MAX : retention->due;
}
