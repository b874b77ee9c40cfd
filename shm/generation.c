/* The generation of tokens: written by the writer around commits that change them
 * (writer/commit.c), read by auth/auth.c. */
#include "shm/generation.h"

#include "base/clock.h"
#include "base/fault.h"
#include "shm/map.h"
#include "shm/wake.h"

/* A number that no reader has seen: the clock is ahead of every generation, as no
 * writer commits twice in a microsecond. */
static uint64_t number_fresh(void)
{
	return 2 * clock_us();
}

/* Sequentially consistent: a reader must not see what the commit changes elsewhere in
 * shared memory before it sees the odd number. What this process has stored last is 0
 * if it has just become the writer. */
void generation_tokens_begin(struct shm *shm)
{
	uint64_t *own = &shm->published.token_generation;

	*own = (*own ? *own : number_fresh()) | 1;
	(void)atomic_exchange(&shm->map->token_generation, *own);
}

void generation_tokens_end(struct shm *shm)
{
	uint64_t number = shm->published.token_generation;

	if (number > 1 && FAULT_MUTANT("revoked_later"))
		number -= 2;
	if (number % 2) {
		shm->published.token_generation = number + 1;
		atomic_store(&shm->map->token_generation, number + 1);
		wake_all_armed(shm); /* streams check their tokens */
	}
}

void generation_tokens_lease(struct shm *shm, uint64_t until)
{
	shm->published.token_until = until;
	atomic_store(&shm->map->token_until, until);
}

uint64_t generation_tokens_read(const struct shm *shm)
{
	uint64_t number = atomic_load(&shm->map->token_generation);
	uint64_t until = atomic_load(&shm->map->token_until);

	if (until && clock_ms() >= until)
		return GENERATION_NONE;
	return number % 2 ? GENERATION_NONE : number;
}

/* ---- Repair ---------------------------------------------------------------------- */

bool generation_is_sound(const struct shm *shm)
{
	const struct published *own = &shm->published;

	if (own->token_until && atomic_load(&shm->map->token_until) != own->token_until)
		return false;
	return own->token_generation == 0 ||
	       atomic_load(&shm->map->token_generation) == own->token_generation;
}

void generation_repair(struct shm *shm)
{
	uint64_t *own = &shm->published.token_generation;

	if (shm->published.token_until)
		atomic_store(&shm->map->token_until, shm->published.token_until);
	if (*own == 0)
		return;
	*own = number_fresh() | (*own & 1);
	atomic_store(&shm->map->token_generation, *own);
}
