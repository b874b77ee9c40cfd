/* X-Forwarded-For. Called by worker/http/request when a request begins. */
#include "worker/http/forwarded.h"

#include "base/buf.h"
#include "base/text.h"
#include "worker/http/incoming.h"

#include <string.h>

static bool is_trusted(const struct address *address, const struct trusted_proxies *trusted)
{
	for (size_t i = 0; i < trusted->count; i++)
		if (cidr_contains(&trusted->blocks[i], address))
			return true;
	return false;
}

bool forwarded_is_trusted(const struct address *peer, const struct trusted_proxies *trusted)
{
	return is_trusted(peer, trusted);
}

/* An address, maybe with a port: 192.0.2.1:80 or [2001:db8::1]:80, as in RFC 7239,
 * section 6, and as some gateways write it here too. */
static enum rc read_node(struct slice text, struct address *out)
{
	const char *colon = memrchr(text.data, ':', text.len);
	const char *bracket = memrchr(text.data, ']', text.len);
	struct slice host = text;
	uint64_t port;

	if (address_parse(text, out) == RC_OK)
		return RC_OK;
	if (colon && (bracket == NULL || bracket < colon)) {
		host.len = (size_t)(colon - text.data);
		if (text_number(slice_make(colon + 1, text.len - host.len - 1), UINT16_MAX,
				&port) != RC_OK)
			return RC_MALFORMED;
	}
	if (host.len && host.data[0] == '[') {
		if (host.data[host.len - 1] != ']' || host.len < 3)
			return RC_MALFORMED;
		host = slice_make(host.data + 1, host.len - 2);
		return memchr(host.data, ':', host.len) ? address_parse(host, out) : RC_MALFORMED;
	}
	return memchr(host.data, ':', host.len) ? RC_MALFORMED : address_parse(host, out);
}

void forwarded_resolve(const struct address *peer, struct slice forwarded,
		       const struct trusted_proxies *trusted, struct address *out)
{
	size_t end = forwarded.len;

	*out = *peer;
	while (end && is_trusted(out, trusted)) {
		size_t from = end;
		struct address before;

		while (from && forwarded.data[from - 1] != ',')
			from--;
		if (read_node(text_trim(slice_make(forwarded.data + from, end - from)), &before) !=
		    RC_OK)
			return;
		*out = before;
		end = from ? from - 1 : 0;
	}
}

void forwarded_client(const struct trusted_proxies *trusted, const struct address *peer,
		      const struct incoming *incoming, struct address *out)
{
	struct buf list = BUF_EMPTY;

	*out = *peer;
	if (!is_trusted(peer, trusted))
		return;
	incoming_join(incoming, "X-Forwarded-For", &list);
	forwarded_resolve(peer, buf_slice(&list), trusted, out);
	buf_free(&list);
}
