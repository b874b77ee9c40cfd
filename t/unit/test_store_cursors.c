/* Cursors of the group `*` in several lanes as text, and the beginnings and ends of its
 * pulls (store/rules.h). */
#include "store_kit.h"

#include "base/array.h"
#include "store/rules.h"

#include <stdlib.h>

#define LANES 3

static void assert_cursors(const struct store_cursors *a, const struct store_cursors *b)
{
	assert_int_equal(a->at.epoch, b->at.epoch);
	assert_int_equal(a->at.lanes, b->at.lanes);
	for (int lane = 0; lane < b->at.lanes; lane++)
		assert_int_equal(a->at.seqs[lane], b->at.seqs[lane]);
	assert_int_equal(a->lane, b->lane);
	assert_int_equal(a->start, b->start);
	assert_int_equal(a->bound, b->bound);
	assert_int_equal(a->reset, b->reset);
}

static void assert_round_of_all(struct store_cursors cursors, const char *text)
{
	char out[STORE_CURSOR_TEXT_MAX];
	struct store_cursors back;
	size_t len = store_cursors_format(&cursors, out);

	assert_string_equal(out, text);
	assert_int_equal(len, strlen(text));
	assert_int_equal(store_cursors_parse(slice_of(text), cursors.at.lanes, &back), RC_OK);
	assert_cursors(&back, &cursors);
}

static void round_trip_of_all(void **state)
{
	struct store_cursors longest = { .at = { .epoch = UINT64_MAX, .lanes = STORE_LANES_MAX },
					 .lane = STORE_LANES_MAX - 1,
					 .start = INT64_MAX,
					 .bound = INT64_MAX,
					 .reset = true };
	char out[STORE_CURSOR_TEXT_MAX];
	struct store_cursors back;

	(void)state;
	assert_round_of_all((struct store_cursors){ .at = { .lanes = 3 } }, "0");
	assert_round_of_all((struct store_cursors){ .at = { 15, 3, { 0, 22, 7 } } },
			    "000000000000000f.0~22~7");
	assert_round_of_all(
		(struct store_cursors){ .at = { 15, 3, { 8 } }, .start = 9, .bound = 10 },
		"000000000000000f.8~.9.10");
	assert_round_of_all((struct store_cursors){ .at = { 15, 3, { 8, 0 } },
						    .lane = 1,
						    .start = 9,
						    .bound = 10,
						    .reset = true },
			    "000000000000000f.8~0~.9.10.r");
	for (int lane = 0; lane < STORE_LANES_MAX; lane++)
		longest.at.seqs[lane] = INT64_MAX;
	assert_int_equal(strlen("ffffffffffffffff") + 18 * strlen(".9223372036854775807") +
				 strlen("~.r"),
			 store_cursors_format(&longest, out));
	assert_int_equal(store_cursors_parse(slice_of(out), STORE_LANES_MAX, &back), RC_OK);
	assert_cursors(&back, &longest);
}

/* What others mean is not known, but their epoch. */
static void cursors_of_other_lanes(void **state)
{
	static const char *const texts[] = {
		"000000000000000f.8",
		"000000000000000f.8.9.10",
		"000000000000000f.8~9",
		"000000000000000f.8~9~10~11",
		"000000000000000f.1~2~3~4~.9.10.r",
	};
	const struct store_cursors none = { .at = { 15, LANES, { 0 } } };
	struct store_cursors cursors;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(store_cursors_parse(slice_of(texts[i]), LANES, &cursors), RC_OK);
		assert_cursors(&cursors, &none);
	}
	assert_int_equal(store_cursors_parse(slice_of(""), LANES, &cursors), RC_OK);
	assert_int_equal(cursors.at.epoch, 0);
	assert_int_equal(cursors.at.lanes, LANES);
}

