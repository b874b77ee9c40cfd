/* The generation of tokens: none while they may be changing, another one after each
 * change. And the edition that the buckets account for. */
#include "base/clock.h"
#include "shm/edition.h"
#include "shm/generation.h"
#include "shm/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

static struct shm *make(void)
{
	struct shm *shm = NULL;

	assert_int_equal(shm_new(1, &shm), RC_OK);
	return shm;
}

static void there_is_none_before_a_writer_has_looked(void **state)
{
	struct shm *shm = make();

	(void)state;
	assert_int_equal(generation_tokens_read(shm), GENERATION_NONE);
	generation_tokens_begin(shm);
	assert_int_equal(generation_tokens_read(shm), GENERATION_NONE);
	generation_tokens_end(shm);
	assert_int_not_equal(generation_tokens_read(shm), GENERATION_NONE);
	shm_free(shm);
}

static void a_change_makes_another_one(void **state)
{
	struct shm *shm = make();
	uint64_t before;

	(void)state;
	generation_tokens_begin(shm);
	generation_tokens_end(shm);
	before = generation_tokens_read(shm);
	generation_tokens_end(shm); /* nothing was begun */
	assert_int_equal(generation_tokens_read(shm), before);
	generation_tokens_begin(shm);
	assert_int_equal(generation_tokens_read(shm), GENERATION_NONE);
	generation_tokens_end(shm);
	assert_true(generation_tokens_read(shm) > before);
	shm_free(shm);
}

/* The one before was killed in between, and its successor begins anew. */
static void beginning_twice_is_one_change(void **state)
{
	struct shm *shm = make();
	uint64_t before;

	(void)state;
	generation_tokens_begin(shm);
	generation_tokens_end(shm);
	before = generation_tokens_read(shm);
	generation_tokens_begin(shm);
	generation_tokens_begin(shm);
	assert_int_equal(generation_tokens_read(shm), GENERATION_NONE);
	generation_tokens_end(shm);
	assert_true(generation_tokens_read(shm) > before);
	shm_free(shm);
}

/* As far as the clock of this machine goes. */
static void it_ends_by_itself(void **state)
{
	struct shm *shm = make();

	(void)state;
	generation_tokens_begin(shm);
	generation_tokens_end(shm);
	generation_tokens_lease(shm, clock_ms() + 3600000);
	assert_int_not_equal(generation_tokens_read(shm), GENERATION_NONE);
	generation_tokens_lease(shm, clock_ms());
	assert_int_equal(generation_tokens_read(shm), GENERATION_NONE);
	generation_tokens_lease(shm, clock_ms() + 3600000);
	assert_int_not_equal(generation_tokens_read(shm), GENERATION_NONE);
	atomic_store(&shm->map->token_until, UINT64_MAX);
	assert_false(generation_is_sound(shm));
	generation_repair(shm);
	assert_true(generation_is_sound(shm));
	shm_free(shm);
}

static void one_edition_is_accounted_for(void **state)
{
	struct shm *shm = make();
	uint64_t spoils = edition_spoils(shm);

	(void)state;
	assert_false(edition_is_accounted(shm, EDITION_NONE));
	assert_false(edition_is_accounted(shm, 5));
	edition_account(shm, 5);
	assert_true(edition_is_accounted(shm, 5));
	assert_false(edition_is_accounted(shm, 6));
	edition_account(shm, EDITION_NONE);
	assert_false(edition_is_accounted(shm, EDITION_NONE));
	assert_int_equal(edition_spoils(shm), spoils);
	edition_spoil(shm);
	assert_int_not_equal(edition_spoils(shm), spoils);
	shm_free(shm);
}

/* Another process has written to the memory that all share. */
static void a_spoiled_edition_is_repaired(void **state)
{
	struct shm *shm = make();
	uint64_t spoils;

	(void)state;
	assert_true(edition_is_sound(shm));
	edition_spoil(shm);
	edition_account(shm, 5);
	assert_true(edition_is_sound(shm));
	spoils = edition_spoils(shm);
	atomic_store(&shm->map->edition, 6);
	assert_false(edition_is_sound(shm));
	edition_repair(shm);
	assert_true(edition_is_sound(shm));
	assert_true(edition_is_accounted(shm, 5));
	assert_int_not_equal(edition_spoils(shm), spoils);
	atomic_store(&shm->map->spoils, spoils);
	assert_false(edition_is_sound(shm));
	shm_free(shm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_none_before_a_writer_has_looked),
		cmocka_unit_test(a_change_makes_another_one),
		cmocka_unit_test(beginning_twice_is_one_change),
		cmocka_unit_test(it_ends_by_itself),
		cmocka_unit_test(one_edition_is_accounted_for),
		cmocka_unit_test(a_spoiled_edition_is_repaired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
