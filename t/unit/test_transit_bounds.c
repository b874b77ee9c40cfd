/* Tests of the limits of the transcoder: depth, size, invalid and truncated input. It
 * must reject all of these cleanly. */
#include "t/unit/transit_text.h"
#include "transit/transit.h"

#include <stdlib.h>

#define LIMIT 100000

static enum rc take(struct transit_in *in, struct buf *out)
{
	bool plain;
	enum rc rc = transit_in_value(in, out, &plain);

	return rc ? rc : transit_in_finish(in);
}

static void put_times(struct buf *out, const char *text, int times)
{
	while (times-- > 0)
		buf_put_text(out, text);
}

/* `deep` nested containers around a 1. */
static void check_depth(enum encoding encoding, const char *open, const char *close, int deep,
			const char *err)
{
	struct buf message = BUF_EMPTY;
	struct buf out = BUF_EMPTY;
	struct buf projection = BUF_EMPTY;
	struct transit_in *in;

	put_times(&message, open, deep);
	buf_put_text(&message, "1");
	put_times(&message, close, deep);
	in = transit_in_new(encoding, buf_slice(&message), LIMIT);
	assert_int_equal(take(in, &out), err ? RC_MALFORMED : RC_OK);
	assert_string_equal(transit_in_error(in), err ? err : "");
	if (!err)
		assert_int_equal(transit_project(buf_slice(&out), &projection), RC_OK);
	transit_in_free(in);
	buf_free(&message);
	buf_free(&out);
	buf_free(&projection);
}

static void test_depth(void **state)
{
	struct buf deep = BUF_EMPTY;
	struct buf out = BUF_EMPTY;

	(void)state;
	check_depth(ENCODING_JSON, "[", "]", 100, NULL);
	check_depth(ENCODING_JSON, "[", "]", 101, "nested deeper than 100 at byte 100");
	check_depth(ENCODING_JSON, "{\"a\":", "}", 100, NULL);
	check_depth(ENCODING_JSON, "{\"a\":", "}", 101, "nested deeper than 100 at byte 500");
	check_depth(ENCODING_TRANSIT, "[\"^ \",\"a\",", "]", 100, NULL);
	check_depth(ENCODING_TRANSIT, "[\"^ \",\"a\",", "]", 101,
		    "nested deeper than 100 at byte 1000");
	check_depth(ENCODING_TRANSIT, "[\"~#a\",", "]", 100, NULL);
	check_depth(ENCODING_TRANSIT, "[\"~#a\",", "]", 101, "nested deeper than 100 at byte 700");
	check_depth(ENCODING_TRANSIT, "{\"~#set\":[", "]}", 50, NULL);
	check_depth(ENCODING_TRANSIT, "{\"~#set\":[", "]}", 51,
		    "nested deeper than 100 at byte 500");
	check_depth(ENCODING_TRANSIT, "[\"~#'\",", "]", 101, "nested deeper than 100 at byte 700");
	check_depth(ENCODING_TRANSIT, "[", "]", 1000000, "nested deeper than 100 at byte 100");
	put_times(&deep, "[", 101);
	put_times(&deep, "]", 101);
	assert_int_equal(transit_project(buf_slice(&deep), &out), RC_MALFORMED);
	buf_free(&deep);
	buf_free(&out);
}

static void test_limit(void **state)
{
	static const char text[] = "[\"~:abc\",\"^0\"]";
	static const char canonical[] = "[\"~:abc\",\"~:abc\"]";
	struct buf out = BUF_EMPTY;
	struct transit_in *in;

	(void)state;
	in = transit_in_new(ENCODING_TRANSIT, slice_of(text), sizeof(canonical) - 1);
	assert_int_equal(take(in, &out), RC_OK);
	transit_in_free(in);
	buf_clear(&out);
	in = transit_in_new(ENCODING_TRANSIT, slice_of(text), sizeof(canonical) - 2);
	assert_int_equal(take(in, &out), RC_TOO_LARGE);
	assert_int_equal(out.len, 0);
	assert_non_null(strstr(transit_in_error(in), "values larger than allowed at byte "));
	transit_in_free(in);
	buf_free(&out);
}

