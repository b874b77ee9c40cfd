/* Packed messages and frames: what was put in comes out, and a damaged one is
 * refused. */
#include "ipc/frame.h"
#include "ipc/pack.h"
#include "ipc/pieces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- Packed
 * messages ----------------------------------------------------------------------------
 */

static void put_message(struct buf *out)
{
	pack_u8(out, 0xfe);
	pack_u32(out, UINT32_C(0xfedcba98));
	pack_u64(out, UINT64_MAX);
	pack_bytes(out, slice_make("a\0b", 3));
	pack_bytes(out, slice_make(NULL, 0));
	pack_u64(out, 0);
}

static void take_message(struct unpack *in)
{
	(void)unpack_u8(in);
	(void)unpack_u32(in);
	(void)unpack_u64(in);
	(void)unpack_bytes(in);
	(void)unpack_bytes(in);
	(void)unpack_u64(in);
}

static void what_was_packed_is_unpacked(void **state)
{
	struct buf message = BUF_EMPTY;
	struct unpack in;

	(void)state;
	put_message(&message);
	assert_int_equal(message.len, 1 + 4 + 8 + 4 + 3 + 4 + 8);
	in = (struct unpack){ .rest = buf_slice(&message) };
	assert_int_equal(unpack_u8(&in), 0xfe);
	assert_true(unpack_u32(&in) == UINT32_C(0xfedcba98));
	assert_true(unpack_u64(&in) == UINT64_MAX);
	assert_true(slice_equal(unpack_bytes(&in), slice_make("a\0b", 3)));
	assert_int_equal(unpack_bytes(&in).len, 0);
	assert_int_equal(unpack_finish(&in), RC_MALFORMED);
	assert_true(unpack_u64(&in) == 0);
	assert_int_equal(unpack_finish(&in), RC_OK);
	buf_free(&message);
}

static void a_cut_message_turns_bad_and_stays_so(void **state)
{
	struct buf message = BUF_EMPTY;

	(void)state;
	put_message(&message);
	for (size_t len = 0; len < message.len; len++) {
		char *copy = malloc(len + !len);
		struct unpack in = { .rest = { copy, len } };

		memcpy(copy, message.data, len);
		take_message(&in);
		assert_true(in.bad);
		assert_int_equal(unpack_finish(&in), RC_MALFORMED);
		in.rest = buf_slice(&message);
		assert_int_equal(unpack_u8(&in), 0);
		assert_int_equal(unpack_u32(&in), 0);
		assert_true(unpack_u64(&in) == 0);
		assert_int_equal(unpack_bytes(&in).len, 0);
		assert_int_equal(unpack_finish(&in), RC_MALFORMED);
		free(copy);
	}
	buf_free(&message);
}

static void a_length_beyond_the_end_is_bad(void **state)
{
	static const uint32_t lengths[] = { 1, 4, 0x7fffffff, 0x80000000, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct unpack in = { .rest = { (const char *)&lengths[i], sizeof(lengths[i]) } };

		assert_int_equal(unpack_bytes(&in).len, 0);
		assert_int_equal(unpack_finish(&in), RC_MALFORMED);
	}
}

/* ----
 * Frames ------------------------------------------------------------------------------
 */

static void put_frame(struct buf *out, uint64_t tag, struct slice payload)
{
	size_t begun = frame_begin(out, tag);

	buf_put_slice(out, payload);
	frame_end(out, begun);
}

static void frames_come_out_as_they_went_in(void **state)
{
	struct buf bytes = BUF_EMPTY;
	struct frame frame;

	(void)state;
	put_frame(&bytes, 7, slice_of("first"));
	put_frame(&bytes, UINT64_MAX, slice_make(NULL, 0));
	put_frame(&bytes, 0, slice_make("\0\0", 2));
	assert_int_equal(frame_take(buf_slice(&bytes), &frame), RC_OK);
	assert_int_equal(frame.tag, 7);
	assert_true(slice_is(frame.payload, "first"));
	buf_drop(&bytes, frame.size);
	assert_int_equal(frame_take(buf_slice(&bytes), &frame), RC_OK);
	assert_true(frame.tag == UINT64_MAX);
	assert_int_equal(frame.payload.len, 0);
	buf_drop(&bytes, frame.size);
	assert_int_equal(frame_take(buf_slice(&bytes), &frame), RC_OK);
	assert_int_equal(frame.payload.len, 2);
	assert_int_equal(frame.size, bytes.len);
	buf_drop(&bytes, frame.size);
	assert_int_equal(frame_take(buf_slice(&bytes), &frame), RC_BUSY);
	buf_free(&bytes);
}

static void an_unfinished_frame_is_waited_for(void **state)
{
	struct buf bytes = BUF_EMPTY;
	struct frame frame;

	(void)state;
	put_frame(&bytes, 1, slice_of("payload"));
	for (size_t len = 0; len < bytes.len; len++) {
		char *copy = malloc(len + !len);

		memcpy(copy, bytes.data, len);
		assert_int_equal(frame_take(slice_make(copy, len), &frame), RC_BUSY);
		free(copy);
	}
	assert_int_equal(frame_take(buf_slice(&bytes), &frame), RC_OK);
	buf_free(&bytes);
}

