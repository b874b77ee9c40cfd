/* When the writer purges by itself. */
#include "base/log.h"
#include "writer/retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define DAY UINT64_C(86400)
#define WALL INT64_C(1800000000)

/* Both clocks go on alike. */
struct world {
	struct retention retention;
	uint64_t s;
	int64_t jump; /* of the wall clock so far */
};

static struct world begin(uint64_t seconds)
{
	struct world world = { .s = 1000 };

	retention_start(&world.retention, seconds, NULL, world.s * 1000, WALL + 1000);
	return world;
}

static bool take(struct world *world, struct store_request *request)
{
	return retention_take(&world->retention, world->s * 1000,
			      WALL + (int64_t)world->s + world->jump, request);
}

static void done(struct world *world, enum rc rc, uint64_t purged)
{
	const struct store_reply reply = { .purged = purged, .more = purged >= RETENTION_PIECE };

	retention_done(&world->retention, world->s * 1000, rc, &reply);
}

/* Goes on to the moment when the retention is due, and expects nothing before. */
static uint64_t go_on(struct world *world, struct store_request *request)
{
	uint64_t before = world->s;
	uint64_t now = world->s * 1000, next = retention_next(&world->retention);
	uint64_t ms = next > now ? next - now : 0;

	assert_true(next != UINT64_MAX);
	if (ms >= 2000) {
		world->s += ms / 1000 - 1;
		assert_false(take(world, request));
		world->s++;
	} else {
		world->s += (ms + 999) / 1000;
	}
	assert_true(retention_next(&world->retention) <= world->s * 1000);
	return world->s - before;
}

static void off_is_never(void **state)
{
	struct world world = begin(0);
	struct store_request request;

	(void)state;
	assert_true(retention_next(&world.retention) == UINT64_MAX);
	world.s += 1000 * DAY;
	assert_false(take(&world, &request));
}

static void it_purges_daily_and_first_some_time_after_the_start(void **state)
{
	struct world world = begin(30 * DAY);
	struct store_request request;
	uint64_t first;

	(void)state;
	first = go_on(&world, &request);
	assert_true(first >= 60 && first <= 3600);
	for (unsigned day = 0; day < 10; day++) {
		assert_true(take(&world, &request));
		assert_int_equal(request.kind, STORE_PURGE);
		assert_int_equal(request.limit, RETENTION_PIECE);
		assert_true(request.in_turn);
		assert_true(request.before == WALL + (int64_t)world.s - (int64_t)(30 * DAY));
		done(&world, RC_OK, 7);
		assert_false(take(&world, &request));
		assert_int_equal(go_on(&world, &request), DAY);
	}
}

static void it_goes_piece_by_piece_with_pauses(void **state)
{
	struct world world = begin(30 * DAY);
	struct store_request request;
	int64_t before;

	(void)state;
	(void)go_on(&world, &request);
	assert_true(take(&world, &request));
	before = request.before;
	for (unsigned i = 0; i < 20; i++) {
		done(&world, RC_OK, RETENTION_PIECE);
		assert_false(take(&world, &request));
		assert_true(go_on(&world, &request) <= 1);
		assert_true(take(&world, &request));
		assert_true(request.before == before);
	}
	done(&world, RC_OK, 0);
	assert_int_equal(go_on(&world, &request), DAY);
}

static void what_fails_is_tried_again(void **state)
{
	struct world world = begin(30 * DAY);
	struct store_request request;

	(void)state;
	(void)go_on(&world, &request);
	assert_true(take(&world, &request));
	done(&world, RC_FULL, 0);
	assert_int_equal(go_on(&world, &request), 60);
	assert_true(take(&world, &request));
	done(&world, RC_OK, 1);
	assert_int_equal(go_on(&world, &request), DAY);
}

static void a_wall_clock_that_jumps_is_not_believed_at_once(void **state)
{
	static const int64_t jumps[] = { 400 * 86400, -400 * 86400 };
	struct store_request request;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct world world = begin(30 * DAY);

		(void)go_on(&world, &request);
		world.jump = jumps[i];
		assert_false(take(&world, &request));
		/* It comes back, which is a jump too. */
		assert_int_equal(go_on(&world, &request), DAY);
		world.jump = 0;
		assert_false(take(&world, &request));
		assert_int_equal(go_on(&world, &request), DAY);
		assert_true(take(&world, &request));
		done(&world, RC_OK, 0);
		/* It stays: then it was right. */
		(void)go_on(&world, &request);
		world.jump = jumps[i];
		assert_false(take(&world, &request));
		(void)go_on(&world, &request);
		assert_true(take(&world, &request));
	}
}

