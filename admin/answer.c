/* JSON responses of the admin page's API. Called by all handlers. */
#include "admin/api.h"

#include "auth/grant.h"
#include "base/clock.h"
#include "transit/envelope.h"

#include <inttypes.h>

void answer_json(struct exchange *exchange, int status, struct buf *body)
{
	struct request *request = &exchange->request;

	request_set_header(request, "Content-Type", "application/json");
	request_set_header(request, "Cache-Control", "no-store");
	request_set_header(request, "Cross-Origin-Resource-Policy", "same-origin");
	request_answer(request, status, body);
}

void answer_failed(struct exchange *exchange, enum rc rc)
{
	request_refuse(&exchange->request, problem_of(rc),
		       rc == RC_UNAVAILABLE
			       ? "the database or its writer did not answer; if this was a change, "
				 "look whether it was made"
			       : "the database refused this");
}

bool answer_if_failed(struct exchange *exchange, enum rc rc, const struct store_reply *reply)
{
	if (rc == RC_OK)
		rc = reply->rc;
	if (rc != RC_OK)
		answer_failed(exchange, rc);
	return rc != RC_OK;
}

void answer_bad(struct exchange *exchange, const char *detail)
{
	request_refuse(&exchange->request, PROBLEM_BAD_REQUEST, detail);
}

void json_text(struct buf *out, const char *name, struct slice text)
{
	envelope_put_text(out, ENCODING_JSON, name, text);
}

void json_number(struct buf *out, const char *name, uint64_t number)
{
	envelope_put_number(out, ENCODING_JSON, name, number);
}

static void put_name(struct buf *out, const char *name)
{
	envelope_next(out);
	transit_out_key(out, ENCODING_JSON, name);
}

void json_signed(struct buf *out, const char *name, int64_t number)
{
	put_name(out, name);
	buf_putf(out, "%" PRId64, number);
}

void json_flag(struct buf *out, const char *name, bool flag)
{
	envelope_put_flag(out, ENCODING_JSON, name, flag);
}

void json_time(struct buf *out, const char *name, int64_t seconds)
{
	char text[CLOCK_TEXT_ROOM];

	if (seconds) {
		json_text(out, name, slice_of(clock_text(seconds, text)));
		return;
	}
	put_name(out, name);
	buf_put_text(out, "null");
}

void json_open(struct buf *out, const char *name)
{
	put_name(out, name);
	envelope_open(out);
}

void json_open_list(struct buf *out, const char *name)
{
	envelope_open_list(out, ENCODING_JSON, name);
}

void json_grants(struct buf *out, const struct store_grant *grants, size_t count)
{
	json_open_list(out, "groups");
	for (size_t i = 0; i < count; i++) {
		if (grant_is_admin(&grants[i]))
			continue;
		envelope_next(out);
		envelope_open(out);
		json_text(out, "group", grants[i].group);
		json_flag(out, "write", grants[i].write);
		envelope_close(out);
	}
	envelope_close_list(out);
}