static void malformed_of_all(void **state)
{
	static const char *const bad[] = {
		"1",
		"000000000000000f",
		"000000000000000f.",
		"000000000000000f~1",
		"000000000000000f.~",
		"000000000000000f.1~",
		"000000000000000f.~.9.10",
		"000000000000000f..9.10",
		"000000000000000f.1~~.9.10",
		"000000000000000f.1~2.9.10",
		"000000000000000f.1~.9",
		"000000000000000f.1~.0.0",
		"000000000000000f.1~.9.0",
		"000000000000000f.1~.9.10.",
		"000000000000000f.1~.9.10.x",
		"000000000000000f.1~.9.10.r.r",
		"000000000000000f.1~.9.10.11",
		"000000000000000f.1~.9.r",
		"000000000000000f.01~.9.10",
		"000000000000000f.1~.09.10",
		"000000000000000f.1~,9.10",
		"000000000000000f,1~.9.10",
		"000000000000000f.9223372036854775808~.9.10",
		"000000000000000f.1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~.9.10",
		"0000000000000000.1~.9.10",
	};
	struct store_cursors cursors = { .lane = 9 };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (store_cursors_parse(slice_of(bad[i]), LANES, &cursors) != RC_MALFORMED)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(cursors.lane, 9);
}

/* What is read is what would be written. */
static void any_text_of_all(void **state)
{
	static const char *const pieces[] = { "1", "0", "23", "~", "~", "~.", ".", ".9", ".r" };
	char text[64], again[STORE_CURSOR_TEXT_MAX];
	struct store_cursors cursors;
	unsigned accepted = 0;

	(void)state;
	srandom(2);
	for (int round = 0; round < 200000; round++) {
		strcpy(text, "00000000000000af.1");
		for (unsigned i = (unsigned)random() % 9; i > 0; i--)
			strcat(text, pieces[(size_t)random() % COUNT(pieces)]);
		if (store_cursors_parse(slice_of(text), LANES, &cursors) != RC_OK ||
		    cursors.bound == 0)
			continue;
		accepted++;
		(void)store_cursors_format(&cursors, again);
		assert_string_equal(again, text);
	}
	assert_true(accepted > 100);
}

/* ---- Spans ---- */

static void assert_round_of_span(const struct store_span *span, const char *text)
{
	char out[STORE_SPAN_TEXT_MAX];
	struct store_span back;
	const size_t len = store_span_format(span, out);

	assert_string_equal(out, text);
	assert_int_equal(len, strlen(text));
	assert_int_equal(store_span_parse(slice_of(text), &back), RC_OK);
	for (int lane = 0; lane < span->from.lanes; lane++) {
		const struct store_cursor a = store_span_in(&back, lane);
		const struct store_cursor b = store_span_in(span, lane);

		assert_int_equal(a.epoch, b.epoch);
		assert_int_equal(a.seq, b.seq);
		assert_int_equal(a.start, b.start);
		assert_int_equal(a.bound, b.bound);
	}
}

static void spans(void **state)
{
	struct store_span longest = { .from = { .epoch = UINT64_MAX, .lanes = STORE_LANES_MAX } };
	char out[STORE_SPAN_TEXT_MAX];
	struct store_cursor cursor;

	(void)state;
	assert_round_of_span(&(struct store_span){ .from = { 15, 3, { 0, 22, 7 } } },
			     "000000000000000f.0~22~7");
	assert_round_of_span(&(struct store_span){ { 15, 3, { 0, 22, 7 } }, { 3, 22, 9 } },
			     "000000000000000f.0-3~22~7-9");
	for (int lane = 0; lane < STORE_LANES_MAX; lane++) {
		longest.from.seqs[lane] = INT64_MAX - 1;
		longest.shown[lane] = INT64_MAX;
	}
	assert_in_range(store_span_format(&longest, out), 16 + 16 * 40, STORE_SPAN_TEXT_MAX - 1);
	assert_round_of_span(&longest, out);
	assert_int_equal(store_cursor_parse_in(slice_of("000000000000000f.0~22-24~7"), 1, &cursor),
			 RC_OK);
	assert_int_equal(cursor.seq, 22);
	assert_int_equal(cursor.start, 22);
	assert_int_equal(cursor.bound, 24);
}

