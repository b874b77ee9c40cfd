/* What the tests of the guard share: a random source that can be told again, and requests to begin from. */
#ifndef T_UNIT_GUARD_KIT_H
#define T_UNIT_GUARD_KIT_H

#include "base/buf.h"
#include "worker/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
/* A string literal as a slice, zeros in it and all. */
#define BYTES(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

#define MAX_BODY 1000

/* Marsaglia's xorshift64*: a seed tells the whole run. */
struct dice {
	uint64_t state;
};

static inline size_t roll(struct dice *dice, size_t below)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return (size_t)((dice->state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

/* GUARD_SEED in the environment runs another sequence, GUARD_ROUNDS a longer one. */
static inline uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static const struct slice seeds[] = {
	BYTES("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("HEAD /a/b?c=d HTTP/1.1\r\nHost: x:80\r\nAccept: */*\r\n\r\n"),
	BYTES("GET http://x/a HTTP/1.0\r\n\r\n"),
	BYTES("GET http://[::1]:8080/a?b HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"),
	BYTES("OPTIONS /sync HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"),
	BYTES("POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n{\"docs\":[]}"),
	BYTES("POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET / HTTP/1.1\r\nHost: evil\r\n\r\n"),
	BYTES("PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"),
	BYTES("PATCH /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\nGET / HTTP/1.1\r\nHost: evil\r\n\r\n\r\n0\r\n\r\n"),
	BYTES("DELETE /a HTTP/1.1\r\nContent-Length: 0\r\nHost: x\r\n\r\n"),
	BYTES("DELETE /a HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET / HTTP/1.1\r\nHost: evil\r\n\r\n"),
};

/* Bytes that mean something to one parser or another. */
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

static inline void insert(struct buf *bytes, size_t at, struct slice piece)
{
	buf_reserve(bytes, piece.len);
	memmove(bytes->data + at + piece.len, bytes->data + at, bytes->len - at);
	memcpy(bytes->data + at, piece.data, piece.len);
	bytes->len += piece.len;
}

static inline void mutate_once(struct dice *dice, struct buf *bytes)
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

/* Up to four requests in a row with up to three changes; `bytes` is cleared first. */
static inline void compose(struct dice *dice, struct buf *bytes)
{
	size_t requests = roll(dice, 4) + 1;
	size_t changes = roll(dice, 4);

	buf_clear(bytes);
	for (size_t i = 0; i < requests; i++)
		buf_put_slice(bytes, seeds[roll(dice, COUNT(seeds))]);
	for (size_t i = 0; i < changes; i++)
		mutate_once(dice, bytes);
}

#endif
