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
#include "worker/route.h"

#include <stdlib.h>
#include <strings.h>

struct checking {
	const struct worker *worker;
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

/* ---- Method and path ---- */

/* Only /sync takes bodies. */
static bool is_push(struct slice text)
{
	static const char sync[] = "/sync";
	struct slice line = take_line(&text);
	struct slice path;

	if (!slice_starts(line, slice_of("POST /")))
		/* http://host/path is left to dispatch.c. */
		return slice_starts(line, slice_of("POST "));
	path = slice_make(line.data + strlen("POST "), line.len - strlen("POST "));
	for (size_t i = 0; i < path.len; i++)
		if (path.data[i] == '?' || path.data[i] == ' ')
			path.len = i;
	/* So is another spelling of the path. */
	return slice_is(path, sync) || memchr(path.data, '%', path.len) != NULL;
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
	if (rc == RC_OK && !may_write(identity))
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

/* If the answer comes later, the body is awaited meanwhile, and dispatch.c asks
 * again. */
static void check_token(const struct worker *worker, const struct conn_head *head,
			struct slice token, struct conn_verdict *verdict)
{
	const struct trusted_proxies *trusted = &worker->request_options.trusted;
	struct checking *checking = mem_alloc(sizeof(*checking));
	struct address peer = { .is6 = false };
	struct buf forwarded = BUF_EMPTY;

	*checking = (struct checking){ worker, verdict };
	if (address_parse(slice_of(head->client), &peer) == RC_OK &&
	    field_of(head->text, "X-Forwarded-For", &forwarded)) {
		struct address client;

		forwarded_resolve(&peer, slice_of(forwarded.data), trusted, &client);
		peer = client;
	}
	buf_free(&forwarded);
	auth_identify(worker->auth, token, &peer, on_identified, checking);
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

static void check_authorization(const struct worker *worker, const struct conn_head *head,
				struct conn_verdict *verdict)
{
	struct buf bytes = BUF_EMPTY;
	const char *field = field_of(head->text, "Authorization", &bytes);

	if (field && strncasecmp(field, "Bearer ", 7) == 0)
		check_token(worker, head, slice_of(field + 7 + strspn(field + 7, " ")), verdict);
	else
		refuse(verdict, 401, "a token is needed: Authorization: Bearer TOKEN");
	buf_free(&bytes);
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

void head_check(void *arg, const struct conn_head *head, struct conn_verdict *verdict)
{
	const struct worker *worker = arg;

	if (head->is_metrics || !is_push(head->text))
		refuse(verdict, 405, "this path does not support this method");
	else if (worker->auth == NULL)
		verdict->vouched = true;
	else if (!take_login(worker, head, verdict))
		check_authorization(worker, head, verdict);
	if (verdict->status == 0)
		check_type(head, verdict);
}
