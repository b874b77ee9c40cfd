/* Tables of the score board, and the board as a whole on its way to another process. */
#include "shm/histogram.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

static struct shm *make(unsigned slots)
{
	struct shm *shm = NULL;

	assert_int_equal(shm_new(slots, &shm), RC_OK);
	return shm;
}

static int64_t answers(const struct shm *shm, enum board_route route, int status)
{
	struct board_view view;
	int64_t count = 0;

	board_view_take(shm, &view);
	for (unsigned row = 0; row <= BOARD_STATUSES; row++)
		if (meter_status(row) == status)
			count += meter_answers(&view, route, row);
	board_view_clear(&view);
	return count;
}

static void answers_are_counted_by_route_and_status(void **state)
{
	struct shm *shm = make(2);

	(void)state;
	meter_answer(shm, 0, BOARD_PULL, 200, 10);
	meter_answer(shm, 1, BOARD_PULL, 200, 10);
	meter_answer(shm, 1, BOARD_PULL, 404, 10);
	meter_answer(shm, 1, BOARD_OTHER, 507, 10);
	meter_answer(shm, 1, BOARD_OTHER, 599, 10);
	meter_answer(shm, 1, BOARD_OTHER, -1, 10);
	assert_int_equal(answers(shm, BOARD_PULL, 200), 2);
	assert_int_equal(answers(shm, BOARD_PULL, 404), 1);
	assert_int_equal(answers(shm, BOARD_OTHER, 507), 1);
	assert_int_equal(answers(shm, BOARD_OTHER, 0), 2);
	assert_int_equal(answers(shm, BOARD_PUSH, 200), 0);
	shm_free(shm);
}

static void statuses_rise(void **state)
{
	(void)state;
	for (unsigned row = 1; row < BOARD_STATUSES; row++)
		assert_true(meter_status(row - 1) < meter_status(row));
	assert_int_equal(meter_status(BOARD_STATUSES), 0);
}

static struct meter read_meter(const struct shm *shm, enum board_histogram histogram)
{
	struct board_view view;
	struct meter meter;

	board_view_take(shm, &view);
	meter_read(&view, histogram, &meter);
	board_view_clear(&view);
	return meter;
}

/* Each table has its own place: what is written into all of them comes back from each. */
static void histograms_do_not_overlap(void **state)
{
	struct shm *shm = make(1);

	(void)state;
	for (unsigned histogram = 0; histogram < BOARD_HISTOGRAMS; histogram++)
		for (unsigned i = 0; i <= histogram; i++)
			meter_observe(shm, i % 2, (enum board_histogram)histogram, UINT64_C(1) << 40);
	for (unsigned histogram = 0; histogram < BOARD_HISTOGRAMS; histogram++) {
		struct meter meter = read_meter(shm, (enum board_histogram)histogram);

		assert_int_equal(meter.upto[0], 0);
		assert_int_equal(meter.upto[meter.count - 1], 0);
		assert_int_equal(meter.upto[meter.count], histogram + 1);
		assert_int_equal(meter.sum, (histogram + 1) * (UINT64_C(1) << 40));
	}
	for (unsigned value = 0; value < BOARD_ANSWERS; value++)
		assert_int_equal(board_get(shm, 0, (enum board_value)value), 0);
	shm_free(shm);
}

static void a_bound_belongs_to_its_bucket(void **state)
{
	struct shm *shm = make(1);
	struct meter meter;

	(void)state;
	meter_observe(shm, 0, BOARD_BATCH, 1);
	meter_observe(shm, 0, BOARD_BATCH, 2);
	meter_observe(shm, 0, BOARD_BATCH, 3);
	meter_observe(shm, 0, BOARD_BATCH, 1025);
	meter = read_meter(shm, BOARD_BATCH);
	assert_int_equal(meter.bounds[0], 1);
	assert_int_equal(meter.upto[0], 1);
	assert_int_equal(meter.upto[1], 2);
	assert_int_equal(meter.upto[2], 3);
	assert_int_equal(meter.upto[meter.count - 1], 3);
	assert_int_equal(meter.upto[meter.count], 4);
	assert_int_equal(meter.sum, 1031);
	shm_free(shm);
}

