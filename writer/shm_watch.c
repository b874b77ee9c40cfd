/* Checks and repairs the shared memory. Called by loop.c, and by writer.c when a writer
 * finds it spoiled. See also worker/live/hint_reader.c, which ends a worker that has
 * believed what it read there. */
#include "writer/shm_watch.h"

#include "base/clock.h"
#include "base/log.h"
#include "shm/edition.h"
#include "shm/generation.h"
#include "shm/ring.h"
#include "shm/shm.h"
#include "shm/usage.h"

#define CHECK_MS 1000

void shm_watch_repaired(struct shm *shm)
{
	log_error("shared_memory_repaired");
	usage_repair(shm);
	shm_repaired(shm);
}

bool shm_watch_check(struct shm_watch *watch, bool now)
{
	struct shm *shm = watch->shm;

	if (!now && clock_ms() < watch->check_at)
		return false;
	watch->check_at = clock_ms() + CHECK_MS;
	if (ring_is_sound(shm) && generation_is_sound(shm) && edition_is_sound(shm))
		return false;
	ring_repair(shm);
	generation_repair(shm);
	edition_repair(shm);
	shm_watch_repaired(shm);
	return true;
}
