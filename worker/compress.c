/* Compression of cached pages. Called by worker/sync_pull and worker/page_cache. */
#include "worker/compress.h"

#include "store/docid.h"

#include <zlib.h>

/* With a head and an end as RFC 1952 has them. */
#define WINDOW_GZIP (15 + 16)
#define MEMORY 8

bool compress_allows(const struct store_page *page, struct slice group, size_t len)
{
	if (len < COMPRESS_MIN || group_is_all(group))
		return false;
	for (size_t i = 0; i < page->count; i++)
		if (docid_group(page->docs[i].id).len != group.len)
			return false;
	return true;
}

bool compress_gzip(struct slice bytes, struct buf *out)
{
	z_stream stream = { .next_in = (z_const Bytef *)bytes.data, .avail_in = (uInt)bytes.len };
	int code = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_GZIP, MEMORY,
				Z_DEFAULT_STRATEGY);

	if (code != Z_OK)
		return false;
	stream.next_out = (Bytef *)buf_reserve(out, bytes.len);
	stream.avail_out = (uInt)bytes.len;
	code = deflate(&stream, Z_FINISH);
	out->len = bytes.len - stream.avail_out;
	(void)deflateEnd(&stream);
	if (code != Z_STREAM_END)
		buf_free(out);
	return code == Z_STREAM_END;
}
