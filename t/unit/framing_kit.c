/* See framing_kit.h. */
#include "t/unit/framing_kit.h"

#include <stdlib.h>

void print_bytes(struct slice bytes)
{
	for (size_t i = 0; i < bytes.len && i < 2000; i++) {
		unsigned char byte = (unsigned char)bytes.data[i];

		if (byte == '\\' || byte < ' ' || byte >= 0x7f)
			print_error("\\x%02x%s", byte, byte == '\n' ? "\n" : "");
		else
			print_error("%c", byte);
	}
	print_error("\n");
}

struct verdict judge(struct slice bytes, size_t first, size_t second, size_t step)
{
	const size_t cuts[] = { first, second, bytes.len };
	struct verdict out = { .good = true };
	struct framing framing;
	size_t from = 0;

	framing_init(&framing, MAX_BODY);
	for (size_t i = 0; i < COUNT(cuts); i++) {
		while (from < cuts[i]) {
			size_t len = step && step < cuts[i] - from ? step : cuts[i] - from;
			/* A copy of its own, so that a sanitizer sees who reads beyond
			 * it. */
			char *copy = malloc(len);

			memcpy(copy, bytes.data + from, len);
			out.good = framing_feed(&framing, slice_make(copy, len));
			free(copy);
			from += len;
		}
	}
	assert_int_equal(out.good, framing.state != FRAMING_REFUSED);
	out.idle = framing_is_idle(&framing);
	out.is_head = framing.is_head;
	out.status = framing.status;
	out.detail = framing.detail ? framing.detail : "";
	out.requests = framing.requests;
	out.complete = framing.complete;
	framing_clear(&framing);
	return out;
}

void check_same(struct slice bytes, struct verdict a, struct verdict b, const char *how, size_t at)
{
	if (a.good == b.good && a.idle == b.idle && a.is_head == b.is_head &&
	    a.status == b.status && strcmp(a.detail, b.detail) == 0 && a.requests == b.requests &&
	    a.complete == b.complete)
		return;
	print_bytes(bytes);
	fail_msg("whole: %d \"%s\", %u begun, %u complete, idle %d; %s %zu: %d \"%s\", %u begun, "
		 "%u complete, idle %d",
		 a.status, a.detail, a.requests, a.complete, a.idle, how, at, b.status, b.detail,
		 b.requests, b.complete, b.idle);
}

struct verdict judge_in_pieces(struct slice bytes)
{
	struct verdict whole = judge(bytes, 0, 0, 0);
	size_t stride = bytes.len / 1000 + 1;

	for (size_t step = 1; step <= 5; step++)
		check_same(bytes, whole, judge(bytes, 0, 0, step), "in steps of", step);
	for (size_t at = 1; at < bytes.len; at += stride)
		check_same(bytes, whole, judge(bytes, at, at, 0), "split at", at);
	for (size_t at = 1; at + 1 < bytes.len; at += stride)
		check_same(bytes, whole, judge(bytes, at, at + 1, 0), "with a byte alone at", at);
	return whole;
}

/* Marsaglia's xorshift64*. */
size_t roll(struct dice *dice, size_t below)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return (size_t)((dice->state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

const struct slice seeds[] = {
	BYTES("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("HEAD /a/b?c=d HTTP/1.1\r\nHost: x:80\r\nAccept: */*\r\n\r\n"),
	BYTES("GET http://x/a HTTP/1.0\r\n\r\n"),
	BYTES("GET http://[::1]:8080/a?b HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"),
	BYTES("OPTIONS /sync HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"),
	BYTES("POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n{\"docs\":[]}"),
	BYTES("POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET / HTTP/1.1\r\nHost: "
	      "evil\r\n\r\n"),
	BYTES("PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
	      "chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"),
	BYTES("PATCH /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\nGET / "
	      "HTTP/1.1\r\nHost: evil\r\n\r\n\r\n0\r\n\r\n"),
	BYTES("DELETE /a HTTP/1.1\r\nContent-Length: 0\r\nHost: x\r\n\r\n"),
	BYTES("DELETE /a HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET / HTTP/1.1\r\nHost: "
	      "evil\r\n\r\n"),
};

const size_t seed_count = COUNT(seeds);

/* Bytes with a meaning for some parser. */
static const struct slice spice[] = {
	BYTES("\n"),
	BYTES("\r"),
	BYTES("\r\n"),
	BYTES("\n\n"),
	BYTES("\r\n\r\n"),
	BYTES(" "),
	BYTES("\t"),
	BYTES(":"),
	BYTES("\0"),
	BYTES("0"),
	BYTES("0x"),
	BYTES("+"),
	BYTES("-"),
	BYTES(";"),
	BYTES(","),
	BYTES("\x0b"),
	BYTES("\x80"),
	BYTES("\xff"),
	BYTES("%2e"),
	BYTES("/"),
	BYTES(".."),
	BYTES("?"),
	BYTES("[::"),
	BYTES("@"),
	BYTES("http://"),
	BYTES("Transfer-Encoding: chunked\r\n"),
	BYTES("Transfer-Encoding:\tchunked\r\n"),
	BYTES("Transfer-Encoding: \x0b"
	      "chunked\r\n"),
	BYTES("Transfer-Encoding : chunked\r\n"),
	BYTES("Content-Length: 5\r\n"),
	BYTES("Content-Length:\t5\r\n"),
	BYTES("Content-Length: 0\r\n"),
	BYTES("Connection: close\r\n"),
	BYTES("Connection: keep-alive\r\n"),
	BYTES("Expect: 100-continue\r\n"),
	BYTES("Upgrade: h2c\r\n"),
	BYTES("Host: y\r\n"),
	BYTES(" folded\r\n"),
	BYTES("0\r\n\r\n"),
	BYTES("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
};

static void insert(struct buf *bytes, size_t at, struct slice piece)
{
	buf_reserve(bytes, piece.len);
	memmove(bytes->data + at + piece.len, bytes->data + at, bytes->len - at);
	memcpy(bytes->data + at, piece.data, piece.len);
	bytes->len += piece.len;
}

static void mutate_once(struct dice *dice, struct buf *bytes)
{
	size_t at = roll(dice, bytes->len + 1);
	size_t len = at < bytes->len ? roll(dice, bytes->len - at) % 8 + 1 : 0;

	if (len > bytes->len - at)
		len = bytes->len - at;
	switch (roll(dice, 4)) {
	case 0:
		if (len)
			bytes->data[at] = (char)roll(dice, 256);
		break;
	case 1:
		memmove(bytes->data + at, bytes->data + at + len, bytes->len - at - len);
		bytes->len -= len;
		break;
	default:
		insert(bytes, at, spice[roll(dice, COUNT(spice))]);
	}
}

void compose(struct dice *dice, struct buf *bytes)
{
	size_t requests = roll(dice, 4) + 1;
	size_t changes = roll(dice, 4);

	buf_clear(bytes);
	for (size_t i = 0; i < requests; i++)
		buf_put_slice(bytes, seeds[roll(dice, COUNT(seeds))]);
	for (size_t i = 0; i < changes; i++)
		mutate_once(dice, bytes);
}
