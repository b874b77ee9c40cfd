/* The watch over a connection's bytes: its verdict does not depend on the pieces in which they come. */
#include "t/fuzz/fuzz.h"
#include "worker/http/framing.h"

#define MAX_BODY 300

struct verdict {
	bool good, idle, is_head;
	int status;
	unsigned requests, complete;
};

/* In pieces of `step` bytes. */
static struct verdict judge(struct slice bytes, size_t step)
{
	struct verdict out = { .good = true };
	struct guard guard;

	guard_init(&guard, MAX_BODY);
	for (size_t at = 0; at < bytes.len; at += step)
		out.good = guard_feed(&guard, slice_make(bytes.data + at, step < bytes.len - at ? step : bytes.len - at));
	REQUIRE(out.good == (guard.state != GUARD_REFUSED));
	REQUIRE(out.good || guard.status == 400 || guard.status == 405 || guard.status == 413);
	REQUIRE(out.good || guard.detail != NULL);
	REQUIRE(guard.complete <= guard.requests);
	REQUIRE(guard.line.len <= GUARD_HEAD_MAX);
	out.idle = guard_is_idle(&guard);
	out.is_head = guard.is_head;
	out.status = guard.status;
	out.requests = guard.requests;
	out.complete = guard.complete;
	guard_clear(&guard);
	return out;
}

static bool same(struct verdict a, struct verdict b)
{
	return a.good == b.good && a.idle == b.idle && a.is_head == b.is_head && a.status == b.status && a.requests == b.requests &&
	       a.complete == b.complete;
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
