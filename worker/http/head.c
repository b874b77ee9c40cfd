/* Checks the lines of a request's head. Called by worker/http/framing. */
#include "worker/http/head.h"

#include "base/array.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <strings.h>

static bool head_refuse(struct head *head, int status, const char *detail)
{
	head->status = status;
	head->detail = detail;
	return false;
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 9110, 5.6.2: the characters of methods and field names. */
static bool is_token(struct slice text)
{
	static const bool token[256] = {
		['0' ... '9'] = true,  ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['!'] = true,
		['#' ... '\''] = true, ['*'] = true,         ['+'] = true,         ['-'] = true,
		['.'] = true,          ['^' ... '`'] = true, ['|'] = true,         ['~'] = true,
	};

	for (size_t i = 0; i < text.len; i++)
		if (!token[(unsigned char)text.data[i]])
			return false;
	return text.len > 0;
}

static bool equals_ignoring_case(struct slice text, const char *name)
{
	return text.len == strlen(name) && strncasecmp(text.data, name, text.len) == 0;
}

static bool is_known_method(struct slice method)
{
	static const char *const known[] = { "GET",   "HEAD",   "POST",    "PUT",
					     "PATCH", "DELETE", "OPTIONS", "TRACE" };

	for (size_t i = 0; i < COUNT(known); i++)
		if (slice_is(method, known[i]))
			return true;
	return false;
}

static bool method_may_have_body(struct slice method)
{
	return slice_is(method, "POST") || slice_is(method, "PUT") || slice_is(method, "PATCH") ||
	       slice_is(method, "DELETE");
}

/* RFC 3986: visible ASCII without the characters that a URI cannot have; no
 * fragment. */
static bool target_has_legal_bytes(struct slice target)
{
	static const bool
		legal[256] = {
			['!'] = true,         ['$' ... ';'] = true, ['='] = true,
			['?' ... '['] = true, [']'] = true,         ['_'] = true,
			['a' ... 'z'] = true, ['~'] = true,
		};

	for (size_t i = 0; i < target.len; i++)
		if (!legal[(unsigned char)target.data[i]])
			return false;
	return target.len > 0;
}

static bool is_dot_segment(struct slice segment)
{
	return slice_is(segment, ".") || slice_is(segment, "..");
}

/* A path has one spelling: no empty or dot segments, also when escaped, and no escaped
 * zero. */
static bool check_path(struct head *head, struct slice path)
{
	char plain[8192];
	size_t len, begin = 1;

	if (path.len == 0 || path.data[0] != '/')
		return head_refuse(head, 400, "the request target is not a path");
	if (path.len > sizeof(plain))
		return head_refuse(head, 400, "the path is longer than 8192 bytes");
	if (text_percent_decode(path, false, plain, &len) != RC_OK)
		return head_refuse(head, 400, "the path has a broken percent escape");
	if (memchr(plain, 0, len))
		return head_refuse(head, 400, "the path has an escaped zero byte");
	for (size_t i = 1; i <= len; i++) {
		if (i < len && plain[i] != '/')
			continue;
		if (is_dot_segment(slice_make(plain + begin, i - begin)))
			return head_refuse(head, 400, "the path has a dot segment");
		if (i == begin && i < len)
			return head_refuse(head, 400, "the path has an empty segment");
		begin = i + 1;
	}
	return true;
}

/* RFC 3986, 3.2.2, without escaped names and IPvFuture. */
static bool is_host(struct slice text)
{
	static const char extra[] = "-._~!$&'()*+,;=";
	struct in6_addr address;
	char copy[INET6_ADDRSTRLEN];

	if (text.len > 2 && text.data[0] == '[' && text.data[text.len - 1] == ']' &&
	    text.len - 2 < sizeof(copy)) {
		memcpy(copy, text.data + 1, text.len - 2);
		copy[text.len - 2] = 0;
		return strlen(copy) == text.len - 2 && inet_pton(AF_INET6, copy, &address) == 1;
	}
	for (size_t i = 0; i < text.len; i++)
		if (!is_alphanumeric(text.data[i]) &&
		    (text.data[i] == 0 || strchr(extra, text.data[i]) == NULL))
			return false;
	return text.len > 0;
}

/* A host, or host:port. A user before an @ is refused: it serves to deceive (RFC 9110,
 * 4.2.4). */
static bool is_authority(struct slice text)
{
	const char *colon = memrchr(text.data, ':', text.len);
	const char *bracket = memrchr(text.data, ']', text.len);
	uint64_t port;

	if (colon == NULL || (bracket && bracket > colon))
		return is_host(text);
	return text_number(slice_make(colon + 1, text.len - (size_t)(colon - text.data) - 1),
			   UINT16_MAX, &port) == RC_OK &&
	       is_host(slice_make(text.data, (size_t)(colon - text.data)));
}

/* RFC 9112, 3.2: /path?query, or the same after http://authority. */
static bool check_target(struct head *head, struct slice target)
{
	static const char *const schemes[] = { "http://", "https://" };
	const char *end;

	if (!target_has_legal_bytes(target))
		return head_refuse(head, 400,
				   "the request target has a character that must be escaped");
	for (size_t i = 0; i < 2; i++) {
		size_t skip = strlen(schemes[i]);

		if (target.len > skip && strncasecmp(target.data, schemes[i], skip) == 0) {
			end = memchr(target.data + skip, '/', target.len - skip);
			if (end == NULL)
				return head_refuse(head, 400, "the request target has no path");
			if (!is_authority(slice_make(target.data + skip,
						     (size_t)(end - target.data) - skip)))
				return head_refuse(head, 400,
						   "the request target has a malformed host");
			target = slice_make(end, target.len - (size_t)(end - target.data));
			break;
		}
	}
	end = memchr(target.data, '?', target.len);
	return check_path(head,
			  slice_make(target.data, end ? (size_t)(end - target.data) : target.len));
}

static bool take_request_line(struct head *head, struct slice line)
{
	const char *first = memchr(line.data, ' ', line.len);
	const char *last = memrchr(line.data, ' ', line.len);
	struct slice method, version;

	if (first == NULL || first == last)
		return head_refuse(head, 400, "the request line is not METHOD TARGET VERSION");
	method = slice_make(line.data, (size_t)(first - line.data));
	version = slice_make(last + 1, line.len - (size_t)(last - line.data) - 1);
	if (!is_token(method))
		return head_refuse(head, 400, "the method is not a token");
	if (!slice_is(version, "HTTP/1.1") && !slice_is(version, "HTTP/1.0"))
		return head_refuse(head, 400, "the version is not HTTP/1.0 or HTTP/1.1");
	if (!is_known_method(method))
		return head_refuse(head, 405, "this method is not known here");
	head->begun = true;
	head->is_1_0 = slice_is(version, "HTTP/1.0");
	head->may_have_body = method_may_have_body(method);
	return check_target(head, slice_make(first + 1, (size_t)(last - first) - 1));
}

static bool check_length(struct head *head, struct slice value)
{
	if (text_number(value, INT64_MAX, &head->length) == RC_OK)
		return true;
	return head_refuse(head, 400, "Content-Length is not a number");
}

/* RFC 9110, 5.3: a field that is no list comes once. Of two, a proxy might read the
 * other one. */
static bool check_single(struct head *head, struct slice name)
{
	static const struct {
		const char *name, *detail;
	} singles[] = {
		{ "Authorization", "Authorization is there more than once" },
		{ "Content-Type", "Content-Type is there more than once" },
		{ "If-Range", "If-Range is there more than once" },
		{ "Last-Event-ID", "Last-Event-ID is there more than once" },
		{ "Origin", "Origin is there more than once" },
		{ "Range", "Range is there more than once" },
	};

	for (unsigned i = 0; i < COUNT(singles); i++) {
		if (!equals_ignoring_case(name, singles[i].name))
			continue;
		if (head->singles & (1U << i))
			return head_refuse(head, 400, singles[i].detail);
		head->singles |= 1U << i;
	}
	return true;
}

static bool check_field(struct head *head, struct slice name, struct slice value)
{
	if (equals_ignoring_case(name, "Host")) {
		if (++head->hosts > 1)
			return head_refuse(head, 400, "Host is there more than once");
		if (value.len && !is_authority(value))
			return head_refuse(head, 400, "Host is malformed");
	} else if (equals_ignoring_case(name, "Content-Length")) {
		if (++head->lengths > 1)
			return head_refuse(head, 400, "Content-Length is there more than once");
		return check_length(head, value);
	} else if (equals_ignoring_case(name, "Transfer-Encoding")) {
		if (++head->encodings > 1 || !equals_ignoring_case(value, "chunked"))
			return head_refuse(head, 400,
					   "Transfer-Encoding is something else than chunked");
		head->chunked = true;
	} else if (equals_ignoring_case(name, "Expect") &&
		   !equals_ignoring_case(value, "100-continue")) {
		return head_refuse(head, 400, "Expect is something else than 100-continue");
	}
	return check_single(head, name);
}

static bool take_field(struct head *head, struct slice line)
{
	const char *colon = memchr(line.data, ':', line.len);
	struct slice name, value;

	if (line.data[0] == ' ' || line.data[0] == '\t')
		return head_refuse(head, 400, "a header field is folded over lines");
	if (colon == NULL)
		return head_refuse(head, 400, "a header field has no colon");
	name = slice_make(line.data, (size_t)(colon - line.data));
	value = text_trim(slice_make(colon + 1, line.len - name.len - 1));
	if (!is_token(name))
		return head_refuse(head, 400, "a header field's name is not a token");
	for (size_t i = 0; i < value.len; i++)
		if (((unsigned char)value.data[i] < ' ' && value.data[i] != '\t') ||
		    value.data[i] == 0x7f)
			return head_refuse(head, 400,
					   "a header field's value has a control character");
	return check_field(head, name, value);
}

bool head_take(struct head *head, struct slice line)
{
	assert(head->status == 0); /* not refused */
	if (memchr(line.data, '\r', line.len) || memchr(line.data, '\n', line.len))
		return head_refuse(head, 400, "a line of the head does not end in CR LF");
	return head->begun ? take_field(head, line) : take_request_line(head, line);
}

bool head_end(struct head *head)
{
	if (head->hosts == 0 && !head->is_1_0)
		return head_refuse(head, 400, "Host is missing");
	if (head->chunked && head->lengths)
		return head_refuse(head, 400,
				   "Content-Length and Transfer-Encoding exclude each other");
	if (head->chunked && head->is_1_0)
		return head_refuse(head, 400, "Transfer-Encoding is not of HTTP/1.0");
	if ((head->chunked || head->length) && !head->may_have_body)
		return head_refuse(head, 400, "a request of this method has no body");
	return true;
}

bool head_may_begin(struct slice text)
{
	for (size_t i = 0; i < text.len && i < 16; i++) {
		if (text.data[i] == ' ')
			return i > 0;
		if (!is_token(slice_make(text.data + i, 1)))
			return false;
	}
	return text.len <= 16;
}

bool head_chunk_size(struct slice line, uint64_t *size)
{
	uint64_t value = 0;

	if (line.len == 0 || line.len > 16)
		return false;
	for (size_t i = 0; i < line.len; i++) {
		char c = line.data[i];
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned)((c | 0x20) - 'a') + 10;
		else
			return false;
		value = value * 16 + digit;
	}
	*size = value;
	return true;
}
