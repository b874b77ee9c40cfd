/* Splits the head of a checked request into its parts. Called by
 * worker/http/conn_plain; worker/http/incoming tells the parts. */
#include "worker/http/plain.h"

#include "base/array.h"
#include "base/mem.h"

#include <stdlib.h>
#include <strings.h>

static const struct {
	const char *name;
	enum evhttp_cmd_type method;
	bool has_body;
} methods[] = {
	{ "GET ", EVHTTP_REQ_GET, false },      { "POST ", EVHTTP_REQ_POST, true },
	{ "HEAD ", EVHTTP_REQ_HEAD, false },    { "OPTIONS ", EVHTTP_REQ_OPTIONS, false },
	{ "PUT ", EVHTTP_REQ_PUT, true },       { "PATCH ", EVHTTP_REQ_PATCH, true },
	{ "DELETE ", EVHTTP_REQ_DELETE, true }, { "TRACE ", EVHTTP_REQ_TRACE, false },
};

static size_t method_find(struct slice bytes)
{
	size_t i = 0;

	while (i < COUNT(methods) && !slice_starts(bytes, slice_of(methods[i].name)))
		i++;
	return i;
}

/* The target ends at the last space of the line, and has none (worker/http/head.c). */
static bool plain_take_line(struct plain *plain, char *line, char *end)
{
	static const char version[] = " HTTP/1.1";
	const size_t version_len = sizeof(version) - 1;
	size_t method = method_find(slice_make(line, (size_t)(end - line)));
	char *target, *target_end, *question;

	if (method == COUNT(methods))
		return false;
	target = line + strlen(methods[method].name);
	if (*target != '/' || (size_t)(end - target) <= version_len)
		return false;
	target_end = end - version_len;
	if (memcmp(target_end, version, version_len) != 0)
		return false;
	plain->method = methods[method].method;
	question = memchr(target, '?', (size_t)(target_end - target));
	plain->path = slice_make(target, (size_t)((question ? question : target_end) - target));
	plain->query = question ? slice_make(question + 1, (size_t)(target_end - question) - 1)
				: slice_make("", 0);
	return true;
}

static bool field_is(const struct plain_field *field, const char *name)
{
	return strcasecmp(field->name, name) == 0;
}

/* Does this field leave the request plain? */
static bool field_is_plain(const struct plain_field *field, bool *has_length)
{
	switch (field->name[0] | 0x20) {
	case 'c':
		if (field_is(field, "Content-Length"))
			*has_length = true;
		return !field_is(field, "Connection") ||
		       strcasecmp(field->value, "keep-alive") == 0;
	case 'e':
		return !field_is(field, "Expect");
	case 't':
		return !field_is(field, "Transfer-Encoding");
	default:
		return true;
	}
}

/* White space around a value is not part of it (RFC 9110, 5.5). evhttp keeps a tab
 * before it: such a field is left to evhttp, so that there is one reading. */
static bool plain_take_field(struct plain *plain, char *line, char *end, bool *has_length)
{
	char *colon = memchr(line, ':', (size_t)(end - line));
	struct plain_field *field = &plain->fields[plain->count];
	char *value = colon + 1;

	if (plain->count == PLAIN_FIELDS_MAX)
		return false;
	while (value < end && *value == ' ')
		value++;
	if (value < end && *value == '\t')
		return false;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*colon = 0;
	*end = 0;
	*field = (struct plain_field){ line, value };
	plain->count++;
	return field_is_plain(field, has_length);
}

static bool plain_take_fields(struct plain *plain, char *line, char *head_end)
{
	bool has_length = false;

	while (line < head_end) {
		char *end = memchr(line, '\r', (size_t)(head_end - line));

		if (!plain_take_field(plain, line, end, &has_length))
			return false;
		line = end + 2;
	}
	/* Without a length evhttp decides where a body ends. */
	for (size_t i = 0; i < COUNT(methods); i++)
		if (methods[i].method == plain->method)
			return has_length || !methods[i].has_body;
	return false;
}

struct plain *plain_read(struct slice bytes)
{
	const char *end = memmem(bytes.data, bytes.len, "\r\n\r\n", 4);
	size_t head_len = end ? (size_t)(end - bytes.data) + 2 : 0;
	struct plain *plain;
	char *line_end;

	if (end == NULL || method_find(bytes) == COUNT(methods))
		return NULL;
	plain = mem_block(sizeof(*plain) + bytes.len);
	plain->count = 0;
	memcpy(plain->text, bytes.data, bytes.len);
	plain->body = slice_make(plain->text + head_len + 2, bytes.len - head_len - 2);
	line_end = memchr(plain->text, '\r', head_len);
	if (plain_take_line(plain, plain->text, line_end) &&
	    plain_take_fields(plain, line_end + 2, plain->text + head_len))
		return plain;
	free(plain);
	return NULL;
}
