/* Fuzzes worker/http/framing.c: the verdict on a stream of bytes must not depend on the
 * pieces in which they arrive. */
#include "t/fuzz/fuzz.h"
#include "worker/http/framing.h"

#define MAX_BODY 300

struct verdict {
	bool good, idle, is_head;
	int status;
	unsigned requests, complete;
};

/* Feeds the bytes in pieces of `step`. */
static struct verdict judge(struct slice bytes, size_t step)
{
	struct verdict out = { .good = true };
	struct framing framing;

	framing_init(&framing, MAX_BODY);
	for (size_t at = 0; at < bytes.len; at += step)
		out.good = framing_feed(
			&framing,
			slice_make(bytes.data + at, step < bytes.len - at ? step : bytes.len - at));
	REQUIRE(out.good == (framing.state != FRAMING_REFUSED));
	REQUIRE(out.good || framing.status == 400 || framing.status == 405 ||
		framing.status == 413 || framing.status == 431);
	REQUIRE(out.good || framing.detail != NULL);
	REQUIRE(framing.complete <= framing.requests);
	REQUIRE(framing.line.len <= FRAMING_HEAD_MAX);
	out.idle = framing_is_idle(&framing);
	out.is_head = framing.is_head;
	out.status = framing.status;
	out.requests = framing.requests;
	out.complete = framing.complete;
	framing_clear(&framing);
	return out;
}

static bool same(struct verdict a, struct verdict b)
{
	return a.good == b.good && a.idle == b.idle && a.is_head == b.is_head &&
	       a.status == b.status && a.requests == b.requests && a.complete == b.complete;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	size_t step = 2 + (size_t)input_number(&input, 1);
	struct slice bytes;
	char *copy = input_rest(&input, &bytes);
	struct verdict whole = judge(bytes, bytes.len ? bytes.len : 1);

	REQUIRE(same(whole, judge(bytes, 1)));
	REQUIRE(same(whole, judge(bytes, step)));
	free(copy);
	return 0;
}
