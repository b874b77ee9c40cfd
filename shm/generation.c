/* The generation: written by the writer around each commit (writer/commit.c), read by
 * worker/page_cache.c, and of tokens by auth/auth.c. */
#include "shm/generation.h"

#include "base/fault.h"
#include "shm/map.h"
#include "shm/wake.h"

/* Sequentially consistent: a reader must not see what the commit changes elsewhere in
 * shared memory before it sees the odd number. */
static void word_begin(atomic_uint_least64_t *word)
{
	uint64_t number = atomic_load_explicit(word, memory_order_relaxed);

	(void)atomic_exchange(word, number | 1);
}

static uint64_t word_read(const atomic_uint_least64_t *word)
{
	uint64_t number = atomic_load(word);

	return number % 2 ? GENERATION_NONE : number;
}

void generation_write_begin(struct shm *shm)
{
	word_begin(&shm->map->generation);
}

void generation_write_end(struct shm *shm)
{
	uint64_t number = atomic_load_explicit(&shm->map->generation, memory_order_relaxed);

	if (number > 1 && FAULT_MUTANT("generation_kept"))
		number -= 2;
	atomic_store(&shm->map->generation, (number | 1) + 1);
}

uint64_t generation_read(const struct shm *shm)
{
	return word_read(&shm->map->generation);
}

void generation_tokens_begin(struct shm *shm)
{
	word_begin(&shm->map->token_generation);
}

void generation_tokens_end(struct shm *shm)
{
	uint64_t number = atomic_load_explicit(&shm->map->token_generation, memory_order_relaxed);

	if (number > 1 && FAULT_MUTANT("revoked_later"))
		number -= 2;
	if (number % 2) {
		atomic_store(&shm->map->token_generation, number + 1);
		wake_all_armed(shm); /* streams check their tokens */
	}
}

uint64_t generation_tokens_read(const struct shm *shm)
{
	return word_read(&shm->map->token_generation);
}
