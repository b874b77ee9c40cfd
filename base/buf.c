/* The growable byte buffer. Every layer builds messages and responses in it. See also
 * base/shared_buf.c for buffers with several owners. */
#include "base/buf.h"

#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

char *buf_reserve(struct buf *buf, size_t more)
{
	size_t cap = buf->cap ? buf->cap : 64;

	assert(buf->len <= buf->cap);
	if (buf->cap - buf->len < more || buf->data == NULL) {
		while (cap - buf->len < more)
			cap += cap / 2 + more / 2;
		buf->data = mem_resize(buf->data, cap, 1);
		buf->cap = cap;
	}
	return buf->data + buf->len;
}

void buf_put(struct buf *buf, const void *data, size_t len)
{
	if (len) {
		memcpy(buf_reserve(buf, len), data, len);
		buf->len += len;
	}
}

void buf_put_byte(struct buf *buf, char byte)
{
	*buf_reserve(buf, 1) = byte;
	buf->len++;
}

void buf_put_text(struct buf *buf, const char *text)
{
	buf_put(buf, text, strlen(text));
}

void buf_put_slice(struct buf *buf, struct slice slice)
{
	buf_put(buf, slice.data, slice.len);
}

void buf_putf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len > 0) {
		(void)vsnprintf(buf_reserve(buf, (size_t)len + 1), (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

void buf_drop(struct buf *buf, size_t n)
{
	assert(n <= buf->len);
	buf->len -= n;
	if (buf->len && n)
		memmove(buf->data, buf->data + n, buf->len);
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf)BUF_EMPTY;
}
