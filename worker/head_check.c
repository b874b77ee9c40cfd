/* Refuses requests by their head alone, before their body is kept. Called by
 * worker/http/conn for those whose body does not come with the head; dispatch.c checks
 * all again when the body is there. */
#include "worker/head_check.h"

#include "auth/auth.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "worker/dispatch.h"
#include "worker/http/media.h"
#include "worker/http/request_line.h"
#include "worker/route.h"

#include <stdlib.h>
#include <strings.h>

struct checking {
	const struct worker *worker;
	const struct route *route;
	struct conn_verdict *verdict; /* NULL: the answer about the token has come too late */
};

static void refuse(struct conn_verdict *verdict, int status, const char *detail)
{
	verdict->status = status;
	verdict->detail = detail;
}

/* ---- Lines ---- */

/* The next line without its CR LF. */
static struct slice take_line(struct slice *text)
{
	const char *end = memmem(text->data, text->len, "\r\n", 2);
	size_t len = end ? (size_t)(end - text->data) : text->len;
	struct slice line = slice_make(text->data, len);

	*text = end ? slice_make(end + 2, text->len - len - 2) : slice_make(text->data + len, 0);
	return line;
}

/* The values of all fields of the name, joined by commas and terminated, or NULL
 * (RFC 9110, 5.3). `out` has the bytes. */
static const char *field_of(struct slice text, const char *name, struct buf *out)
{
	size_t len = strlen(name);
	bool found = false;

	buf_clear(out);
	(void)take_line(&text);
	while (text.len) {
		struct slice line = take_line(&text);

		if (line.len <= len || line.data[len] != ':' ||
		    strncasecmp(line.data, name, len) != 0)
			continue;
		if (found)
			buf_put_byte(out, ',');
		buf_put_slice(out, text_trim(slice_make(line.data + len + 1, line.len - len - 1)));
		found = true;
	}
	buf_put_byte(out, 0);
	return found ? out->data : NULL;
}

/* ---- The token ---- */

static bool may_write(const struct identity *identity)
{
	for (size_t i = 0; i < identity->grant_count; i++)
		if (identity->grants[i].write)
			return true;
	return false;
}

static void on_identified(void *arg, enum rc rc, struct identity *identity)
{
	struct checking *checking = arg;
	struct conn_verdict *verdict = checking->verdict;

	if (verdict == NULL) {
		free(checking);
		return;
	}
	checking->verdict = NULL;
	verdict->vouched = rc == RC_OK;
	verdict->share = rc == RC_OK ? identity->key : 0;
	if (rc == RC_OK && checking->route->body->is_write && !may_write(identity))
		refuse(verdict, 403, "this token may not write");
	if (rc == RC_DENIED) {
		worker_count(checking->worker, METRIC_AUTH_FAILURES, 1);
		refuse(verdict, 401,
		       "the token is not valid: it is malformed, unknown, revoked or expired");
	}
	if (rc == RC_BUSY) {
		worker_count(checking->worker, METRIC_AUTH_THROTTLED, 1);
		refuse(verdict, 429, "too many invalid tokens from this address; try again later");
	}
}

/* All zeros: not known. */
static struct address client_of(const struct worker *worker, const struct conn_head *head)
{
	const struct trusted_proxies *trusted = &worker->request_options.trusted;
	struct address peer = { .is6 = false }, client = peer;
	struct buf forwarded = BUF_EMPTY;

	if (address_parse(slice_of(head->client), &peer) == RC_OK &&
	    field_of(head->text, "X-Forwarded-For", &forwarded))
		forwarded_resolve(&peer, slice_of(forwarded.data), trusted, &client);
	else
		client = peer;
	buf_free(&forwarded);
	return client;
}

/* If the answer comes later, the body is awaited meanwhile, and dispatch.c asks
 * again. */
static void check_token(const struct worker *worker, const struct route *route,
			const struct conn_head *head, struct slice token,
			struct conn_verdict *verdict)
{
	const struct address client = client_of(worker, head);
	struct checking *checking = mem_alloc(sizeof(*checking));

