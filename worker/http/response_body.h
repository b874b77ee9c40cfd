/* The body of a response, as bytes in memory or a part of a file. */
#ifndef WORKER_HTTP_RESPONSE_BODY_H
#define WORKER_HTTP_RESPONSE_BODY_H

#include "base/slice.h"

#include <event2/buffer.h>
#include <stdint.h>

struct response_body {
	struct slice bytes; /* empty if it is a file */
	/* Frees the bytes; NULL: they stay for ever. Only `owner` has a meaning. */
	evbuffer_ref_cleanup_cb release;
	void *owner;
	int fd;             /* of the file, or -1; taken over */
	uint64_t from, len; /* the part of the file */
};

/* All of `bytes`, no file. */
struct response_body response_body_of(struct slice bytes, evbuffer_ref_cleanup_cb release,
				      void *owner);
size_t response_body_len(const struct response_body *body);
/* Appends what is behind its first `from` bytes, which is released once it has been
 * sent. A file is sent by the kernel and is not held in memory; `from` is 0 then. */
void response_body_move(struct response_body *body, size_t from, struct evbuffer *out);
/* Releases a body that was not moved. */
void response_body_release(struct response_body *body);

#endif
