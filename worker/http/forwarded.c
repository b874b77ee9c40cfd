#include "worker/http/forwarded.h"

#include "base/text.h"
#include "worker/http/request.h"

#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <strings.h>
#include <sys/queue.h>

static bool is_trusted(const struct address *address, const struct cidr *trusted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (cidr_contains(&trusted[i], address))
			return true;
	return false;
}

void forwarded_resolve(const struct address *peer, struct slice forwarded,
		       const struct cidr *trusted, size_t count, struct address *out)
{
	size_t end = forwarded.len;

	*out = *peer;
	while (end && is_trusted(out, trusted, count)) {
		size_t from = end;
		struct address before;

		while (from && forwarded.data[from - 1] != ',')
			from--;
		if (address_parse(text_trim(slice_make(forwarded.data + from, end - from)),
				  &before) != RC_OK)
			return;
		*out = before;
		end = from ? from - 1 : 0;
	}
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

enum rc forwarded_client(const struct request *request, struct address *out)
{
	const struct worker_settings *settings = request->worker->settings;
	const char *caller = request->conn ? conn_client(request->conn) : "-";
	struct buf forwarded = BUF_EMPTY;
	struct address peer;

	if (address_parse(slice_of(caller), &peer) != RC_OK)
		return RC_MALFORMED;
	*out = peer;
	if (settings->trusted_count) {
		read_forwarded(request, &forwarded);
		forwarded_resolve(&peer, buf_slice(&forwarded), settings->trusted,
				  settings->trusted_count, out);
		buf_free(&forwarded);
	}
	return RC_OK;
}

void forwarded_client_text(const struct request *request, char out[ADDRESS_TEXT_MAX])
{
	struct address client;

	if (request->worker->settings->trusted_count && forwarded_client(request, &client) == RC_OK)
		address_format(&client, out);
	else
		(void)snprintf(out, ADDRESS_TEXT_MAX, "%s",
			       request->conn ? conn_client(request->conn) : "-");
}