	*checking = (struct checking){ worker, route, verdict };
	auth_identify(worker->auth, token, &client, on_identified, checking);
	if (checking->verdict == NULL)
		free(checking);
	else
		checking->verdict = NULL;
}

/* Has a proxy named a user? dispatch.c reads all that it says. */
static bool take_login(const struct worker *worker, const struct conn_head *head,
		       struct conn_verdict *verdict)
{
	const char *name = worker->settings->auth_header;
	struct buf bytes = BUF_EMPTY;
	struct address peer;
	const char *field = NULL;
	struct slice user;

	if (name && address_parse(slice_of(head->client), &peer) == RC_OK &&
	    forwarded_is_trusted(&peer, &worker->request_options.trusted))
		field = field_of(head->text, name, &bytes);
	user = text_trim(slice_of(field ? field : ""));
	verdict->vouched = user.len > 0;
	verdict->share = user.len ? hash_of(user) : 0;
	buf_free(&bytes);
	return verdict->vouched;
}

static void check_authorization(const struct worker *worker, const struct route *route,
				const struct conn_head *head, struct conn_verdict *verdict)
{
	struct buf bytes = BUF_EMPTY;
	const char *field = field_of(head->text, "Authorization", &bytes);

	if (field && strncasecmp(field, "Bearer ", 7) == 0)
		check_token(worker, route, head, slice_of(field + 7 + strspn(field + 7, " ")),
			    verdict);
	else
		refuse(verdict, 401, "a token is needed: Authorization: Bearer TOKEN");
	buf_free(&bytes);
}

/* A path without tokens takes a secret in its body (join.c). */
static void check_guesses(const struct worker *worker, const struct conn_head *head,
			  struct conn_verdict *verdict)
{
	const struct address client = client_of(worker, head);

	if (!auth_is_throttled(worker->auth, &client))
		return;
	worker_count(worker, METRIC_AUTH_THROTTLED, 1);
	refuse(verdict, 429,
	       "too many invalid tokens or invitations from this address; try again later");
}

/* ---- The body's type ---- */

static void check_type(const struct conn_head *head, struct conn_verdict *verdict)
{
	struct buf bytes = BUF_EMPTY;
	enum encoding encoding;

	if (media_is_coded(field_of(head->text, "Content-Encoding", &bytes)))
		refuse(verdict, 415, MEDIA_CODED);
	else if (media_of_content(field_of(head->text, "Content-Type", &bytes), &encoding) != RC_OK)
		refuse(verdict, 415, MEDIA_UNKNOWN);
	buf_free(&bytes);
}

/* ---- The path ---- */

/* The route that takes the body, or NULL. */
static const struct route *route_of(const struct conn_head *head)
{
	const struct route *route = NULL;
	struct request_line line;

	if (request_line_read(head->text, &line) && strcmp(line.method, "POST") == 0)
		route = route_find(line.path.data, head->is_metrics);
	request_line_clear(&line);
	return route && route->body ? route : NULL;
}

static void check_client(const struct worker *worker, const struct route *route,
			 const struct conn_head *head, struct conn_verdict *verdict)
{
	if (worker->auth == NULL)
		verdict->vouched = true;
	else if (route->access == ROUTE_OPEN)
		check_guesses(worker, head, verdict);
	else if (!take_login(worker, head, verdict))
		check_authorization(worker, route, head, verdict);
}

void head_check(void *arg, const struct conn_head *head, struct conn_verdict *verdict)
{
	const struct worker *worker = arg;
	const struct route *route = route_of(head);

	if (route == NULL) {
		refuse(verdict, 405, "this path does not support this method");
		return;
	}
	verdict->max_body = route->body->max;
	check_client(worker, route, head, verdict);
	if (verdict->status == 0 && route->body->is_typed)
		check_type(head, verdict);
}
