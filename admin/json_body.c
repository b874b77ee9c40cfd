/* Reads the bodies of the admin page's API: one JSON object, whose members the handler
 * names. Called by the handlers that change something. */
#include "admin/api.h"

#include "worker/http/media.h"

#include <stdio.h>

#define VALUE_BYTES ((size_t)64 << 20) /* of a value in canonical form */

static struct json_field *find(const struct json_body *body, struct slice key)
{
	for (size_t i = 0; i < body->count; i++)
		if (body->fields[i].name && slice_is(key, body->fields[i].name))
			return &body->fields[i];
	return NULL;
}

static enum rc read_text(struct transit_in *in, struct json_body *body, struct json_field *field)
{
	const size_t from = body->text.len;
	enum rc rc;

	if (field->count == BODY_TEXTS_MAX)
		return RC_TOO_LARGE;
	rc = transit_in_string(in, &body->text);
	field->texts[field->count].from = from;
	field->texts[field->count++].len = body->text.len - from;
	return rc;
}

static enum rc read_texts(struct transit_in *in, struct json_body *body, struct json_field *field)
{
	bool more;
	enum rc rc = transit_in_array(in);

	while (rc == RC_OK && (rc = transit_in_array_next(in, &more)) == RC_OK && more)
		rc = read_text(in, body, field);
	return rc;
}

static enum rc read_value(struct transit_in *in, struct json_body *body, struct json_field *field)
{
	const size_t from = body->text.len;
	enum rc rc = transit_in_value(in, &body->text, &field->plain);

	field->texts[0].from = from;
	field->texts[0].len = body->text.len - from;
	field->count = 1;
	return rc;
}

/* null is the same as a member that is not there, but for a value. */
static enum rc read_field(struct transit_in *in, struct json_body *body, struct json_field *field)
{
	if (field->kind != BODY_VALUE && transit_in_peek(in) == TRANSIT_NULL)
		return transit_in_skip(in);
	field->is_there = true;
	switch (field->kind) {
	case BODY_TEXT:
		return read_text(in, body, field);
	case BODY_TEXTS:
		return read_texts(in, body, field);
	case BODY_NUMBER:
		return transit_in_uint(in, &field->number);
	case BODY_FLAG:
		return transit_in_bool(in, &field->flag);
	default:
		return read_value(in, body, field);
	}
}

/* `err`: the error of a member; empty: the reader has the error. */
static enum rc read_members(struct transit_in *in, struct json_body *body, struct error *err)
{
	struct slice key;
	bool more;
	enum rc rc = transit_in_map(in);

	while (rc == RC_OK && (rc = transit_in_map_next(in, &more, &key)) == RC_OK && more) {
		struct json_field *field = find(body, key);

		if (field == NULL)
			return error_set(err, RC_MALFORMED, "%.*s: no such member",
					 (int)(key.len < 100 ? key.len : 100), key.data);
		if (field->is_there)
			return error_set(err, RC_MALFORMED, "%s: is given twice", field->name);
		rc = read_field(in, body, field);
		if (rc != RC_OK)
			return error_set(err, rc, "%s: %.200s", field->name, transit_in_error(in));
	}
	return rc == RC_OK ? transit_in_finish(in) : rc;
}

static const char *missing(const struct json_body *body)
{
	for (size_t i = 0; i < body->count; i++)
		if (body->fields[i].required && !body->fields[i].is_there)
			return body->fields[i].name;
	return NULL;
}

static enum rc read_json(struct slice text, struct json_body *body, struct error *err)
{
	struct transit_in *in = transit_in_new(ENCODING_JSON, text, VALUE_BYTES);
	enum rc rc;

	err->text[0] = 0;
	rc = read_members(in, body, err);
	if (rc != RC_OK && err->text[0] == 0)
		(void)error_set(err, rc, "the body is not a JSON object: %.200s",
				transit_in_error(in));
	else if (rc == RC_OK && missing(body))
		rc = error_set(err, RC_MALFORMED, "%s: is missing", missing(body));
	transit_in_free(in);
	return rc;
}

bool json_body_read(struct exchange *exchange, struct json_body *body)
{
	struct request *request = &exchange->request;
	enum encoding encoding;
	struct error err;

	body->text = (struct buf)BUF_EMPTY;
	if (request->conn == NULL) {
		answer_bad(exchange, "the client has gone");
		return false;
	}
	if (media_is_coded(request_list(request, "Content-Encoding"))) {
		request_refuse(request, PROBLEM_MEDIA_TYPE, MEDIA_CODED);
		return false;
	}
	if (media_of_content(request_header(request, "Content-Type"), &encoding) != RC_OK ||
	    encoding != ENCODING_JSON) {
		request_refuse(request, PROBLEM_MEDIA_TYPE,
			       "Content-Type: must be application/json, in UTF-8");
		return false;
	}
	if (read_json(request_body(request), body, &err) == RC_OK)
		return true;
	answer_bad(exchange, err.text);
	return false;
}

void json_body_free(struct json_body *body)
{
	buf_free(&body->text);
}

struct slice json_body_text(const struct json_body *body, size_t field, size_t i)
{
	const struct json_field *found = &body->fields[field];

	if (i >= found->count || found->texts[i].len == 0)
		return slice_of("");
	return slice_make(body->text.data + found->texts[i].from, found->texts[i].len);
}
