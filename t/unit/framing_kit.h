/* Shared by the tests of framing: verdicts, and random requests that a seed repeats. */
#ifndef T_UNIT_FRAMING_KIT_H
#define T_UNIT_FRAMING_KIT_H

#include "base/array.h"
#include "base/buf.h"
#include "worker/http/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* A string literal as a slice; it may have zeros. */
#define BYTES(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

#define GET "GET / HTTP/1.1\r\nHost: x\r\n"
#define POST "POST / HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

/* Of every framing here. */
#define MAX_BODY 1000

void print_bytes(struct slice bytes);

/* ---- Verdicts ---- */

struct verdict {
	bool good, idle, is_head;
	int status;
	const char *detail;
	unsigned requests, complete;
};

/* The verdict on the bytes cut at two places, each piece in steps of that many bytes
 * (0: whole). */
struct verdict judge(struct slice bytes, size_t first, size_t second, size_t step);
/* Fails unless both are equal; `how` and `at` describe the cuts of the second. */
void check_same(struct slice bytes, struct verdict whole, struct verdict other, const char *how,
		size_t at);
/* The verdict on the bytes, which must not depend on how they are cut. */
struct verdict judge_in_pieces(struct slice bytes);

/* ---- Random requests ---- */

/* A seed determines the whole run. */
struct dice {
	uint64_t state; /* not 0 */
};

size_t roll(struct dice *dice, size_t below);
/* FRAMING_SEED in the environment runs another sequence, FRAMING_ROUNDS a longer
 * one. */
uint64_t from_environment(const char *name, uint64_t otherwise);
/* Requests, one each, that must pass. */
extern const struct slice seeds[];
extern const size_t seed_count;
/* Up to four of them in a row with up to three changes; `bytes` is cleared first. */
void compose(struct dice *dice, struct buf *bytes);

#endif
