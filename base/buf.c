/* The growable byte buffer. Every layer builds messages and responses in it. See also
 * base/shared_buf.c for buffers with several owners. */
#include "base/buf.h"

#include "base/mem.h"
#include "base/number.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_grow(struct buf *buf, size_t more)
{
	size_t cap = buf->cap ? buf->cap : 64;

	assert(buf->len <= buf->cap);
	while (cap - buf->len < more)
		cap += cap / 2 + more / 2;
	buf->data = mem_resize(buf->data, cap, 1);
	buf->cap = cap;
}

void buf_put_number(struct buf *buf, uint64_t number)
{
	buf->len += number_put(buf_reserve(buf, NUMBER_DIGITS_MAX), number);
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
