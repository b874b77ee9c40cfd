/* Fuzzes the messages of the control socket and of the workers' links: frames of packed
 * requests, and replies. A message that can be unpacked must be equal after packing and
 * unpacking it again. */
#include "ipc/frame.h"
#include "store/store.h"
#include "t/fuzz/fuzz.h"

static void try_request(struct slice bytes)
{
	struct buf first = BUF_EMPTY, second = BUF_EMPTY;
	struct store_request request, again;

	if (store_request_unpack(bytes, &request) == RC_OK) {
		store_request_pack(&request, &first);
		REQUIRE(store_request_unpack(buf_slice(&first), &again) == RC_OK);
		store_request_pack(&again, &second);
		REQUIRE(slice_equal(buf_slice(&first), buf_slice(&second)));
		store_request_clear(&again);
	}
	store_request_clear(&request);
	buf_free(&first);
	buf_free(&second);
}

static void try_reply(struct slice bytes)
{
	struct buf first = BUF_EMPTY, second = BUF_EMPTY;
	struct store_reply reply, again;

	if (store_reply_unpack(bytes, &reply) == RC_OK) {
		store_reply_pack(&reply, &first);
		REQUIRE(store_reply_unpack(buf_slice(&first), &again) == RC_OK);
		store_reply_pack(&again, &second);
		REQUIRE(slice_equal(buf_slice(&first), buf_slice(&second)));
		store_reply_clear(&again);
	}
	store_reply_clear(&reply);
	buf_free(&first);
	buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const bool is_reply = input_number(&input, 1) & 1;
	struct slice bytes;
	char *copy = input_rest(&input, &bytes);
	struct frame frame;
	enum rc rc;

	if (is_reply)
		try_reply(bytes);
	else
		try_request(bytes);
	while ((rc = frame_take(bytes, &frame)) == RC_OK) {
		REQUIRE(frame.size <= bytes.len &&
			frame.payload.data + frame.payload.len == bytes.data + frame.size);
		try_request(frame.payload);
		bytes = slice_make(bytes.data + frame.size, bytes.len - frame.size);
	}
	REQUIRE(rc == RC_BUSY || rc == RC_TOO_LARGE || rc == RC_MALFORMED);
	free(copy);
	return 0;
}
