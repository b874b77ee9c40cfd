/* A growable byte buffer. The caller owns the struct, the buffer owns its memory until
 * buf_free. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/slice.h"

struct buf {
	char *data; /* NULL until the first byte is appended */
	size_t len; /* bytes in use */
	size_t cap;
};

#define BUF_EMPTY \
	{ \
		NULL, 0, 0 \
	}

/* Ensures that `more` bytes fit behind the current end and returns a pointer to them.
 * The caller adds the number of bytes written to len. */
char *buf_reserve(struct buf *buf, size_t more);
void buf_put(struct buf *buf, const void *data, size_t len);
void buf_put_byte(struct buf *buf, char byte);
void buf_put_text(struct buf *buf, const char *text);
void buf_put_slice(struct buf *buf, struct slice slice);
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
