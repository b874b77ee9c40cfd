/* Pushes (doc/protocol.md, POST /sync), which go to the writer (writer_link.h). Called
 * by route.c. See also sync_pull.c. */
#include "worker/sync.h"

#include "auth/identity.h"
#include "auth/quota.h"
#include "base/clock.h"
#include "base/mem.h"
#include "shm/usage.h"
#include "transit/envelope.h"
#include "worker/dispatch.h"
#include "worker/http/media.h"
#include "worker/push_body.h"
#include "worker/app_schema.h"
#include "worker/writer_link.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

/* A push that waits for the writer: its response has the ids. */
struct push {
	struct exchange *exchange;
	struct push_body edits;
};

static void push_free(struct push *push)
{
	push_body_clear(&push->edits);
	free(push);
}

/* A value that turns out to be no Transit here is damaged too. */
static void push_put_current(struct buf *out, enum encoding encoding,
			     const struct store_result *result)
{
	size_t before = out->len;

	if (!result->damaged && envelope_put_content(out, encoding, result->deleted, result->value,
						     result->plain) == RC_OK)
		return;
	out->len = before;
	envelope_put_flag(out, encoding, "damaged", true);
}

static void push_put_result(struct buf *out, enum encoding encoding, struct slice id,
			    const struct store_result *result)
{
	static const char *const names[] = {
		[STORE_OK] = "ok", [STORE_CONFLICT] = "conflict", [STORE_SKIPPED] = "skipped"
	};

	envelope_open(out);
	envelope_put_text(out, encoding, "id", id);
	envelope_put_text(out, encoding, "status", slice_of(names[result->status]));
	if (result->status != STORE_SKIPPED)
		envelope_put_number(out, encoding, "version", result->version);
	if (result->status == STORE_CONFLICT)
		push_put_current(out, encoding, result);
	envelope_close(out);
}

/* Of the lane of the push, or of all its lanes. */
static void push_put_cursor(struct buf *out, enum encoding encoding,
			    const struct store_reply *reply)
{
	char text[STORE_CURSOR_TEXT_MAX];
	const size_t len = reply->heads.lanes ? store_places_format(&reply->heads, text)
					      : store_cursor_format(&reply->head, text);

	envelope_put_text(out, encoding, "cursor", slice_make(text, len));
}

static void push_put_reply(struct buf *out, const struct push *push,
			   const struct store_reply *reply)
{
	enum encoding encoding = push->exchange->encoding;

	assert(reply->result_count == push->edits.count); /* else it is another push's */
	envelope_open(out);
	envelope_open_list(out, encoding, "results");
	for (size_t i = 0; i < reply->result_count; i++) {
		envelope_next(out);
		push_put_result(out, encoding, push->edits.all[i].id, &reply->results[i]);
	}
	envelope_close_list(out);
	push_put_cursor(out, encoding, reply);
	envelope_close(out);
}

/* A quota of stored data is exceeded: says of which, and how much it is. */
static void push_refuse_over(const struct push *push, const struct store_reply *reply)
{
	static const enum problem problems[STORE_QUOTA_STORED] = {
		[STORE_QUOTA_BYTES] = PROBLEM_QUOTA_BYTES,
		[STORE_QUOTA_DOCUMENTS] = PROBLEM_QUOTA_DOCUMENTS,
		[STORE_QUOTA_GROUPS] = PROBLEM_QUOTA_GROUPS,
	};
	struct error err;

	worker_count(push->exchange->worker, METRIC_QUOTA_STORED, 1);
	(void)error_set(&err, RC_OVER_QUOTA,
			"docs: with this push your user would have stored more than its quota of "
			"%" PRIu64 " %s; delete some first",
			reply->over_limit, quota_name(reply->over));
	request_refuse(&push->exchange->request, problems[reply->over % STORE_QUOTA_STORED],
		       err.text);
}

static void push_refuse(const struct push *push, enum rc rc, const struct store_reply *reply)
{
	struct request *request = &push->exchange->request;

	switch (rc) {
	case RC_TOO_LARGE:
		request_refuse(request, PROBLEM_TOO_LARGE,
			       "docs: the answer would be too large; push fewer at a time");
		break;
	case RC_OVER_QUOTA:
		push_refuse_over(push, reply);
		break;
	case RC_DENIED:
		request_refuse(request, PROBLEM_UNAUTHORIZED, "the token has been revoked");
		break;
	default:
		sync_refuse_failed(push->exchange, rc);
	}
}

