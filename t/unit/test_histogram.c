/* Metrics and histograms of the scoreboard, and its packed form. */
#include "shm/histogram.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct shm *make(unsigned slots)
{
	struct shm *shm = NULL;

	assert_int_equal(shm_new(slots, &shm), RC_OK);
	return shm;
}

static int64_t answers(const struct shm *shm, enum scoreboard_route route, int status)
{
	struct scoreboard_view view;
	int64_t count = 0;

	scoreboard_view_take(shm, &view);
	for (unsigned row = 0; row <= SCOREBOARD_STATUSES; row++)
		if (scoreboard_status(row) == status)
			count += scoreboard_responses(&view, route, row);
	scoreboard_view_clear(&view);
	return count;
}

static void answers_are_counted_by_route_and_status(void **state)
{
	struct shm *shm = make(2);

	(void)state;
	scoreboard_count_response(shm, 0, SCOREBOARD_PULL, 200, 10);
	scoreboard_count_response(shm, 1, SCOREBOARD_PULL, 200, 10);
	scoreboard_count_response(shm, 1, SCOREBOARD_PULL, 404, 10);
	scoreboard_count_response(shm, 1, SCOREBOARD_OTHER, 507, 10);
	scoreboard_count_response(shm, 1, SCOREBOARD_OTHER, 599, 10);
	scoreboard_count_response(shm, 1, SCOREBOARD_OTHER, -1, 10);
	assert_int_equal(answers(shm, SCOREBOARD_PULL, 200), 2);
	assert_int_equal(answers(shm, SCOREBOARD_PULL, 404), 1);
	assert_int_equal(answers(shm, SCOREBOARD_OTHER, 507), 1);
	assert_int_equal(answers(shm, SCOREBOARD_OTHER, 0), 2);
	assert_int_equal(answers(shm, SCOREBOARD_PUSH, 200), 0);
	shm_free(shm);
}

static void statuses_rise(void **state)
{
	(void)state;
	for (unsigned row = 1; row < SCOREBOARD_STATUSES; row++)
		assert_true(scoreboard_status(row - 1) < scoreboard_status(row));
	assert_int_equal(scoreboard_status(SCOREBOARD_STATUSES), 0);
}

static struct histogram read_histogram(const struct shm *shm, enum histogram_kind kind)
{
	struct scoreboard_view view;
	struct histogram histogram;

	scoreboard_view_take(shm, &view);
	histogram_read(&view, kind, &histogram);
	scoreboard_view_clear(&view);
	return histogram;
}

/* Each table has its own place: what is written into all of them comes back from
 * each. */
static void histograms_do_not_overlap(void **state)
{
	struct shm *shm = make(1);

	(void)state;
	for (unsigned kind = 0; kind < HISTOGRAM_KINDS; kind++)
		for (unsigned i = 0; i <= kind; i++)
			histogram_observe(shm, i % 2, (enum histogram_kind)kind, UINT64_C(1) << 40);
	for (unsigned kind = 0; kind < HISTOGRAM_KINDS; kind++) {
		struct histogram histogram = read_histogram(shm, (enum histogram_kind)kind);

		assert_int_equal(histogram.upto[0], 0);
		assert_int_equal(histogram.upto[histogram.count - 1], 0);
		assert_int_equal(histogram.upto[histogram.count], kind + 1);
		assert_int_equal(histogram.sum, (kind + 1) * (UINT64_C(1) << 40));
	}
	for (unsigned value = 0; value < METRIC_RESPONSES; value++)
		assert_int_equal(scoreboard_get(shm, 0, (enum metric)value), 0);
	shm_free(shm);
}

static void a_bound_belongs_to_its_bucket(void **state)
{
	struct shm *shm = make(1);
	struct histogram histogram;

	(void)state;
	histogram_observe(shm, 0, HISTOGRAM_COMMIT_BATCH, 1);
	histogram_observe(shm, 0, HISTOGRAM_COMMIT_BATCH, 2);
	histogram_observe(shm, 0, HISTOGRAM_COMMIT_BATCH, 3);
	histogram_observe(shm, 0, HISTOGRAM_COMMIT_BATCH, 1025);
	histogram = read_histogram(shm, HISTOGRAM_COMMIT_BATCH);
	assert_int_equal(histogram.bounds[0], 1);
	assert_int_equal(histogram.upto[0], 1);
	assert_int_equal(histogram.upto[1], 2);
	assert_int_equal(histogram.upto[2], 3);
	assert_int_equal(histogram.upto[histogram.count - 1], 3);
	assert_int_equal(histogram.upto[histogram.count], 4);
	assert_int_equal(histogram.sum, 1031);
	shm_free(shm);
}

static void quantiles_are_of_what_came_between(void **state)
{
	struct shm *shm = make(1);
	struct histogram before, now;

	(void)state;
	now = read_histogram(shm, HISTOGRAM_REQUEST_TIME);
	assert_int_equal(histogram_quantile(&now, NULL, 0.5), 0);
	for (unsigned i = 0; i < 100; i++)
		histogram_observe(shm, 0, HISTOGRAM_REQUEST_TIME, 90);
	before = read_histogram(shm, HISTOGRAM_REQUEST_TIME);
	assert_int_equal(histogram_quantile(&before, NULL, 0.99), 100);
	for (unsigned i = 0; i < 100; i++)
		histogram_observe(shm, 0, HISTOGRAM_REQUEST_TIME, i < 90 ? 900 : 2000);
	now = read_histogram(shm, HISTOGRAM_REQUEST_TIME);
	assert_int_equal(histogram_quantile(&now, &before, 0.5), 1000);
	assert_int_equal(histogram_quantile(&now, &before, 0.99), 2500);
	assert_int_equal(histogram_quantile(&now, NULL, 0.5), 100);
	assert_int_equal(histogram_quantile(&now, &now, 0.5), 0);
	shm_free(shm);
}

