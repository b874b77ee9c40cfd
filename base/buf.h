/* A growable byte buffer. The caller owns the struct, the buffer owns its memory until
 * buf_free. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/slice.h"

#include <stdint.h>

struct buf {
	char *data; /* NULL until the first byte is appended */
	size_t len; /* bytes in use */
	size_t cap;
};

#define BUF_EMPTY \
	{ \
		NULL, 0, 0 \
	}

/* Makes room for `more` bytes: buf_reserve for a buffer that is too small. */
void buf_grow(struct buf *buf, size_t more);

/* Ensures that `more` bytes fit behind the current end and returns a pointer to them.
 * The caller adds the number of bytes written to len. */
static inline char *buf_reserve(struct buf *buf, size_t more)
{
	if (buf->data == NULL || buf->cap - buf->len < more)
		buf_grow(buf, more);
	return buf->data + buf->len;
}

static inline void buf_put(struct buf *buf, const void *data, size_t len)
{
	if (len == 0)
		return;
	memcpy(buf_reserve(buf, len), data, len);
	buf->len += len;
}

static inline void buf_put_byte(struct buf *buf, char byte)
{
	*buf_reserve(buf, 1) = byte;
	buf->len++;
}

static inline void buf_put_text(struct buf *buf, const char *text)
{
	buf_put(buf, text, strlen(text));
}

static inline void buf_put_slice(struct buf *buf, struct slice slice)
{
	buf_put(buf, slice.data, slice.len);
}

/* Decimal digits. */
void buf_put_number(struct buf *buf, uint64_t number);
/* Slow: not for what each request or each document needs. */
void buf_putf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Removes the first n bytes; n <= len. */
void buf_drop(struct buf *buf, size_t n);
/* Empties the buffer, keeps its memory. */
void buf_clear(struct buf *buf);
/* Frees the memory; the buffer is empty and can be used again. */
void buf_free(struct buf *buf);

/* The bytes from a place on. */
static inline struct slice buf_slice_from(const struct buf *buf, size_t from)
{
	return (struct slice){ buf->data ? buf->data + from : "", buf->len - from };
}

static inline struct slice buf_slice(const struct buf *buf)
{
	return (struct slice){ buf->data, buf->len };
}

#endif