static void quantiles_are_of_what_came_between(void **state)
{
	struct shm *shm = make(1);
	struct meter before, now;

	(void)state;
	now = read_meter(shm, BOARD_LATENCY);
	assert_int_equal(meter_quantile(&now, NULL, 0.5), 0);
	for (unsigned i = 0; i < 100; i++)
		meter_observe(shm, 0, BOARD_LATENCY, 90);
	before = read_meter(shm, BOARD_LATENCY);
	assert_int_equal(meter_quantile(&before, NULL, 0.99), 100);
	for (unsigned i = 0; i < 100; i++)
		meter_observe(shm, 0, BOARD_LATENCY, i < 90 ? 900 : 2000);
	now = read_meter(shm, BOARD_LATENCY);
	assert_int_equal(meter_quantile(&now, &before, 0.5), 1000);
	assert_int_equal(meter_quantile(&now, &before, 0.99), 2500);
	assert_int_equal(meter_quantile(&now, NULL, 0.5), 100);
	assert_int_equal(meter_quantile(&now, &now, 0.5), 0);
	shm_free(shm);
}

static void a_view_arrives_whole(void **state)
{
	struct shm *shm = make(3);
	struct buf bytes = BUF_EMPTY;
	struct board_view sent, came;

	(void)state;
	board_born(shm, 1);
	board_set_state(shm, 1, BOARD_SERVING);
	for (unsigned slot = 0; slot <= 3; slot++)
		for (unsigned value = 0; value < BOARD_VALUES; value++)
			board_set(shm, slot, (enum board_value)value, (int64_t)(slot * 1000 + value));
	board_view_take(shm, &sent);
	board_view_pack(&sent, &bytes);
	assert_int_equal(board_view_unpack(buf_slice(&bytes), &came), RC_OK);
	assert_int_equal(came.workers, 3);
	assert_int_equal(came.started, sent.started);
	assert_int_not_equal(came.started, 0);
	assert_memory_equal(came.cells, sent.cells, 4 * sizeof(*sent.cells));
	assert_int_equal(came.cells[1].pid, board_pid(shm, 1));
	assert_int_equal(came.cells[1].state, BOARD_SERVING);
	assert_int_equal(came.cells[1].starts, 1);
	assert_int_equal(board_view_sum(&came, BOARD_EVENTS), 6000 + 4 * BOARD_EVENTS);
	board_view_clear(&came);
	board_view_clear(&sent);
	buf_free(&bytes);
	shm_free(shm);
}

/* Of another version, cut, too long, or of somebody else. */
static void other_views_are_refused(void **state)
{
	struct shm *shm = make(1);
	struct buf bytes = BUF_EMPTY;
	struct board_view view;

	(void)state;
	board_view_take(shm, &view);
	board_view_pack(&view, &bytes);
	board_view_clear(&view);
	for (size_t len = 0; len < bytes.len; len += len < 40 ? 1 : 997) {
		assert_int_equal(board_view_unpack(slice_make(bytes.data, len), &view), RC_MALFORMED);
		board_view_clear(&view);
	}
	for (size_t at = 0; at < 8; at++) {
		bytes.data[at]++;
		assert_int_equal(board_view_unpack(buf_slice(&bytes), &view), RC_MALFORMED);
		board_view_clear(&view);
		bytes.data[at]--;
	}
	buf_put_byte(&bytes, 0);
	assert_int_equal(board_view_unpack(buf_slice(&bytes), &view), RC_MALFORMED);
	board_view_clear(&view);
	buf_free(&bytes);
	shm_free(shm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_counted_by_route_and_status),
		cmocka_unit_test(statuses_rise),
		cmocka_unit_test(histograms_do_not_overlap),
		cmocka_unit_test(a_bound_belongs_to_its_bucket),
		cmocka_unit_test(quantiles_are_of_what_came_between),
		cmocka_unit_test(a_view_arrives_whole),
		cmocka_unit_test(other_views_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
