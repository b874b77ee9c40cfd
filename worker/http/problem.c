/* Error responses (RFC 9457). Called by worker/http/request, and by worker/dispatch for
 * requests that were refused before they were any. */
#include "worker/http/problem.h"

#include "base/array.h"
#include "base/text.h"
#include "transit/transit.h"

struct problem_row {
	int status;
	const char *code;
	const char *title;
	unsigned retry_after;
};

static const struct problem_row rows[] = {
	[PROBLEM_BAD_REQUEST] = { 400, "bad-request", "Bad Request" },
	[PROBLEM_UNAUTHORIZED] = { 401, "unauthorized", "Unauthorized" },
	[PROBLEM_FORBIDDEN] = { 403, "forbidden", "Forbidden" },
	[PROBLEM_NOT_FOUND] = { 404, "not-found", "Not Found" },
	[PROBLEM_METHOD] = { 405, "method-not-allowed", "Method Not Allowed" },
	[PROBLEM_TOO_LARGE] = { 413, "too-large", "Content Too Large" },
	[PROBLEM_MEDIA_TYPE] = { 415, "unsupported-media-type", "Unsupported Media Type" },
	[PROBLEM_RANGE] = { 416, "range-not-satisfiable", "Range Not Satisfiable" },
	[PROBLEM_HOST] = { 421, "misdirected", "Misdirected Request" },
	/* RFC 9110, 15.5.22, wants an Upgrade field with it, which would name a
	 * protocol of the connection; that one is not to be changed. */
	[PROBLEM_UPGRADE] = { 426, "upgrade-required", "Upgrade Required" },
	[PROBLEM_THROTTLED] = { 429, "too-many-attempts", "Too Many Requests" },
	[PROBLEM_STREAMS] = { 429, "too-many-streams", "Too Many Requests", .retry_after = 10 },
	/* RFC 6585, section 5 */
	[PROBLEM_HEAD] = { 431, "head-too-large", "Request Header Fields Too Large" },
	[PROBLEM_DAMAGED] = { 500, "damaged", "Internal Server Error" },
	[PROBLEM_UNAVAILABLE] = { 503, "unavailable", "Service Unavailable", .retry_after = 1 },
	/* RFC 4918, section 11.5 */
	[PROBLEM_FULL] = { 507, "insufficient-storage", "Insufficient Storage", .retry_after = 5 },
	[PROBLEM_USER_NEEDED] = { 400, "user-needed", "Bad Request" },
	[PROBLEM_USER_TAKEN] = { 409, "user-taken", "Conflict" },
	[PROBLEM_INVITE_UNKNOWN] = { 403, "invite-unknown", "Forbidden" },
	[PROBLEM_INVITE_ENDED] = { 403, "invite-ended", "Forbidden" },
	[PROBLEM_INVITE_USED] = { 403, "invite-used", "Forbidden" },
	[PROBLEM_QUOTA_BYTES] = { 507, "quota-bytes", "Insufficient Storage", .retry_after = 10 },
	[PROBLEM_QUOTA_DOCUMENTS] = { 507, "quota-documents", "Insufficient Storage",
				      .retry_after = 10 },
	[PROBLEM_QUOTA_GROUPS] = { 507, "quota-groups", "Insufficient Storage", .retry_after = 10 },
	[PROBLEM_QUOTA_STREAMS] = { 429, "quota-streams", "Too Many Requests", .retry_after = 10 },
	[PROBLEM_QUOTA_PUSHES] = { 429, "quota-pushes", "Too Many Requests" },
};

int problem_status(enum problem problem)
{
	return rows[problem].status;
}

const char *problem_title(enum problem problem)
{
	return rows[problem].title;
}

unsigned problem_retry_after(enum problem problem)
{
	return rows[problem].retry_after;
}

const char *status_phrase(int status)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].status == status)
			return rows[i].title;
	return status == 204   ? "No Content"
	       : status == 206 ? "Partial Content"
	       : status == 304 ? "Not Modified"
			       : "OK";
}

enum problem problem_of(enum rc rc)
{
	switch (rc) {
	case RC_MALFORMED:
		return PROBLEM_BAD_REQUEST;
	case RC_TOO_LARGE:
		return PROBLEM_TOO_LARGE;
	case RC_NOT_FOUND:
		return PROBLEM_NOT_FOUND;
	case RC_DENIED:
		return PROBLEM_FORBIDDEN;
	case RC_CORRUPT:
		return PROBLEM_DAMAGED;
	case RC_FULL:
	case RC_OVER_QUOTA: /* of which, only the caller knows */
		return PROBLEM_FULL;
	default:
		return PROBLEM_UNAVAILABLE;
	}
}

void problem_put(struct buf *out, enum problem problem, const char *detail, const char *request)
{
	const struct problem_row *row = &rows[problem];
	struct slice text = slice_of(detail);

	buf_putf(out,
		 "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\","
		 "\"detail\":",
		 row->title, row->status, row->code);
	/* A detail may quote the request. */
	transit_out_string(out, ENCODING_JSON,
			   text_is_utf8(text) ? text : slice_of("the request is not UTF-8"));
	buf_putf(out, ",\"request\":\"%s\"}", request);
}

enum problem problem_of_status(int status)
{
	size_t row = 0;

	while (row < COUNT(rows) && rows[row].status != status)
		row++;
	return row < COUNT(rows) ? (enum problem)row : PROBLEM_BAD_REQUEST;
}

void problem_put_response(struct buf *out, enum problem problem, const char *detail,
			  const char *request, struct slice fields, bool is_head)
{
	struct buf body = BUF_EMPTY;

	problem_put(&body, problem, detail, request);
	buf_putf(out,
		 "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\nContent-Length: "
		 "%zu\r\n" PROBLEM_REQUEST_FIELD ": %s\r\n"
		 "Cache-Control: no-store\r\nX-Content-Type-Options: "
		 "nosniff\r\nContent-Security-Policy: " PROBLEM_CSP "\r\n"
		 "Connection: close\r\n",
		 rows[problem].status, rows[problem].title, body.len, request);
	buf_put_slice(out, fields);
	buf_put_text(out, "\r\n");
	if (!is_head)
		buf_put_slice(out, buf_slice(&body));
	buf_free(&body);
}
