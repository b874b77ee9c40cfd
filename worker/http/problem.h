/* Errors as HTTP responses: the one table of statuses and codes (protocol.md, Errors;
 * RFC 9457). */
#ifndef WORKER_HTTP_PROBLEM_H
#define WORKER_HTTP_PROBLEM_H

#include "base/buf.h"
#include "base/rc.h"

#include <stdint.h>

enum problem {
	PROBLEM_BAD_REQUEST,
	PROBLEM_UNAUTHORIZED,
	PROBLEM_FORBIDDEN,
	PROBLEM_NOT_FOUND,
	PROBLEM_METHOD,
	PROBLEM_TOO_LARGE,
	PROBLEM_MEDIA_TYPE,
	PROBLEM_RANGE,
	PROBLEM_HOST,
	PROBLEM_UPGRADE,
	PROBLEM_THROTTLED,
	PROBLEM_STREAMS,
	PROBLEM_HEAD,
	PROBLEM_DAMAGED,
	PROBLEM_UNAVAILABLE,
	PROBLEM_FULL,
	/* Of these, problem_of_status returns none. */
	PROBLEM_USER_NEEDED,
	PROBLEM_USER_TAKEN,
	PROBLEM_INVITE_UNKNOWN,
	PROBLEM_INVITE_ENDED,
	PROBLEM_INVITE_USED,
	PROBLEM_QUOTA_BYTES,
	PROBLEM_QUOTA_DOCUMENTS,
	PROBLEM_QUOTA_GROUPS,
	PROBLEM_QUOTA_STREAMS,
	PROBLEM_QUOTA_PUSHES
};

int problem_status(enum problem problem);
const char *problem_title(enum problem problem);
/* Seconds after which to try again, for Retry-After; 0: not known. */
unsigned problem_retry_after(enum problem problem);
/* The standard phrase of a status that this server uses. */
const char *status_phrase(int status);
/* The problem that reports this failure to a client. */
enum problem problem_of(enum rc rc);
/* The first problem of the table that has the status. */
enum problem problem_of_status(int status);
/* Appends the application/problem+json body. `request` is the request's id
 * (worker/http/access_log.h). */
void problem_put(struct buf *out, enum problem problem, const char *detail, const char *request);
/* Appends a whole response for a connection that closes after it. `fields` are further
 * lines of its head, each with its CR LF; of a 405 Allow must be among them. The
 * response to a HEAD request has the length of a body and leaves the body out. */
void problem_put_response(struct buf *out, enum problem problem, const char *detail,
			  const char *request, struct slice fields, bool is_head);

/* Content Security Policy (level 3) of error responses, which a browser may be led to
 * show: nothing runs in them, and no page frames them. */
#define PROBLEM_CSP "default-src 'none'; frame-ancestors 'none'"
/* The field that has the request's id. */
#define PROBLEM_REQUEST_FIELD "X-Request-Id"

#endif
