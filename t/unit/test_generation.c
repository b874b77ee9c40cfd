/* Editions of the database: none while it may be changing, another one after each
 * change. */
#include "shm/generation.h"
#include "shm/shm.h"

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
	assert_int_equal(generation_read(shm), GENERATION_NONE);
	generation_write_begin(shm);
	assert_int_equal(generation_read(shm), GENERATION_NONE);
	generation_write_end(shm);
	assert_int_not_equal(generation_read(shm), GENERATION_NONE);
	shm_free(shm);
}

static void a_change_makes_another_one(void **state)
{
	struct shm *shm = make();
	uint64_t before;

	(void)state;
	generation_write_begin(shm);
	generation_write_end(shm);
	before = generation_read(shm);
	assert_int_equal(generation_read(shm), before);
	generation_write_begin(shm);
	assert_int_equal(generation_read(shm), GENERATION_NONE);
	generation_write_end(shm);
	assert_true(generation_read(shm) > before);
	shm_free(shm);
}

/* The one before was killed in between, and its successor begins anew. */
static void beginning_twice_is_one_change(void **state)
{
	struct shm *shm = make();
	uint64_t before;

	(void)state;
	generation_write_begin(shm);
	generation_write_end(shm);
	before = generation_read(shm);
	generation_write_begin(shm);
	generation_write_begin(shm);
	assert_int_equal(generation_read(shm), GENERATION_NONE);
	generation_write_end(shm);
	assert_true(generation_read(shm) > before);
	shm_free(shm);
}

static void tokens_have_a_generation_of_their_own(void **state)
{
	struct shm *shm = make();
	uint64_t before;

	(void)state;
	assert_int_equal(generation_tokens_read(shm), GENERATION_NONE);
	generation_tokens_begin(shm);
	assert_int_equal(generation_tokens_read(shm), GENERATION_NONE);
	generation_tokens_end(shm);
	before = generation_tokens_read(shm);
	assert_int_not_equal(before, GENERATION_NONE);
	generation_write_begin(shm);
	generation_write_end(shm);
	generation_tokens_end(shm); /* nothing was begun */
	assert_int_equal(generation_tokens_read(shm), before);
	generation_tokens_begin(shm);
	generation_tokens_end(shm);
	assert_true(generation_tokens_read(shm) > before);
	shm_free(shm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_none_before_a_writer_has_looked),
		cmocka_unit_test(tokens_have_a_generation_of_their_own),
		cmocka_unit_test(a_change_makes_another_one),
		cmocka_unit_test(beginning_twice_is_one_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