static void a_short_time_is_looked_after_as_often(void **state)
{
	struct world world = begin(5);
	struct store_request request;

	(void)state;
	assert_int_equal(go_on(&world, &request), 5);
	assert_true(take(&world, &request));
	done(&world, RC_OK, 0);
	assert_int_equal(go_on(&world, &request), 5);
}

static struct world begin_ages(const struct history_rules *ages)
{
	struct world world = begin(0);

	retention_start(&world.retention, 0, ages, world.s * 1000, WALL + 1000);
	return world;
}

static void assert_first_piece(const struct store_request *request, int64_t now)
{
	assert_true(request->before == 0);
	assert_int_equal(request->from.id.len, 0);
	assert_true(history_find(request->ended, slice_of("a")) == (uint64_t)now - 90 * DAY);
	assert_true(history_find(request->ended, slice_of("n:b")) == (uint64_t)now - 30 * DAY);
	assert_true(history_find(request->ended, slice_of("k")) == 0);
}

static void assert_piece_at(const struct store_request *request, int64_t now,
			    const struct store_former *from)
{
	assert_true(history_find(request->ended, slice_of("a")) == (uint64_t)now - 90 * DAY);
	assert_int_equal(request->from.gid, from->gid);
	assert_true(slice_equal(request->from.id, from->id));
	assert_int_equal(request->from.version, from->version);
}

/* Until a piece says that there is no more; one that failed is repeated. */
static void versions_are_looked_at_piece_by_piece(void **state)
{
	static const struct history_rules ages = { .rules = { { .group = "*", .value = 90 * DAY },
							      { .group = "n", .value = 30 * DAY },
							      { .group = "k", .value = 0 } },
						   .count = 3 };
	char id[] = "n:1";
	struct store_reply reply = { .more = true,
				     .next = { .gid = 7, .id = slice_of(id), .version = 9 } };
	struct world world = begin_ages(&ages);
	struct store_request request;
	int64_t now;

	(void)state;
	(void)go_on(&world, &request);
	assert_true(take(&world, &request));
	now = WALL + (int64_t)world.s;
	assert_first_piece(&request, now);
	retention_done(&world.retention, world.s * 1000, RC_OK, &reply);
	id[0] = 'x'; /* it is not the store's any more */
	for (unsigned i = 0; i < 2; i++) {
		(void)go_on(&world, &request);
		assert_true(take(&world, &request));
		assert_piece_at(&request, now, &(struct store_former){ 7, slice_of("n:1"), 9 });
		if (i == 0)
			done(&world, RC_UNAVAILABLE, 0);
	}
	/* Only tombstones are left. */
	reply.next = (struct store_former){ .gid = 0 };
	retention_done(&world.retention, world.s * 1000, RC_OK, &reply);
	(void)go_on(&world, &request);
	assert_true(take(&world, &request));
	assert_null(request.ended);
	done(&world, RC_OK, 0);
	assert_int_equal(go_on(&world, &request), DAY);
	assert_true(take(&world, &request));
	assert_non_null(request.ended);
	assert_int_equal(request.from.id.len, 0);
}

static void the_shortest_age_is_looked_after_as_often(void **state)
{
	static const struct history_rules ages = { .rules = { { .group = "*", .value = 7 },
							      { .group = "n", .value = 5 },
							      { .group = "k", .value = 0 } },
						   .count = 3 };
	static const struct history_rules off = { .rules = { { .group = "*", .value = 0 } },
						  .count = 1 };
	struct world world = begin_ages(&ages);
	struct store_request request;

	(void)state;
	assert_int_equal(go_on(&world, &request), 5);
	world = begin_ages(&off);
	assert_true(retention_next(&world.retention) == UINT64_MAX);
}

static int quiet(void **state)
{
	(void)state;
	log_limit(LOG_ERROR);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(off_is_never),
		cmocka_unit_test(it_purges_daily_and_first_some_time_after_the_start),
		cmocka_unit_test(it_goes_piece_by_piece_with_pauses),
		cmocka_unit_test(what_fails_is_tried_again),
		cmocka_unit_test(a_wall_clock_that_jumps_is_not_believed_at_once),
		cmocka_unit_test(a_short_time_is_looked_after_as_often),
		cmocka_unit_test(versions_are_looked_at_piece_by_piece),
		cmocka_unit_test(the_shortest_age_is_looked_after_as_often),
	};

	return cmocka_run_group_tests(tests, quiet, NULL);
}
