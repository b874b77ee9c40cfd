/* Checks the host of a request. Called by worker/dispatch if authentication is off. */
#include "worker/http/host.h"

#include "base/cidr.h"

#include <strings.h>

/* Without the port, the brackets of IPv6, and the final dot of an absolute name. */
static struct slice host_of(struct slice text)
{
	const char *end;

	if (text.data[0] == '[') {
		end = memchr(text.data, ']', text.len);
		return end ? slice_make(text.data + 1, (size_t)(end - text.data) - 1) : text;
	}
	end = memchr(text.data, ':', text.len);
	if (end)
		text.len = (size_t)(end - text.data);
	if (text.len > 1 && text.data[text.len - 1] == '.')
		text.len--;
	return text;
}

static bool is_named(struct slice host, const char *name)
{
	return host.len == strlen(name) && strncasecmp(host.data, name, host.len) == 0;
}

static bool is_local_name(struct slice host)
{
	static const char local[] = ".localhost";
	const size_t len = sizeof(local) - 1;

	return is_named(host, local + 1) ||
	       (host.len > len && is_named(slice_make(host.data + host.len - len, len), local));
}

static bool is_loopback(struct slice host)
{
	static const struct address six = { .is6 = true, .bytes = { [15] = 1 } };
	struct address address;

	if (address_parse(host, &address) != RC_OK)
		return false;
	return address.is6 ? memcmp(address.bytes, six.bytes, sizeof(six.bytes)) == 0
			   : address.bytes[0] == 127;
}

bool host_is_own(struct slice host, const char *const *names, size_t count)
{
	if (host.len == 0)
		return true;
	host = host_of(host);
	if (is_local_name(host) || is_loopback(host))
		return true;
	for (size_t i = 0; i < count; i++)
		if (is_named(host, names[i]))
			return true;
	return false;
}