static void malformed_spans(void **state)
{
	static const char *const bad[] = {
		"000000000000000f.1-2",     "000000000000000f.1-~2",
		"000000000000000f.-1~2",    "000000000000000f.1-1~2",
		"000000000000000f.2-1~2",   "000000000000000f.1-02~2",
		"000000000000000f.1-2-3~2", "000000000000000f.1--2~2",
		"000000000000000f.1~2-",    "000000000000000f.1-9223372036854775808~2",
	};
	struct store_cursors cursors;
	struct store_span span;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (store_span_parse(slice_of(bad[i]), &span) != RC_MALFORMED)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(store_cursors_parse(slice_of("000000000000000f.1-2~2"), 2, &cursors),
			 RC_MALFORMED);
}

/* ---- Pulls of all lanes ---- */

/* Of three lanes; the middle one is empty. */
static const struct store_state lanes_of[LANES] = {
	{ .epoch = 7, .head = 100, .horizon = 20 },
	{ .epoch = 7 },
	{ .epoch = 7, .head = 50, .horizon = 5 },
};

static struct rules_reading begin_all(struct store_cursors since)
{
	struct rules_reading reading;

	since.at.lanes = LANES;
	rules_all_begin(&since, lanes_of, &reading);
	return reading;
}

static void assert_all_anew(struct store_cursors since, bool reset)
{
	const struct rules_reading reading = begin_all(since);

	assert_true(reading.snapshot);
	assert_int_equal(reading.reset, reset);
	assert_int_equal(reading.count, LANES);
	for (int lane = 0; lane < LANES; lane++) {
		assert_int_equal(reading.order[lane], lane);
		assert_int_equal(reading.from[lane].seq, 0);
		assert_int_equal(reading.from[lane].start, lanes_of[lane].head);
		assert_int_equal(reading.from[lane].bound, lanes_of[lane].head);
	}
}

static void assert_all_followed(struct store_cursors since, int first)
{
	const struct rules_reading reading = begin_all(since);

	assert_int_equal(reading.reset, since.reset);
	assert_int_equal(reading.snapshot, since.bound > 0);
	assert_int_equal(reading.count, LANES - first);
	if (since.bound) {
		assert_int_equal(reading.order[0], first);
		assert_int_equal(reading.from[first].start, since.start);
		assert_int_equal(reading.from[first].bound, since.bound);
	}
	assert_int_equal(reading.from[first].seq, since.at.seqs[first]);
}

static void pulls_of_all_begin(void **state)
{
	(void)state;
	assert_all_anew((struct store_cursors){ .at = { 0 } }, false);
	assert_all_anew((struct store_cursors){ .at = { .epoch = 8 } }, true);
	assert_all_followed((struct store_cursors){ .at = { 7, LANES, { 20, 0, 5 } } }, 0);
	assert_all_followed((struct store_cursors){ .at = { 7, LANES, { 100, 0, 50 } } }, 0);
	/* Each lane must be followed. */
	assert_all_anew((struct store_cursors){ .at = { 7, LANES, { 19, 0, 50 } } }, true);
	assert_all_anew((struct store_cursors){ .at = { 7, LANES, { 100, 0, 4 } } }, true);
	assert_all_anew((struct store_cursors){ .at = { 7, LANES, { 100, 1, 50 } } }, true);
	assert_all_anew((struct store_cursors){ .at = { 7, LANES, { 101, 0, 50 } } }, true);
	/* Within a snapshot: no purge ends it, also in lanes that it has shown. */
	assert_all_followed((struct store_cursors){ .at = { 7, LANES, { 1, 0, 3 } },
						    .lane = 2,
						    .start = 4,
						    .bound = 9,
						    .reset = true },
			    2);
	assert_all_anew(
		(struct store_cursors){
			.at = { 7, LANES, { 101, 0, 3 } }, .lane = 2, .start = 4, .bound = 9 },
		true);
	assert_all_anew(
		(struct store_cursors){
			.at = { 7, LANES, { 1, 0, 3 } }, .lane = 2, .start = 4, .bound = 51 },
		true);
}

