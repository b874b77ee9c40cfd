/* The edition that is accounted for: written by the writer after each commit
 * (writer/commit.c), read by worker/page_cache.c. */
#include "shm/edition.h"

#include "base/clock.h"
#include "shm/map.h"

/* No writer before this one can have counted so far. */
void edition_spoil(struct shm *shm)
{
	uint64_t *own = &shm->published.spoils;

	*own = *own ? *own + 1 : clock_us();
	atomic_store(&shm->map->spoils, *own);
}

void edition_account(struct shm *shm, uint64_t edition)
{
	shm->published.edition = edition;
	atomic_store(&shm->map->edition, edition);
}

bool edition_is_sound(const struct shm *shm)
{
	const struct published *own = &shm->published;

	return own->spoils == 0 || (atomic_load(&shm->map->spoils) == own->spoils &&
				    atomic_load(&shm->map->edition) == own->edition);
}

void edition_repair(struct shm *shm)
{
	if (shm->published.spoils == 0)
		return;
	edition_spoil(shm);
	atomic_store(&shm->map->edition, shm->published.edition);
}

uint64_t edition_spoils(const struct shm *shm)
{
	return atomic_load(&shm->map->spoils);
}

bool edition_is_accounted(const struct shm *shm, uint64_t edition)
{
	return edition != EDITION_NONE && atomic_load(&shm->map->edition) == edition;
}