/* A key of 10 kB, repeated 10,000 times by codes: 60 kB that would become 100 MB. */
static void put_expanding(struct buf *message)
{
	buf_put_text(message, "[[\"^ \",\"");
	put_times(message, "kkkkkkkkkk", 1000);
	buf_put_text(message, "\",1]");
	put_times(message, ",\"^0\"", 10000);
	buf_put_text(message, "]");
}

static void test_limit_of_codes(void **state)
{
	struct buf message = BUF_EMPTY;
	struct buf out = BUF_EMPTY;
	struct transit_in *in;

	(void)state;
	put_expanding(&message);
	in = transit_in_new(ENCODING_TRANSIT, buf_slice(&message), 50000);
	assert_int_equal(take(in, &out), RC_TOO_LARGE);
	assert_true(out.cap < 200000);
	transit_in_free(in);
	in = transit_in_new(ENCODING_TRANSIT, buf_slice(&message), 10100);
	assert_int_equal(transit_in_skip(in), RC_OK);
	assert_int_equal(transit_in_finish(in), RC_OK);
	transit_in_free(in);
	buf_free(&message);
	buf_free(&out);
}

/* The limit is for all values together, strings included; skipped values do not
 * count. */
static void test_limit_of_all_values(void **state)
{
	struct buf message = BUF_EMPTY;
	struct buf out = BUF_EMPTY;
	struct transit_in *in;
	bool more;

	(void)state;
	put_expanding(&message);
	in = transit_in_new(ENCODING_TRANSIT, buf_slice(&message), 25000);
	assert_int_equal(transit_in_array(in), RC_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(transit_in_array_next(in, &more), RC_OK);
		assert_int_equal(i ? transit_in_string(in, &out) : transit_in_skip(in), RC_OK);
	}
	assert_int_equal(out.len, 10000);
	assert_int_equal(transit_in_array_next(in, &more), RC_OK);
	assert_int_equal(transit_in_string(in, &out), RC_OK);
	assert_int_equal(transit_in_array_next(in, &more), RC_OK);
	assert_int_equal(transit_in_string(in, &out), RC_TOO_LARGE);
	assert_int_equal(out.len, 20000);
	transit_in_free(in);
	buf_free(&message);
	buf_free(&out);
}

/* Stored text that is not canonical. */
static const char *const uncanonical_texts[] = { "",
						 " 1",
						 "1 ",
						 "[1, 2]",
						 "[1,]",
						 "[",
						 "{'a':1",
						 "{'a'}",
						 "{'a':1,}",
						 "{'~#a':1,'b':2}",
						 "{'~#a':}",
						 "{'b':1,'~#a':2}",
						 "'~#a'",
						 "{'~#':1}",
						 "'~" APOSTROPHE "a'",
						 "'^0'",
						 "'`'",
						 "'~'",
						 "'~i1x'",
						 "'~m1.5'",
						 "'~tnow'",
						 "{'~ux':1}",
						 "'\\u0041'",
						 "'\\/'",
						 "'\xc3'",
						 "{'~#cmap':[1]}",
						 "{'~#cmap':5}",
						 "tru",
						 "nulL",
						 "01",
						 "1.",
						 "x",
						 "\xff" };

static void test_project(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(uncanonical_texts); i++) {
		char room[100];
		struct slice text = unquote(uncanonical_texts[i], room, sizeof(room));
		struct buf out = BUF_EMPTY;

		buf_put_text(&out, "before");
		if (transit_project(text, &out) != RC_MALFORMED)
			fail_msg("%s was projected", uncanonical_texts[i]);
		assert_int_equal(out.len, 6);
		buf_free(&out);
	}
}