static void on_reply(void *arg, enum rc rc, const struct store_reply *reply)
{
	struct push *push = arg;
	struct buf body = BUF_EMPTY;

	if (rc == RC_OK)
		rc = reply->rc;
	if (rc == RC_OK) {
		push_put_reply(&body, push, reply);
		sync_set_headers(push->exchange);
		request_answer(&push->exchange->request, 200, &body);
	} else {
		push_refuse(push, rc, reply);
	}
	push_free(push);
}

static enum rc push_authorize(const struct push *push, struct error *err)
{
	for (size_t i = 0; i < push->edits.count; i++)
		if (!identity_may_doc(push->exchange->identity, push->edits.all[i].id, AUTH_WRITE))
			return error_set(err, RC_DENIED,
					 "docs[%zu].id: this token may not write it", i);
	return RC_OK;
}

static enum rc push_parse(struct push *push, enum encoding encoding, struct error *err)
{
	size_t limit = 4 * push->exchange->worker->settings->max_body;
	enum rc rc = push_body_parse(encoding, request_body(&push->exchange->request), limit,
				     &push->edits, err);

	return rc == RC_OK ? push_authorize(push, err) : rc;
}

/* False: the push has been refused. */
static bool push_has_schema(const struct push *push)
{
	for (size_t i = 0; i < push->edits.count; i++)
		if (!app_schema_allows(push->exchange, push->edits.all[i].id, true))
			return false;
	return true;
}

/* `out` has the bytes of a payer that no token names. */
static struct slice push_payer(const struct push *push, char out[STORE_PAYER_MAX])
{
	const struct identity *identity = push->exchange->identity;

	if (!identity_is_foreign(identity))
		return slice_of(identity->id[0] ? identity->id : STORE_PAYER_ANYONE);
	out[0] = STORE_PAYER_USER[0];
	memcpy(out + 1, identity->user.data, identity->user.len);
	return slice_make(out, 1 + identity->user.len);
}

static void push_commit(struct push *push)
{
	struct worker *worker = push->exchange->worker;
	char payer[STORE_PAYER_MAX];
	struct store_request commit = {
		.kind = STORE_PUSH,
		.payer = push_payer(push, payer),
		.user = worker->auth ? push->exchange->identity->user : slice_of(""),
		.edits = push->edits.all,
		.edit_count = push->edits.count,
		.atomic = push->edits.atomic,
	};
	enum rc rc = writer_link_commit(worker->link, push->exchange->identity->key, &commit,
					on_reply, push);

	worker_count(worker, METRIC_PUSHES, 1);
	if (rc != RC_OK) {
		sync_refuse_failed(push->exchange, rc);
		push_free(push);
	}
}

/* Counts the push, unless its user has had too many; that is refused. */
static bool push_count(struct exchange *exchange)
{
	const struct identity *identity = exchange->identity;
	struct worker *worker = exchange->worker;
	int64_t limit = quota_limit(&identity->quota, &worker->settings->quota, STORE_QUOTA_PUSHES);
	unsigned wait =
		limit > 0 ? usage_push(worker->from->shm, identity->user_key, limit, clock_us())
			  : 0;

	if (wait == 0)
		return true;
	worker_count(worker, METRIC_QUOTA_PUSHES, 1);
	request_refuse_for(&exchange->request, PROBLEM_QUOTA_PUSHES, wait,
			   "your user has made as many pushes in a minute as its quota allows");
	return false;
}

void sync_push(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	enum encoding encoding;
	struct push *push;
	struct error err;
	enum rc rc;

	if (media_is_coded(request_list(request, "Content-Encoding"))) {
		request_refuse(request, PROBLEM_MEDIA_TYPE, MEDIA_CODED);
		return;
	}
	if (media_of_content(request_header(request, "Content-Type"), &encoding) != RC_OK) {
		request_refuse(request, PROBLEM_MEDIA_TYPE, MEDIA_UNKNOWN);
		return;
	}
	exchange->encoding = media_of_accept(request_list(request, "Accept"), encoding);
	if (!push_count(exchange))
		return;
	/* Parsing takes longer than anything else here: others wait meanwhile. */
	rc = writer_link_admits(exchange->worker->link, exchange->identity->key,
				request_body(request).len);
	if (rc != RC_OK) {
		sync_refuse_failed(exchange, rc);
		return;
	}
	push = mem_alloc(sizeof(*push));
	push->exchange = exchange;
	rc = push_parse(push, encoding, &err);
	if (rc != RC_OK)
		request_refuse(request, problem_of(rc), err.text);
	else if (push_has_schema(push))
		push_commit(push);
	else
		rc = RC_DENIED;
	if (rc != RC_OK)
		push_free(push);
}
