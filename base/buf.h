/* A growing byte buffer. The struct is the caller's, its bytes are the buffer's until
 * buf_free. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/slice.h"

struct buf {
	char *data; /* NULL while nothing was put */
	size_t len; /* bytes in use */
	size_t cap;
};

#define BUF_EMPTY \
	{ \
		NULL, 0, 0 \
	}

/* Makes room for `more` bytes behind the present end and returns where they begin; the
 * caller adds to len what it used. */
char *buf_reserve(struct buf *buf, size_t more);
void buf_put(struct buf *buf, const void *data, size_t len);
void buf_put_byte(struct buf *buf, char byte);
void buf_put_text(struct buf *buf, const char *text);
void buf_put_slice(struct buf *buf, struct slice slice);
void buf_putf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Drops the first n bytes (n <= len). */
void buf_drop(struct buf *buf, size_t n);
/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *buf);
/* Gives the memory back; the buffer is empty and usable again. */
void buf_free(struct buf *buf);

static inline struct slice buf_slice(const struct buf *buf)
{
	return (struct slice){ buf->data, buf->len };
}

#endif
