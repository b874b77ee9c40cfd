/* Fuzzes the transcoder. The first byte selects the encoding, the rest is the message.
 * The canonical form of an accepted message must be a fixed point, have a projection
 * that is JSON, and equal that projection if it is marked plain. */
#include "transit/transit.h"

#include <stdint.h>
#include <stdlib.h>

#define LIMIT 1000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rc take(enum encoding encoding, struct slice message, struct buf *out, bool *plain)
{
	struct transit_in *in = transit_in_new(encoding, message, LIMIT);
	enum rc rc;

	(void)transit_in_peek(in);
	rc = transit_in_value(in, out, plain);
	if (!rc)
		rc = transit_in_finish(in);
	if ((*transit_in_error(in) != '\0') != (rc != RC_OK))
		abort();
	transit_in_free(in);
	return rc;
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_accepted(struct slice canonical, bool plain)
{
	struct buf again = BUF_EMPTY;
	struct buf projection = BUF_EMPTY;
	struct buf stored = BUF_EMPTY;
	bool same;

	require(take(ENCODING_TRANSIT, canonical, &again, &same) == RC_OK);
	require(slice_equal(buf_slice(&again), canonical) && same == plain);
	require(transit_project(canonical, &projection) == RC_OK);
	require(!plain || slice_equal(buf_slice(&projection), canonical));
	require(take(ENCODING_JSON, buf_slice(&projection), &stored, &same) == RC_OK);
	buf_clear(&again);
	require(transit_project(buf_slice(&stored), &again) == RC_OK);
	require(slice_equal(buf_slice(&again), buf_slice(&projection)));
	buf_free(&again);
	buf_free(&projection);
	buf_free(&stored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice message = slice_make((const char *)data + 1, size ? size - 1 : 0);
	struct buf out = BUF_EMPTY;
	bool plain;

	if (size == 0)
		return 0;
	if (transit_project(message, &out) == RC_OK)
		buf_clear(&out);
	if (take(data[0] & 1 ? ENCODING_JSON : ENCODING_TRANSIT, message, &out, &plain) == RC_OK)
		check_accepted(buf_slice(&out), plain);
	buf_free(&out);
	return 0;
}