static void a_frame_has_a_largest_size(void **state)
{
	static const struct {
		uint64_t len;
		enum rc rc;
	} lengths[] = {
		{ FRAME_MAX, RC_BUSY },
		{ FRAME_MAX + 1, RC_TOO_LARGE },
		{ 0x80000000, RC_TOO_LARGE },
		{ UINT32_MAX, RC_TOO_LARGE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct buf bytes = BUF_EMPTY;
		struct frame frame;

		pack_u32(&bytes, (uint32_t)lengths[i].len);
		pack_u64(&bytes, 1);
		assert_int_equal(frame_take(buf_slice(&bytes), &frame), lengths[i].rc);
		buf_free(&bytes);
	}
}

/* ---- Pieces ---- */

static void put_text(struct buf *out, uint64_t tag, char letter, size_t len)
{
	size_t begun = frame_begin(out, tag);

	for (size_t i = 0; i < len; i++)
		buf_put_byte(out, letter);
	frame_end(out, begun);
}

/* Puts so many pieces of a long frame. */
static void put_pieces(struct slice whole, size_t *at, int count, struct buf *out)
{
	while (count-- > 0)
		(void)piece_put(whole, at, out);
}

static void expect_text(struct buf *in, uint64_t tag, char letter, size_t len)
{
	struct frame frame;

	assert_int_equal(frame_take(buf_slice(in), &frame), RC_OK);
	assert_int_equal(frame.tag, tag);
	assert_int_equal(frame.payload.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(frame.payload.data[i], letter);
	buf_drop(in, frame.size);
}

#define LONG (3 * PIECE_BYTES + 1)

/* However the bytes are cut. */
static void short_frames_pass_a_long_one(void **state)
{
	struct buf longer = BUF_EMPTY, sent = BUF_EMPTY, in = BUF_EMPTY, out = BUF_EMPTY;
	struct pieces pieces = { .begun = false };
	size_t at = 0, step = 1;

	(void)state;
	put_text(&longer, 7, 'x', LONG);
	put_pieces(buf_slice(&longer), &at, 2, &sent);
	put_text(&sent, 8, 'y', 10);
	put_pieces(buf_slice(&longer), &at, 1, &sent);
	put_text(&sent, 9, 'z', 0);
	put_pieces(buf_slice(&longer), &at, 1, &sent);
	assert_int_equal(at, longer.len);
	put_text(&sent, 10, 'y', LONG);
	for (size_t from = 0; from < sent.len; from += step) {
		step = from % 5000 + 1 < sent.len - from ? from % 5000 + 1 : sent.len - from;
		buf_put(&in, sent.data + from, step);
		assert_int_equal(pieces_join(&pieces, &in, &out), RC_OK);
	}
	expect_text(&out, 8, 'y', 10);
	expect_text(&out, 9, 'z', 0);
	expect_text(&out, 7, 'x', LONG);
	expect_text(&out, 10, 'y', LONG);
	assert_int_equal(in.len + out.len, 0);
	pieces_free(&pieces);
	buf_free(&longer);
	buf_free(&sent);
	buf_free(&in);
	buf_free(&out);
}

static void a_long_frame_can_be_given_up(void **state)
{
	struct buf one = BUF_EMPTY, other = BUF_EMPTY, sent = BUF_EMPTY, out = BUF_EMPTY;
	struct pieces pieces = { .begun = false };
	size_t at = 0;

	(void)state;
	put_text(&one, 1, 'x', LONG);
	put_text(&other, 2, 'y', LONG);
	put_pieces(buf_slice(&one), &at, 3, &sent);
	at = 0;
	put_pieces(buf_slice(&other), &at, 4, &sent);
	assert_int_equal(pieces_join(&pieces, &sent, &out), RC_OK);
	expect_text(&out, 2, 'y', LONG);
	assert_int_equal(out.len, 0);
	pieces_free(&pieces);
	buf_free(&one);
	buf_free(&other);
	buf_free(&sent);
	buf_free(&out);
}

static void pieces_have_a_largest_size(void **state)
{
	struct buf sent = BUF_EMPTY, out = BUF_EMPTY;
	struct pieces pieces = { .begun = false };

	(void)state;
	pack_u32(&sent, PIECE_MORE | (uint32_t)(PIECE_BYTES + 1));
	pack_u64(&sent, 1);
	assert_int_equal(pieces_join(&pieces, &sent, &out), RC_TOO_LARGE);
	buf_clear(&sent);
	pack_u32(&sent, (uint32_t)FRAME_MAX + 1);
	pack_u64(&sent, 1);
	assert_int_equal(pieces_join(&pieces, &sent, &out), RC_TOO_LARGE);
	pieces_free(&pieces);
	buf_free(&sent);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_is_unpacked),
		cmocka_unit_test(a_cut_message_turns_bad_and_stays_so),
		cmocka_unit_test(a_length_beyond_the_end_is_bad),
		cmocka_unit_test(frames_come_out_as_they_went_in),
		cmocka_unit_test(an_unfinished_frame_is_waited_for),
		cmocka_unit_test(a_frame_has_a_largest_size),
		cmocka_unit_test(short_frames_pass_a_long_one),
		cmocka_unit_test(a_long_frame_can_be_given_up),
		cmocka_unit_test(pieces_have_a_largest_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