static const char everything[] =
	"[\"^ "
	"\",\"~:kéy\",[\"~#set\",[1,-2.5e3,\"~i9007199254740993\",\"~\\u0058x\"]],\"^0\",{\"~#"
	"point\":[true,null,"
	"\"~~\\ud83d\\ude00\\n\"]},\"~i5\",[\"~#cmap\",[[\"^ "
	"\"],\"~m12\",\"~$sym\",\"^4\",{\"text\":\"~t1985-04-12T23:20:50.52Z\"},[\"~#u\",[1,2]]]],"
	"\"~?t\",[\"~#'\",\"~bAAAA\"],\"~_\",[\"~#link\",[\"^ \",\"href\",\"~rx\",\"^5\",\"\"]]]";

/* Copies the text into memory of its size, so that a sanitizer detects a read beyond
 * the end. */
static bool accepted(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);
	struct transit_in *in;
	struct buf out = BUF_EMPTY;
	struct buf projection = BUF_EMPTY;
	bool ok;

	assert_non_null(copy);
	memcpy(copy, text, len);
	in = transit_in_new(ENCODING_TRANSIT, slice_make(copy, len), LIMIT);
	ok = take(in, &out) == RC_OK;
	assert_int_equal(ok, *transit_in_error(in) == '\0');
	if (ok) {
		struct transit_in *again = transit_in_new(ENCODING_TRANSIT, buf_slice(&out), LIMIT);
		struct buf same = BUF_EMPTY;

		assert_int_equal(take(again, &same), RC_OK);
		assert_true(slice_equal(buf_slice(&same), buf_slice(&out)));
		assert_int_equal(transit_project(buf_slice(&out), &projection), RC_OK);
		transit_in_free(again);
		again = transit_in_new(ENCODING_JSON, buf_slice(&projection), LIMIT);
		assert_int_equal(transit_in_skip(again), RC_OK);
		assert_int_equal(transit_in_finish(again), RC_OK);
		transit_in_free(again);
		buf_free(&same);
	}
	transit_in_free(in);
	buf_free(&out);
	buf_free(&projection);
	free(copy);
	return ok;
}

static void test_truncated(void **state)
{
	size_t len = sizeof(everything) - 1;

	(void)state;
	assert_true(accepted(everything, len));
	for (size_t cut = 0; cut < len; cut++)
		if (accepted(everything, cut))
			fail_msg("accepted the first %zu bytes", cut);
}

/* xorshift64: small and portable. */
static uint32_t random_below(uint64_t *seed, uint32_t limit)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 32) % limit;
}

/* If a value is accepted, its canonical form is a fixed point and has a projection. */
static void test_mutated(void **state)
{
	static const char bytes[] =
		"\"\"\"[]{},:~~~^^#`0123456789-.eE \\unt'_?ibmtcsdfz\x01\x80\xc3\xff";
	uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
	char text[sizeof(everything)];
	int page_cache = 0;

	(void)state;
	for (int round = 0; round < 30000; round++) {
		size_t len = sizeof(everything) - 1;

		memcpy(text, everything, sizeof(everything));
		for (uint32_t change = random_below(&seed, 3) + 1; change; change--) {
			size_t at = random_below(&seed, (uint32_t)len);

			if (random_below(&seed, 3)) {
				text[at] = bytes[random_below(&seed, sizeof(bytes) - 1)];
			} else {
				memmove(text + at, text + at + 1, len - at - 1);
				len--;
			}
		}
		page_cache += accepted(text, len);
	}
	/* The loop is only meaningful if both happen. */
	assert_true(page_cache > 300 && page_cache < 29000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),          cmocka_unit_test(test_limit),
		cmocka_unit_test(test_limit_of_codes), cmocka_unit_test(test_limit_of_all_values),
		cmocka_unit_test(test_project),        cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_mutated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
