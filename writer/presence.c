/* Checks that the files of the database are in place. Called by commit.c, before each
 * commit and before its replies, and every second. */
#include "writer/presence.h"

#include "base/clock.h"
#include "base/log.h"
#include "shm/scoreboard.h"
#include "store/store.h"

#define CHECK_MS 1000

enum rc presence_start(struct presence *presence, struct shm *shm, struct store *store, int lock,
		       const struct db_place *place, struct error *err)
{
	*presence = (struct presence){ .shm = shm, .store = store, .lock = place ? lock : -1 };
	scoreboard_set(shm, scoreboard_writer(shm), METRIC_DATABASE_MOVED, 0);
	return presence->lock >= 0 ? lock_path(place, presence->lock_path, err) : RC_OK;
}

static bool is_gone(struct presence *presence, struct error *err)
{
	if (store_present(presence->store, err) != RC_OK)
		return true;
	if (presence->lock < 0 || lock_is_named(presence->lock, presence->lock_path))
		return false;
	(void)error_set(err, RC_MOVED, "%.200s was removed or replaced", presence->lock_path);
	return true;
}

bool presence_check(struct presence *presence)
{
	struct error err = { "" };
	bool gone = is_gone(presence, &err);

	presence->check_at = clock_ms() + CHECK_MS;
	if (gone == presence->is_gone)
		return !gone;
	presence->is_gone = gone;
	scoreboard_set(presence->shm, scoreboard_writer(presence->shm), METRIC_DATABASE_MOVED,
		       gone);
	if (gone)
		log_error("database_moved", LOG_TEXT("reason", err.text));
	else
		log_info("database_back");
	return !gone;
}

void presence_watch(struct presence *presence)
{
	if (clock_ms() >= presence->check_at)
		(void)presence_check(presence);
}
