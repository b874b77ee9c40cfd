/* Reference-counted buffers. The worker's page cache and its responses share bodies by
 * them. See also base/buf.c. */
#include "base/shared_buf.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

struct shared_buf *shared_buf_new(struct buf *bytes)
{
	struct shared_buf *shared = mem_alloc(sizeof(*shared));

	*shared = (struct shared_buf){ .refs = 1, .bytes = *bytes };
	*bytes = (struct buf)BUF_EMPTY;
	return shared;
}

struct shared_buf *shared_buf_ref(struct shared_buf *shared)
{
	assert(shared->refs > 0);
	shared->refs++;
	return shared;
}

void shared_buf_unref(struct shared_buf *shared)
{
	if (shared == NULL)
		return;
	assert(shared->refs > 0);
	if (--shared->refs > 0)
		return;
	buf_free(&shared->bytes);
	free(shared);
}
