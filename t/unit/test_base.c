/* Buffers, packed messages, frames, channels, log lines, reasons. */
#include "base/buf.h"
#include "base/channel.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pack.h"
#include "base/reason.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- Memory and buffers -------------------------------------------------------------------------------------------------------- */

static void memory_comes_zeroed_and_also_for_nothing(void **state)
{
	char *bytes = mem_alloc(100), *copy;

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(bytes[i], 0);
	bytes = mem_resize(bytes, 0, 8);
	free(bytes);
	free(mem_alloc(0));
	free(mem_array(0, 8));
	copy = mem_copy("a\0b", 3);
	assert_memory_equal(copy, "a\0b", 4);
	free(copy);
	copy = mem_copy(NULL, 0);
	assert_string_equal(copy, "");
	free(copy);
}

static void a_buffer_grows_and_keeps_what_is_in_it(void **state)
{
	struct buf buf = BUF_EMPTY;

	(void)state;
	assert_int_equal(buf_slice(&buf).len, 0);
	buf_put(&buf, NULL, 0);
	buf_put_text(&buf, "");
	assert_null(buf.data);
	for (int i = 0; i < 100000; i++)
		buf_put_byte(&buf, (char)(i % 251));
	assert_int_equal(buf.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal((unsigned char)buf.data[i], i % 251);
	assert_true(buf.cap < 4 * buf.len);
	buf_free(&buf);
	assert_null(buf.data);
	assert_int_equal(buf.len + buf.cap, 0);
	buf_free(&buf);
}

static void a_buffer_takes_all_kinds_of_text(void **state)
{
	struct buf buf = BUF_EMPTY;

	(void)state;
	buf_putf(&buf, "%s-%d", "a", 7);
	buf_putf(&buf, "%s", "");
	buf_put_slice(&buf, slice_make("x\0y", 3));
	buf_put_byte(&buf, '!');
	assert_true(slice_equal(buf_slice(&buf), slice_make("a-7x\0y!", 7)));
	buf_clear(&buf);
	buf_putf(&buf, "%0500d", 1);
	assert_int_equal(buf.len, 500);
	assert_int_equal(buf.data[499], '1');
	buf_free(&buf);
}

static void reserved_room_is_there_to_its_last_byte(void **state)
{
	struct buf buf = BUF_EMPTY;

	(void)state;
	for (size_t more = 0; more < 5000; more = more * 2 + 1) {
		memset(buf_reserve(&buf, more), 'x', more);
		assert_non_null(buf.data);
		assert_true(buf.cap - buf.len >= more);
		buf.len += more / 2;
	}
	memset(buf_reserve(&buf, buf.cap - buf.len), 'y', buf.cap - buf.len);
	buf_free(&buf);
}

static void what_is_dropped_is_the_beginning(void **state)
{
	struct buf buf = BUF_EMPTY;

	(void)state;
	buf_drop(&buf, 0);
	buf_put_text(&buf, "abcdef");
	buf_drop(&buf, 0);
	buf_drop(&buf, 2);
	assert_true(slice_is(buf_slice(&buf), "cdef"));
	buf_put_text(&buf, "gh");
	buf_drop(&buf, 5);
	assert_true(slice_is(buf_slice(&buf), "h"));
	buf_drop(&buf, 1);
	assert_int_equal(buf.len, 0);
	buf_put_text(&buf, "z");
	assert_true(slice_is(buf_slice(&buf), "z"));
	buf_free(&buf);
}

/* ---- Packed messages ----------------------------------------------------------------------------------------------------------- */

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

/* ---- Frames -------------------------------------------------------------------------------------------------------------------- */

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

/* ---- Channels ------------------------------------------------------------------------------------------------------------------ */

static void words_come_one_by_one(void **state)
{
	struct channel_message message;
	int ends[2];

	(void)state;
	assert_int_equal(channel_pair(ends), RC_OK);
	for (int i = 0; i < 2; i++) {
		assert_true(fcntl(ends[i], F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(ends[i], F_GETFL) & O_NONBLOCK);
	}
	assert_int_equal(channel_receive(ends[0], &message), RC_BUSY);
	assert_int_equal(channel_send(ends[1], CHANNEL_READY, -1), RC_OK);
	assert_int_equal(channel_send(ends[1], CHANNEL_LINK, -1), RC_OK);
	assert_int_equal(channel_send(ends[0], CHANNEL_READY, -1), RC_OK);
	assert_int_equal(channel_receive(ends[0], &message), RC_OK);
	assert_int_equal(message.word, CHANNEL_READY);
	assert_int_equal(message.fd, -1);
	assert_int_equal(channel_receive(ends[0], &message), RC_OK);
	assert_int_equal(message.word, CHANNEL_LINK);
	assert_int_equal(channel_receive(ends[0], &message), RC_BUSY);
	assert_int_equal(channel_receive(ends[1], &message), RC_OK);
	close(ends[0]);
	close(ends[1]);
}

static void a_descriptor_comes_along(void **state)
{
	struct channel_message message;
	struct stat sent, came;
	int ends[2], pipe_ends[2];
	char byte = 0;

	(void)state;
	assert_int_equal(channel_pair(ends), RC_OK);
	assert_int_equal(pipe(pipe_ends), 0);
	assert_int_equal(channel_send(ends[0], CHANNEL_LINK, pipe_ends[1]), RC_OK);
	assert_int_equal(channel_receive(ends[1], &message), RC_OK);
	assert_true(message.fd >= 0 && message.fd != pipe_ends[1]);
	assert_true(fcntl(message.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fstat(pipe_ends[1], &sent) | fstat(message.fd, &came), 0);
	assert_int_equal(sent.st_ino, came.st_ino);
	close(pipe_ends[1]);
	assert_int_equal(write(message.fd, "!", 1), 1);
	assert_int_equal(read(pipe_ends[0], &byte, 1), 1);
	assert_int_equal(byte, '!');
	close(message.fd);
	close(pipe_ends[0]);
	close(ends[0]);
	close(ends[1]);
}

/* What was sent before the end is still received; a signal ends nobody. */
static void the_end_of_the_other_side_is_told(void **state)
{
	struct channel_message message;
	int ends[2];

	(void)state;
	assert_int_equal(channel_pair(ends), RC_OK);
	assert_int_equal(channel_send(ends[0], CHANNEL_READY, -1), RC_OK);
	close(ends[0]);
	assert_int_equal(channel_send(ends[1], CHANNEL_READY, -1), RC_UNAVAILABLE);
	assert_int_equal(channel_receive(ends[1], &message), RC_OK);
	assert_int_equal(channel_receive(ends[1], &message), RC_UNAVAILABLE);
	close(ends[1]);
}

static void a_full_queue_is_told(void **state)
{
	struct channel_message message;
	enum rc rc = RC_OK;
	int ends[2];
	size_t sent = 0, received = 0;

	(void)state;
	assert_int_equal(channel_pair(ends), RC_OK);
	while (rc == RC_OK && sent < 1000000) {
		rc = channel_send(ends[0], CHANNEL_READY, -1);
		sent += rc == RC_OK;
	}
	assert_int_equal(rc, RC_BUSY);
	while (channel_receive(ends[1], &message) == RC_OK)
		received++;
	assert_int_equal(received, sent);
	assert_int_equal(channel_send(ends[0], CHANNEL_READY, -1), RC_OK);
	close(ends[0]);
	close(ends[1]);
}

/* ---- Log lines ----------------------------------------------------------------------------------------------------------------- */

/* What `write` puts on stderr. */
static size_t capture(void (*write_lines)(const void *), const void *arg, char *out, size_t size)
{
	int pipe_ends[2], kept = dup(STDERR_FILENO);
	ssize_t got;

	assert_int_equal(pipe2(pipe_ends, O_NONBLOCK), 0);
	fflush(stderr);
	dup2(pipe_ends[1], STDERR_FILENO);
	write_lines(arg);
	dup2(kept, STDERR_FILENO);
	got = read(pipe_ends[0], out, size - 1);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	close(kept);
	out[got > 0 ? got : 0] = 0;
	return got > 0 ? (size_t)got : 0;
}

static void write_value(const void *arg)
{
	log_warn("tried", LOG_TEXT("key", arg));
}

static void values_are_quoted_where_they_must_be(void **state)
{
	static const struct {
		const char *value, *written;
	} values[] = {
		{ "plain", "plain" },
		{ "a/b:c-d.e?f&g", "a/b:c-d.e?f&g" },
		{ "\xc3\xa4", "\xc3\xa4" },
		{ "", "\"\"" },
		{ NULL, "\"\"" },
		{ "a b", "\"a b\"" },
		{ "a=b", "\"a=b\"" },
		{ "a\"b", "\"a\\\"b\"" },
		{ "a\\b", "\"a\\\\b\"" },
		{ "a\nlevel=error event=fake", "\"a\\u000alevel=error event=fake\"" },
		{ "\r\t\x1b[31m\x7f", "\"\\u000d\\u0009\\u001b[31m\\u007f\"" },
	};
	char line[4096], wanted[200];

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		size_t len = capture(write_value, values[i].value, line, sizeof(line));

		(void)snprintf(wanted, sizeof(wanted), " event=tried key=%s\n", values[i].written);
		assert_non_null(strstr(line, wanted));
		assert_ptr_equal(strchr(line, '\n'), line + len - 1);
	}
}

struct long_value {
	const char *value;
};

static void write_long_value(const void *arg)
{
	const struct long_value *it = arg;

	log_warn("tried", LOG_TEXT("key", it->value), LOG_TEXT("again", it->value), LOG_TEXT("thrice", it->value), LOG_NUMBER("after", 1));
}

/* Every value of the line ends where it began: quotes are paired, no escape and no character is cut in two. */
static void an_overlong_value_is_cut_whole(void **state)
{
	static const char *const fillers[] = { "x", " ", "\"", "\\", "\n", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "a b\"" };
	char value[5000], line[4096];

	(void)state;
	for (size_t i = 0; i < COUNT(fillers) * 8; i++) {
		struct long_value it = { .value = value };
		size_t len, at = 0, quotes = 0;

		value[0] = 0;
		for (size_t pad = i / COUNT(fillers); pad; pad--)
			value[at++] = '-';
		while (at + 4 < sizeof(value))
			at += (size_t)sprintf(value + at, "%s", fillers[i % COUNT(fillers)]);
		len = capture(write_long_value, &it, line, sizeof(line));
		assert_in_range(len, 1000, 2048);
		assert_ptr_equal(strchr(line, '\n'), line + len - 1);
		assert_true(text_is_utf8(slice_make(line, len)));
		assert_non_null(strstr(line, " event=tried key="));
		assert_non_null(strstr(line, "..."));
		for (at = 0; at < len; at++) {
			if (line[at] == '\\')
				at += line[at + 1] == 'u' ? 5 : 1;
			else
				quotes += line[at] == '"';
		}
		assert_int_equal(quotes % 2, 0);
		assert_true(line[len - 2] == '"' || (line[len - 2] == '.' && quotes == 0) || line[len - 2] == '1');
	}
}

static void levels_have_names(void **state)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	static const char *const others[] = { "", "Error", "warning", "info ", "4" };
	enum log_level level;

	(void)state;
	for (enum log_level i = LOG_ERROR; i <= LOG_DEBUG; i++) {
		assert_int_equal(log_level_parse(names[i], &level), RC_OK);
		assert_int_equal(level, i);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(log_level_parse(others[i], &level), RC_MALFORMED);
}

static void write_all_fields(const void *arg)
{
	(void)arg;
	log_process("worker.3");
	log_error("broke", LOG_NUMBER("least", INT64_MIN), LOG_NUMBER("most", INT64_MAX), LOG_TEXT("text", "x"), LOG_NUMBER("none", 0));
	log_process("main");
}

static void a_line_has_its_fields_in_order(void **state)
{
	char line[4096], wanted[400];
	int read_to = 0;

	(void)state;
	capture(write_all_fields, NULL, line, sizeof(line));
	(void)snprintf(
		wanted, sizeof(wanted),
		" level=error process=worker.3 pid=%d event=broke least=-9223372036854775808 most=9223372036854775807 text=x none=0\n",
		getpid());
	assert_int_equal(sscanf(line, "time=%*4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ%n", &read_to), 0);
	assert_int_equal(read_to, strlen("time=2026-01-01T00:00:00.000Z"));
	assert_string_equal(line + read_to, wanted);
}

static void write_at_all_levels(const void *arg)
{
	log_limit(*(const enum log_level *)arg);
	log_error("an_error");
	log_warn("a_warning");
	log_info("an_info");
	log_debug("a_debug");
	log_limit(LOG_INFO);
}

static void lines_above_the_limit_are_left_out(void **state)
{
	static const char *const events[] = { "level=error", "level=warn", "level=info", "level=debug" };
	char lines[4096];

	(void)state;
	for (enum log_level limit = LOG_ERROR; limit <= LOG_DEBUG; limit++) {
		capture(write_at_all_levels, &limit, lines, sizeof(lines));
		for (enum log_level level = LOG_ERROR; level <= LOG_DEBUG; level++)
			assert_int_equal(strstr(lines, events[level]) != NULL, level <= limit);
	}
}

static void words_of_the_master_set_the_level(void **state)
{
	(void)state;
	for (enum log_level level = LOG_ERROR; level <= LOG_DEBUG; level++)
		assert_true(channel_set_level((enum channel_word)(CHANNEL_LOG + (int)level)));
	assert_false(channel_set_level((enum channel_word)(CHANNEL_LOG_LAST + 1)));
	assert_false(channel_set_level((enum channel_word)(CHANNEL_LOG - 1)));
	assert_false(channel_set_level(CHANNEL_READY));
	log_limit(LOG_INFO);
}

static void a_line_has_an_end(void **state)
{
	char value[5000], line[8192];
	size_t len;

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = 0;
	len = capture(write_value, value, line, sizeof(line));
	assert_in_range(len, 1024, 2048);
	assert_ptr_equal(strchr(line, '\n'), line + len - 1);
	/* Escapes make it longer yet. */
	memset(value, '\n', sizeof(value) - 1);
	len = capture(write_value, value, line, sizeof(line));
	assert_in_range(len, 1024, 2048);
	assert_ptr_equal(strchr(line, '\n'), line + len - 1);
}

/* ---- Reasons ------------------------------------------------------------------------------------------------------------------- */

static void a_reason_is_said_and_the_result_handed_on(void **state)
{
	struct reason why;

	(void)state;
	assert_int_equal(reason_set(&why, RC_DENIED, "%s: %d", "docs", 7), RC_DENIED);
	assert_string_equal(why.text, "docs: 7");
	assert_int_equal(reason_set(NULL, RC_IO, "%s", "unheard"), RC_IO);
}

static void a_long_reason_is_cut_between_characters(void **state)
{
	static const char *const characters[] = { "a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80" };
	struct reason why;
	char text[1000];

	(void)state;
	for (size_t i = 0; i < COUNT(characters); i++) {
		size_t size = strlen(characters[i]);

		for (size_t lead = 0; lead < 5; lead++) {
			memset(text, '-', lead);
			for (size_t at = lead; at < 900; at += size)
				memcpy(text + at, characters[i], size + 1);
			assert_int_equal(reason_set(&why, RC_IO, "%s", text), RC_IO);
			assert_true(text_is_utf8(slice_of(why.text)));
			assert_true(strlen(why.text) > sizeof(why.text) - 1 - size);
			assert_memory_equal(why.text, text, strlen(why.text));
		}
	}
}

/* What is no UTF-8 is not made any, but the end is. */
static void a_long_reason_may_be_anything(void **state)
{
	struct reason why;
	char text[1000];

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		memset(text, byte, sizeof(text) - 1);
		text[sizeof(text) - 1] = 0;
		assert_int_equal(reason_set(&why, RC_IO, "%s", text), RC_IO);
		assert_in_range(strlen(why.text), sizeof(why.text) - 6, sizeof(why.text) - 1);
	}
}

static void every_result_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (enum rc rc = RC_OK; rc < RC_COUNT; rc++) {
		assert_string_not_equal(rc_name(rc), "unknown");
		for (enum rc other = RC_OK; other < rc; other++)
			assert_string_not_equal(rc_name(rc), rc_name(other));
	}
	assert_int_equal(rc_of_errno(ENOSPC), RC_FULL);
	assert_int_equal(rc_of_errno(EDQUOT), RC_FULL);
	assert_int_equal(rc_of_errno(EFBIG), RC_FULL);
	assert_int_equal(rc_of_errno(EROFS), RC_READ_ONLY);
	assert_int_equal(rc_of_errno(EIO), RC_IO);
	assert_string_equal(rc_name(RC_COUNT), "unknown");
	assert_string_equal(rc_name((enum rc)4711), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_comes_zeroed_and_also_for_nothing),
		cmocka_unit_test(a_buffer_grows_and_keeps_what_is_in_it),
		cmocka_unit_test(a_buffer_takes_all_kinds_of_text),
		cmocka_unit_test(reserved_room_is_there_to_its_last_byte),
		cmocka_unit_test(what_is_dropped_is_the_beginning),
		cmocka_unit_test(what_was_packed_is_unpacked),
		cmocka_unit_test(a_cut_message_turns_bad_and_stays_so),
		cmocka_unit_test(a_length_beyond_the_end_is_bad),
		cmocka_unit_test(frames_come_out_as_they_went_in),
		cmocka_unit_test(an_unfinished_frame_is_waited_for),
		cmocka_unit_test(a_frame_has_a_largest_size),
		cmocka_unit_test(words_come_one_by_one),
		cmocka_unit_test(a_descriptor_comes_along),
		cmocka_unit_test(the_end_of_the_other_side_is_told),
		cmocka_unit_test(a_full_queue_is_told),
		cmocka_unit_test(values_are_quoted_where_they_must_be),
		cmocka_unit_test(an_overlong_value_is_cut_whole),
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test(words_of_the_master_set_the_level),
		cmocka_unit_test(a_line_has_its_fields_in_order),
		cmocka_unit_test(lines_above_the_limit_are_left_out),
		cmocka_unit_test(a_line_has_an_end),
		cmocka_unit_test(a_reason_is_said_and_the_result_handed_on),
		cmocka_unit_test(a_long_reason_is_cut_between_characters),
		cmocka_unit_test(a_long_reason_may_be_anything),
		cmocka_unit_test(every_result_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
