#include "worker/client.h"

#include "base/text.h"
#include "worker/request.h"

#include <event2/bufferevent.h>
#include <event2/keyvalq_struct.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>

static bool is_trusted(const struct address *address, const struct address_block *trusted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (address_block_holds(&trusted[i], address))
			return true;
	return false;
}

static struct slice trimmed(struct slice text)
{
	while (text.len && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = slice_make(text.data + 1, text.len - 1);
	while (text.len && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}

void client_resolve(const struct address *peer, struct slice forwarded, const struct address_block *trusted, size_t count,
		    struct address *out)
{
	size_t end = forwarded.len;

	*out = *peer;
	while (end && is_trusted(out, trusted, count)) {
		size_t from = end;
		struct address before;

		while (from && forwarded.data[from - 1] != ',')
			from--;
		if (address_parse(trimmed(slice_make(forwarded.data + from, end - from)), &before) != RC_OK)
			return;
		*out = before;
		end = from ? from - 1 : 0;
	}
}

static bool read_peer(const struct request *request, struct address *out)
{
	struct evhttp_connection *connection = request->conn ? evhttp_request_get_connection(request->http) : NULL;
	union {
		struct sockaddr any;
		struct sockaddr_storage room;
	} peer;
	socklen_t len = sizeof(peer);

	return connection && getpeername(bufferevent_getfd(evhttp_connection_get_bufferevent(connection)), &peer.any, &len) == 0 &&
	       address_of_socket(&peer.any, out) == RC_OK;
}

/* Fields of one name are one list (RFC 9110, 5.3). */
static void read_forwarded(const struct request *request, struct buf *out)
{
	struct evkeyval *field;

	TAILQ_FOREACH(field, evhttp_request_get_input_headers(request->http), next)
	{
		if (strcasecmp(field->key, "X-Forwarded-For") != 0)
			continue;
		if (out->len)
			buf_put_byte(out, ',');
		buf_put_text(out, field->value);
	}
}

void client_address(const struct request *request, char out[ADDRESS_TEXT_MAX])
{
	const struct worker_settings *settings = request->worker->settings;
	struct buf forwarded = BUF_EMPTY;
	struct address peer, client;

	out[0] = '\0';
	if (!read_peer(request, &peer))
		return;
	if (settings->trusted_count)
		read_forwarded(request, &forwarded);
	client_resolve(&peer, buf_slice(&forwarded), settings->trusted, settings->trusted_count, &client);
	address_format(&client, out);
	buf_free(&forwarded);
}