static void a_view_arrives_whole(void **state)
{
	static const struct scoreboard_store_metric store[] = {
		{ "one", "first", "The first.", METRIC_LEVEL },
		{ "two_total", "second", "The second.", METRIC_COUNTER },
	};
	struct shm *shm = make(3);
	struct buf bytes = BUF_EMPTY;
	struct scoreboard_view sent, came;

	(void)state;
	scoreboard_born(shm, 1);
	scoreboard_set_state(shm, 1, SLOT_SERVING);
	for (unsigned slot = 0; slot <= 3; slot++)
		for (unsigned value = 0; value < METRIC_VALUES; value++)
			scoreboard_set(shm, slot, (enum metric)value,
				       (int64_t)(slot * 1000 + value));
	scoreboard_define_store(shm, store, 2);
	scoreboard_set_store(shm, 1, 42);
	scoreboard_view_take(shm, &sent);
	scoreboard_view_pack(&sent, &bytes);
	assert_int_equal(scoreboard_view_unpack(buf_slice(&bytes), &came), RC_OK);
	assert_int_equal(came.workers, 3);
	assert_int_equal(came.started, sent.started);
	assert_int_not_equal(came.started, 0);
	assert_memory_equal(came.cells, sent.cells, 4 * sizeof(*sent.cells));
	assert_int_equal(came.cells[1].pid, scoreboard_pid(shm, 1));
	assert_int_equal(came.cells[1].state, SLOT_SERVING);
	assert_int_equal(came.cells[1].starts, 1);
	assert_int_equal(scoreboard_view_sum(&came, METRIC_EVENTS_SENT),
			 6000 + 4 * METRIC_EVENTS_SENT);
	assert_int_equal(came.store_count, 2);
	assert_memory_equal(came.store, store, sizeof(store));
	assert_int_equal(scoreboard_view_store(&came, 1), 42);
	scoreboard_view_clear(&came);
	scoreboard_view_clear(&sent);
	buf_free(&bytes);
	shm_free(shm);
}

static void a_row_names_each_metric_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = metric_row((enum metric)i);

		assert_true(row->name[0] && row->help[strlen(row->help) - 1] == '.');
		assert_int_equal(row->title == NULL, row->member == NULL);
		for (unsigned n = 0; n < i; n++)
			assert_string_not_equal(metric_row((enum metric)n)->name, row->name);
	}
}

/* The next writer of a server defines its statistics again. */
static void statistics_of_the_back_end_are_defined_once(void **state)
{
	static const struct scoreboard_store_metric store = { "one", "first", "The first.",
							      METRIC_LEVEL };
	struct shm *shm = make(1);
	struct scoreboard_view view;

	(void)state;
	scoreboard_view_take(shm, &view);
	assert_int_equal(view.store_count, 0);
	scoreboard_view_clear(&view);
	scoreboard_define_store(shm, &store, 1);
	scoreboard_set_store(shm, 0, 7);
	scoreboard_define_store(shm, &store, 1);
	scoreboard_view_take(shm, &view);
	assert_int_equal(view.store_count, 1);
	assert_int_equal(scoreboard_view_store(&view, 0), 7);
	scoreboard_view_clear(&view);
	shm_free(shm);
}

/* Of another version, cut, too long, or of somebody else. */
static void other_views_are_refused(void **state)
{
	struct shm *shm = make(1);
	struct buf bytes = BUF_EMPTY;
	struct scoreboard_view view;

	(void)state;
	scoreboard_view_take(shm, &view);
	scoreboard_view_pack(&view, &bytes);
	scoreboard_view_clear(&view);
	for (size_t len = 0; len < bytes.len; len += len < 40 ? 1 : 997) {
		assert_int_equal(scoreboard_view_unpack(slice_make(bytes.data, len), &view),
				 RC_MALFORMED);
		scoreboard_view_clear(&view);
	}
	for (size_t at = 0; at < 8; at++) {
		bytes.data[at]++;
		assert_int_equal(scoreboard_view_unpack(buf_slice(&bytes), &view), RC_MALFORMED);
		scoreboard_view_clear(&view);
		bytes.data[at]--;
	}
	buf_put_byte(&bytes, 0);
	assert_int_equal(scoreboard_view_unpack(buf_slice(&bytes), &view), RC_MALFORMED);
	scoreboard_view_clear(&view);
	buf_free(&bytes);
	shm_free(shm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_counted_by_route_and_status),
		cmocka_unit_test(statuses_rise),
		cmocka_unit_test(a_row_names_each_metric_once),
		cmocka_unit_test(statistics_of_the_back_end_are_defined_once),
		cmocka_unit_test(histograms_do_not_overlap),
		cmocka_unit_test(a_bound_belongs_to_its_bucket),
		cmocka_unit_test(quantiles_are_of_what_came_between),
		cmocka_unit_test(a_view_arrives_whole),
		cmocka_unit_test(other_views_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
