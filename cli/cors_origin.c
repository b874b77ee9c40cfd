/* Checks the values of --cors-origin. Called by cli/settings.c. */
#include "cli/cors_origin.h"

#include "base/slice.h"
#include "base/text.h"

#include <arpa/inet.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define FORM "an origin is scheme://host or scheme://host:port, such as https://example.org"

static bool is_name(const char *host)
{
	return host[strspn(host, LOWER DIGITS "-._")] == '\0';
}

/* In brackets, which are removed. */
static bool is_ipv6(char *host, size_t len)
{
	struct in6_addr address;

	if (len < 2 || host[0] != '[' || host[len - 1] != ']' ||
	    host[strspn(host, DIGITS "abcdef:.[]")] != '\0')
		return false;
	host[len - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, &address) == 1;
}

static enum rc host_check(struct slice host, const char *text, struct error *err)
{
	char copy[256] = "";

	if (host.len == 0 || host.len >= sizeof(copy))
		return error_set(err, RC_MALFORMED, "\"%.100s\" has no host; " FORM, text);
	memcpy(copy, host.data, host.len);
	if (!is_name(copy) && !is_ipv6(copy, host.len))
		return error_set(err, RC_MALFORMED,
				 "the host in \"%.100s\" is not as browsers send it: lower case "
				 "letters, digits, - and . (xn-- for others)",
				 text);
	return RC_OK;
}

static enum rc port_check(struct slice scheme, struct slice port, const char *text,
			  struct error *err)
{
	uint64_t number;

	if (text_number(port, 65535, &number) != RC_OK || number == 0)
		return error_set(err, RC_MALFORMED,
				 "the port in \"%.100s\" is not a number from 1 to 65535", text);
	if ((number == 80 && slice_is(scheme, "http")) ||
	    (number == 443 && slice_is(scheme, "https")))
		return error_set(
			err, RC_MALFORMED,
			"leave the port out of \"%.100s\": browsers do, if it is the default "
			"of the scheme",
			text);
	return RC_OK;
}

enum rc cors_origin_check(const char *text, struct error *err)
{
	struct slice scheme = slice_make(text, strspn(text, LOWER DIGITS "+-."));
	const char *host = text + scheme.len + 3;
	const char *end, *colon;
	enum rc rc;

	if (strcmp(text, "*") == 0)
		return RC_OK;
	if (scheme.len == 0 || strncmp(text + scheme.len, "://", 3) != 0)
		return error_set(err, RC_MALFORMED, "\"%.100s\" is not an origin; " FORM, text);
	end = host + strcspn(host, "/?#@");
	if (*end)
		return error_set(err, RC_MALFORMED,
				 "\"%.100s\" has more than an origin from %.1s on; " FORM, text,
				 end);
	colon = *host == '[' ? strchr(host + strcspn(host, "]"), ':') : strchr(host, ':');
	rc = host_check(slice_make(host, (size_t)((colon ? colon : end) - host)), text, err);
	return rc == RC_OK && colon ? port_check(scheme, slice_of(colon + 1), text, err) : rc;
}
