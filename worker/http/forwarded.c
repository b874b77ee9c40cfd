/* X-Forwarded-For. Called by worker/http/request when a request begins. */
#include "worker/http/forwarded.h"

#include "base/buf.h"
#include "base/text.h"

#include <event2/keyvalq_struct.h>
#include <strings.h>
#include <sys/queue.h>

static bool is_trusted(const struct address *address, const struct trusted_proxies *trusted)
{
	for (size_t i = 0; i < trusted->count; i++)
		if (cidr_contains(&trusted->blocks[i], address))
			return true;
	return false;
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
		if (address_parse(text_trim(slice_make(forwarded.data + from, end - from)),
				  &before) != RC_OK)
			return;
		*out = before;
		end = from ? from - 1 : 0;
	}
}

void forwarded_client(const struct trusted_proxies *trusted, const struct address *peer,
		      const struct evkeyvalq *fields, struct address *out)
{
	struct buf list = BUF_EMPTY;
	struct evkeyval *field;

	*out = *peer;
	if (!is_trusted(peer, trusted))
		return;
	/* Fields of one name are one list (RFC 9110, 5.3). */
	TAILQ_FOREACH(field, fields, next)
	{
		if (strcasecmp(field->key, "X-Forwarded-For") != 0)
			continue;
		if (list.len)
			buf_put_byte(&list, ',');
		buf_put_text(&list, field->value);
	}
	forwarded_resolve(peer, buf_slice(&list), trusted, out);
	buf_free(&list);
}
