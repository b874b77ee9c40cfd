/* The generation: written by the writer around each commit (writer/commit.c), read by
 * worker/page_cache.c, and of tokens by auth/auth.c. */
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
 * shared memory before it sees the odd number. `own` is what this process has stored
 * last, 0 if it has just become the writer. */
static void word_begin(atomic_uint_least64_t *word, uint64_t *own)
{
	*own = (*own ? *own : number_fresh()) | 1;
	(void)atomic_exchange(word, *own);
}

static uint64_t word_read(const atomic_uint_least64_t *word)
{
	uint64_t number = atomic_load(word);

	return number % 2 ? GENERATION_NONE : number;
}

void generation_write_begin(struct shm *shm)
{
	word_begin(&shm->map->generation, &shm->published.generation);
}

void generation_write_end(struct shm *shm)
{
	uint64_t number = shm->published.generation;

	if (number > 1 && FAULT_MUTANT("generation_kept"))
		number -= 2;
	shm->published.generation = (number | 1) + 1;
	atomic_store(&shm->map->generation, shm->published.generation);
}

uint64_t generation_read(const struct shm *shm)
{
	return word_read(&shm->map->generation);
}

void generation_tokens_begin(struct shm *shm)
{
	word_begin(&shm->map->token_generation, &shm->published.token_generation);
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

uint64_t generation_tokens_read(const struct shm *shm)
{
	return word_read(&shm->map->token_generation);
}

/* ---- Repair ---- */

static bool word_is_sound(const atomic_uint_least64_t *word, uint64_t own)
{
	return own == 0 || atomic_load(word) == own;
}

static void word_repair(atomic_uint_least64_t *word, uint64_t *own)
{
	if (*own == 0)
		return;
	*own = number_fresh() | (*own & 1);
	atomic_store(word, *own);
}

bool generation_is_sound(const struct shm *shm)
{
	return word_is_sound(&shm->map->generation, shm->published.generation) &&
	       word_is_sound(&shm->map->token_generation, shm->published.token_generation);
}

void generation_repair(struct shm *shm)
{
	word_repair(&shm->map->generation, &shm->published.generation);
	word_repair(&shm->map->token_generation, &shm->published.token_generation);
}
