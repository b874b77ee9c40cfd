/* Frames in pieces, on the links of workers to the writer: sent by worker/writer_link,
 * joined by writer/peer. */
#include "ipc/pieces.h"

#include "ipc/pack.h"

#include <assert.h>

#define HEADER_SIZE (sizeof(uint32_t) + sizeof(uint64_t))

bool piece_put(struct slice whole, size_t *at, struct buf *out)
{
	struct unpack header = { .rest = whole };
	size_t from = *at ? *at : HEADER_SIZE, len = whole.len - from;
	uint64_t tag;

	assert(whole.len > HEADER_SIZE && from < whole.len);
	(void)unpack_u32(&header);
	tag = unpack_u64(&header);
	if (len > PIECE_BYTES)
		len = PIECE_BYTES;
	*at = from + len;
	pack_u32(out, (uint32_t)len | (*at < whole.len ? PIECE_MORE : 0));
	pack_u64(out, tag);
	buf_put(out, whole.data + from, len);
	return *at < whole.len;
}

/* A frame or a piece; see frame_take. */
static enum rc piece_take(struct slice bytes, struct frame *out, bool *more)
{
	struct unpack in = { .rest = bytes };
	uint32_t len;

	if (bytes.len < HEADER_SIZE)
		return RC_BUSY;
	len = unpack_u32(&in);
	out->tag = unpack_u64(&in);
	*more = (len & PIECE_MORE) != 0;
	len &= ~PIECE_MORE;
	if (len > (*more ? PIECE_BYTES : FRAME_MAX))
		return RC_TOO_LARGE;
	if (in.rest.len < len)
		return RC_BUSY;
	out->payload = slice_make(in.rest.data, len);
	out->size = HEADER_SIZE + len;
	return RC_OK;
}

static void pieces_end(struct pieces *pieces, struct buf *out)
{
	frame_end(&pieces->whole, 0);
	if (out->len == 0) {
		struct buf empty = *out;

		*out = pieces->whole;
		pieces->whole = empty;
	} else {
		buf_put_slice(out, buf_slice(&pieces->whole));
	}
	buf_clear(&pieces->whole);
	pieces->begun = false;
}

static enum rc pieces_add(struct pieces *pieces, const struct frame *piece, bool more,
			  struct buf *out)
{
	if (!pieces->begun || piece->tag != pieces->tag) {
		buf_clear(&pieces->whole);
		(void)frame_begin(&pieces->whole, piece->tag);
		pieces->tag = piece->tag;
		pieces->begun = true;
	}
	if (pieces->whole.len + piece->payload.len > FRAME_MAX)
		return RC_TOO_LARGE;
	if (piece->payload.len)
		buf_put_slice(&pieces->whole, piece->payload);
	if (!more)
		pieces_end(pieces, out);
	return RC_OK;
}

enum rc pieces_join(struct pieces *pieces, struct buf *in, struct buf *out)
{
	struct frame frame;
	enum rc rc = RC_OK;
	size_t at = 0;
	bool more;

	while (rc == RC_OK && at < in->len &&
	       (rc = piece_take(buf_slice_from(in, at), &frame, &more)) == RC_OK) {
		if (more || (pieces->begun && frame.tag == pieces->tag))
			rc = pieces_add(pieces, &frame, more, out);
		else
			buf_put(out, in->data + at, frame.size);
		at += frame.size;
	}
	buf_drop(in, at);
	return rc == RC_BUSY ? RC_OK : rc;
}

void pieces_free(struct pieces *pieces)
{
	buf_free(&pieces->whole);
	pieces->begun = false;
}
