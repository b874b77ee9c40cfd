/* The parts of a request from either reader. Called by worker/http/request and
 * worker/http/forwarded. */
#include "worker/http/incoming.h"

#include "worker/http/plain.h"

#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <strings.h>
#include <sys/queue.h>

enum evhttp_cmd_type incoming_method(const struct incoming *incoming)
{
	return incoming->plain ? incoming->plain->method
			       : evhttp_request_get_command(incoming->http);
}

static struct slice part(const char *text, const char *otherwise)
{
	return slice_of(text ? text : otherwise);
}

struct slice incoming_path(const struct incoming *incoming)
{
	if (incoming->plain)
		return incoming->plain->path;
	return part(evhttp_uri_get_path(evhttp_request_get_evhttp_uri(incoming->http)), "/");
}

struct slice incoming_query(const struct incoming *incoming)
{
	if (incoming->plain)
		return incoming->plain->query;
	return part(evhttp_uri_get_query(evhttp_request_get_evhttp_uri(incoming->http)), "");
}

const char *incoming_target_host(const struct incoming *incoming)
{
	if (incoming->plain)
		return NULL;
	return evhttp_uri_get_host(evhttp_request_get_evhttp_uri(incoming->http));
}

/* The first letters are compared first: most names differ there. */
static bool names_equal(const char *a, const char *b)
{
	return (a[0] | 0x20) == (b[0] | 0x20) && strcasecmp(a, b) == 0;
}

const char *incoming_field(const struct incoming *incoming, const char *name)
{
	const struct plain *plain = incoming->plain;

	if (plain == NULL)
		return evhttp_find_header(evhttp_request_get_input_headers(incoming->http), name);
	for (unsigned i = 0; i < plain->count; i++)
		if (names_equal(plain->fields[i].name, name))
			return plain->fields[i].value;
	return NULL;
}

static bool join(bool found, const char *value, struct buf *out)
{
	if (found)
		buf_put_byte(out, ',');
	buf_put_text(out, value);
	return true;
}

bool incoming_join(const struct incoming *incoming, const char *name, struct buf *out)
{
	const struct plain *plain = incoming->plain;
	struct evkeyval *field;
	bool found = false;

	for (unsigned i = 0; plain && i < plain->count; i++)
		if (names_equal(plain->fields[i].name, name))
			found = join(found, plain->fields[i].value, out);
	if (plain)
		return found;
	TAILQ_FOREACH(field, evhttp_request_get_input_headers(incoming->http), next)
	{
		if (strcasecmp(field->key, name) == 0)
			found = join(found, field->value, out);
	}
	return found;
}

struct slice incoming_body(const struct incoming *incoming)
{
	struct evbuffer *input;
	size_t len;

	if (incoming->plain)
		return incoming->plain->body;
	input = evhttp_request_get_input_buffer(incoming->http);
	len = evbuffer_get_length(input);
	return slice_make(len ? (const char *)evbuffer_pullup(input, -1) : "", len);
}