/* The end of a page behind `since`. */
static struct store_cursors end_all(struct store_cursors since, struct rules_left left, bool more)
{
	struct store_page page = { .count = 0 };
	struct rules_reading reading;
	struct store_cursors next;

	since.at.lanes = LANES;
	rules_all_begin(&since, lanes_of, &reading);
	rules_all_end(&reading, &since, lanes_of, left, &page, &next);
	assert_int_equal(page.more, more);
	assert_int_equal(page.reset, reading.reset);
	assert_int_equal(next.at.epoch, 7);
	return next;
}

static void assert_next(struct store_cursors next, struct store_cursors expected)
{
	expected.at.epoch = 7;
	expected.at.lanes = LANES;
	assert_cursors(&next, &expected);
}

static void pulls_of_all_end(void **state)
{
	const struct store_cursors none = { .at = { 0 } };
	const struct store_cursors plain = { .at = { 7, LANES, { 30, 0, 30 } } };
	const struct store_cursors last = {
		.at = { 7, LANES, { 90, 0, 10 } }, .lane = 2, .start = 20, .bound = 40
	};

	(void)state;
	/* All fits. */
	assert_next(end_all(none, (struct rules_left){ 0, 0 }, false),
		    (struct store_cursors){ .at = { .seqs = { 100, 0, 50 } } });
	assert_next(end_all(plain, (struct rules_left){ 0, 0 }, false),
		    (struct store_cursors){ .at = { .seqs = { 100, 0, 50 } } });
	/* In the middle of the first lane: the others have not begun. */
	assert_next(end_all(none, (struct rules_left){ 0, 60 }, true),
		    (struct store_cursors){ .at = { .seqs = { 59 } }, .start = 100, .bound = 100 });
	/* Between two. */
	assert_next(end_all(none, (struct rules_left){ 2, 1 }, true),
		    (struct store_cursors){
			    .at = { .seqs = { 100 } }, .lane = 2, .start = 50, .bound = 50 });
	assert_next(end_all((struct store_cursors){ .at = { .epoch = 8 } },
			    (struct rules_left){ 2, 33 }, true),
		    (struct store_cursors){ .at = { .seqs = { 100, 0, 32 } },
					    .lane = 2,
					    .start = 50,
					    .bound = 50,
					    .reset = true });
	/* The snapshot of a lane has come to its bound: on to the next that has
	 * anything. */
	assert_next(end_all((struct store_cursors){ .at = { 7, LANES, { 70 } },
						    .start = 60,
						    .bound = 80 },
			    (struct rules_left){ 0, 81 }, true),
		    (struct store_cursors){
			    .at = { .seqs = { 80 } }, .lane = 2, .start = 50, .bound = 50 });
	/* That was the last lane. */
	assert_next(end_all(last, (struct rules_left){ 2, 41 }, false),
		    (struct store_cursors){ .at = { .seqs = { 90, 0, 40 } } });
	assert_next(end_all(last, (struct rules_left){ 0, 0 }, false),
		    (struct store_cursors){ .at = { .seqs = { 90, 0, 50 } } });
}

/* Where a page of changes ends in one lane, later ones stay where they are. */
static void later_lanes_wait(void **state)
{
	const struct store_cursors plain = { .at = { 7, LANES, { 30, 0, 30 } } };
	const struct rules_reading reading = begin_all(plain);
	const int first = reading.order[0];
	const struct store_cursors next = end_all(plain, (struct rules_left){ first, 40 }, true);

	(void)state;
	for (int lane = 0; lane < LANES; lane++)
		assert_int_equal(next.at.seqs[lane], lane == first ? 39 : plain.at.seqs[lane]);
	assert_int_equal(next.bound, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip_of_all),  cmocka_unit_test(cursors_of_other_lanes),
		cmocka_unit_test(malformed_of_all),   cmocka_unit_test(spans),
		cmocka_unit_test(malformed_spans),    cmocka_unit_test(any_text_of_all),
		cmocka_unit_test(pulls_of_all_begin), cmocka_unit_test(pulls_of_all_end),
		cmocka_unit_test(later_lanes_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
