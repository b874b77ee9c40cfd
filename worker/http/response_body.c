/* Gives the bodies of responses to libevent, or frees them. Called by
 * worker/http/request and worker/http/conn_plain. */
#include "worker/http/response_body.h"

#include "base/log.h"

#include <stdlib.h>
#include <unistd.h>

struct response_body response_body_of(struct slice bytes, evbuffer_ref_cleanup_cb release,
				      void *owner)
{
	return (struct response_body){
		.bytes = bytes, .release = release, .owner = owner, .fd = -1
	};
}

size_t response_body_len(const struct response_body *body)
{
	return body->fd < 0 ? body->bytes.len : body->len;
}

/* Else evbuffer_add_file maps the file, and a file that shrinks would be a SIGBUS. */
static void add_file(const struct response_body *body, struct evbuffer *out)
{
	(void)evbuffer_set_flags(out, EVBUFFER_FLAG_DRAINS_TO_FD);
	if (evbuffer_add_file(out, body->fd, (ev_off_t)body->from, (ev_off_t)body->len) < 0) {
		log_error("out_of_memory");
		_Exit(EXIT_FAILURE);
	}
}

void response_body_move(struct response_body *body, size_t from, struct evbuffer *out)
{
	if (from == response_body_len(body))
		response_body_release(body);
	else if (body->fd >= 0)
		add_file(body, out);
	else
		(void)evbuffer_add_reference(out, body->bytes.data + from, body->bytes.len - from,
					     body->release, body->owner);
}

void response_body_release(struct response_body *body)
{
	if (body->fd >= 0)
		close(body->fd);
	else if (body->release)
		body->release(body->bytes.data, body->bytes.len, body->owner);
}
