/* What goes wrong, in the words of HTTP: the one table of statuses and codes
 * (protocol.md, Errors; RFC 9457). */
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
	PROBLEM_HOST,
	PROBLEM_THROTTLED,
	PROBLEM_STREAMS,
	PROBLEM_DAMAGED,
	PROBLEM_UNAVAILABLE,
	PROBLEM_FULL
};

int problem_status(enum problem problem);
const char *problem_title(enum problem problem);
/* In how many seconds it may be over, for Retry-After; 0: nobody knows. */
unsigned problem_retry_after(enum problem problem);
/* The standard phrase of a status of ours. */
const char *status_phrase(int status);
/* How a failure of ours is told to a client. */
enum problem problem_of(enum rc rc);
/* Appends the application/problem+json body. `request` is the request's id
 * (worker/http/access_log.h). */
void problem_put(struct buf *out, enum problem problem, const char *detail, const char *request);
/* A whole answer as bytes, for a connection that closes after it, `fields` being
 * further lines of its head, each with its CR LF. The answer to a HEAD request tells
 * the length of a body and leaves it out. */
void answer_raw(struct buf *out, enum problem problem, const char *detail, const char *request,
		struct slice fields, bool is_head);
/* The first problem of the table that has the status. */
enum problem problem_of_status(int status);

/* What refusals, which a browser may be led to show, bear so that nothing is run and
 * nobody frames them (Content Security Policy, level 3).
 */
#define ANSWER_POLICY "default-src 'none'; frame-ancestors 'none'"
/* The field that bears the request's id. */
#define ANSWER_REQUEST_FIELD "X-Request-Id"

/* The field Date of an answer that is made now, `now` being seconds since 1970 (RFC
 * 9110, 5.6.7). Good until the next call; made once for all calls of one second. */
const char *answer_date(int64_t now);

#endif
