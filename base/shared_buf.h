/* A buffer with a reference count, for bytes that several owners share. */
#ifndef BASE_SHARED_BUF_H
#define BASE_SHARED_BUF_H

#include "base/buf.h"

struct shared_buf {
	size_t refs;
	struct buf bytes; /* read only */
};

/* Takes over the memory of `bytes`, which is empty afterwards. The caller holds the one
 * reference. */
struct shared_buf *shared_buf_new(struct buf *bytes);
struct shared_buf *shared_buf_ref(struct shared_buf *shared);
/* Frees the buffer with its last reference. NULL is a no-op. */
void shared_buf_unref(struct shared_buf *shared);

#endif
