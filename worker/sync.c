/* Pulls and pushes (protocol.md, GET and POST /sync). Pulls are answered from the page
 * cache or the store, pushes go to the writer (writer_link.h). See route.c. */
#include "worker/sync.h"

#include "auth/identity.h"
#include "auth/quota.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/mem.h"
#include "base/text.h"
#include "shm/edition.h"
#include "shm/usage.h"
#include "store/docid.h"
#include "transit/envelope.h"
#include "worker/dispatch.h"
#include "worker/http/media.h"
#include "worker/live/page.h"
#include "worker/page_cache.h"
#include "worker/push_body.h"
#include "worker/app_schema.h"
#include "worker/compress.h"
#include "worker/writer_link.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define LIMIT_DEFAULT 1000
#define LIMIT_MAX 10000
/* Of values in one page; the client pulls the next one. */
#define PULL_BYTES ((size_t)4 << 20)

static void sync_set_headers(struct exchange *exchange)
{
	struct request *request = &exchange->request;

	request_set_header(request, "Content-Type", media_type(exchange->encoding));
	request_set_header(request, "Cache-Control", "no-store");
	request_set_header(request, "Cross-Origin-Resource-Policy", "same-origin");
}

static const char *sync_failure(enum rc rc)
{
	switch (rc) {
	case RC_BUSY:
		return "too many writes are waiting; try again";
	case RC_FULL:
		return "the server's disk is full; try again when there is room";
	case RC_READ_ONLY:
		return "the server's disk is read-only; try again when it takes writes";
	case RC_MOVED:
		return "the files of the database were moved; try again when they are back";
	case RC_CORRUPT:
		return "a document that this request needs is corrupted on the server";
	default:
		return "the database does not answer; try again";
	}
}

static void sync_refuse_failed(struct exchange *exchange, enum rc rc)
{
	request_refuse(&exchange->request, problem_of(rc), sync_failure(rc));
}

/* ---- Pull ---- */

static enum rc pull_limit(const struct query *query, struct store_query *out, struct error *err)
{
	struct slice text;
	uint64_t limit = LIMIT_DEFAULT;
	enum rc rc = query_one(query, "limit", &text, err);

	if (rc == RC_MALFORMED)
		return rc;
	if (rc == RC_OK && (text_number(text, LIMIT_MAX, &limit) != RC_OK || limit == 0))
		return error_set(err, RC_MALFORMED, "limit: must be a number from 1 to %d",
				 LIMIT_MAX);
	out->limit = (unsigned)limit;
	return RC_OK;
}

static enum rc pull_meta(const struct query *query, struct store_query *out, struct error *err)
{
	struct slice meta = slice_of("0");

	if (query_one(query, "meta", &meta, err) == RC_MALFORMED)
		return RC_MALFORMED;
	if (!slice_is(meta, "0") && !slice_is(meta, "1"))
		return error_set(err, RC_MALFORMED, "meta: must be 0 or 1");
	out->meta = slice_is(meta, "1");
	return RC_OK;
}

static enum rc pull_since(const struct store *store, struct slice since, struct store_query *out,
			  struct store_cursors *all)
{
	if (!store_spans_lanes(store, out->group))
		return store_cursor_parse_in(since, store_lane(store, out->group), &out->since);
	out->all = all;
	return store_cursors_parse(since, store_lanes(store), all);
}

/* `all` is the query's if its group spans lanes. */
static enum rc pull_query(const struct store *store, const struct query *query,
			  struct store_query *out, struct store_cursors *all, struct error *err)
{
	struct slice since = slice_of("");
	const char *fault;
	enum rc rc;

	*out = (struct store_query){ .max_bytes = PULL_BYTES, .by_replica = true };
	rc = query_one(query, "group", &out->group, err);
	if (rc == RC_NOT_FOUND)
		return error_set(err, RC_MALFORMED, "group: missing");
	if (rc != RC_OK)
		return rc;
	fault = group_fault(out->group);
	if (fault)
		return error_set(err, RC_MALFORMED, "group: %s", fault);
	if (query_one(query, "since", &since, err) == RC_MALFORMED)
		return RC_MALFORMED;
	if (pull_since(store, since, out, all) != RC_OK)
		return error_set(err, RC_MALFORMED, "since: not a cursor");
	rc = pull_meta(query, out, err);
	return rc == RC_OK ? pull_limit(query, out, err) : rc;
}

/* A pull that the store answers. */
struct pull {
	struct exchange *exchange;
	struct store_query query;  /* points into the request's own text */
	struct store_cursors *all; /* the query's, if it has them; else NULL */
	uint64_t spoils;           /* at its beginning */
};

static void pull_free(struct pull *pull)
{
	free(pull->all);
	free(pull);
}

static void pull_answer(struct exchange *exchange, struct shared_buf *body)
{
	sync_set_headers(exchange);
	request_answer_shared(&exchange->request, 200, body);
}

/* The second response to a query, and those that follow it, can be compressed. */
static void pull_answer_page(struct exchange *exchange, struct page *page)
{
	struct request *request = &exchange->request;
	struct shared_buf *body = page->body;

	if (page->state.may_compress) {
		request_set_header(request, "Vary", "Accept-Encoding");
		if (media_takes_gzip(request_list(request, "Accept-Encoding")) &&
		    page_cache_gzip(exchange->worker->page_cache, page)) {
			request_set_header(request, "Content-Encoding", "gzip");
			body = page->gzip;
		}
	}
	pull_answer(exchange, body);
}

/* A page is sent as it is to the first who asks for it. */
static void pull_answer_first(const struct pull *pull, const struct store_page *page)
{
	struct exchange *exchange = pull->exchange;
	struct worker *worker = exchange->worker;
	struct page_state state = { .head = page->head,
				    .lane = (unsigned)store_lane(worker->store, pull->query.group),
				    .heads = page->heads,
				    .epoch = page->heads ? page->heads->epoch : page->next.epoch,
				    .spoils = pull->spoils,
				    .read_at = exchange->request.trace.begun };
	struct buf bytes = BUF_EMPTY;
	struct shared_buf *body;

	worker_count(exchange->worker, METRIC_DAMAGED,
		     page_put(&bytes, exchange->encoding, slice_of(""), page, pull->query.meta));
	state.may_compress =
		worker->settings->compress && compress_allows(page, pull->query.group, bytes.len);
	body = shared_buf_new(&bytes);
	page_cache_put(worker->page_cache, &pull->query, exchange->encoding, &state, body);
	if (state.may_compress)
		request_set_header(&exchange->request, "Vary", "Accept-Encoding");
	pull_answer(exchange, body);
	shared_buf_unref(body);
}

static void pull_count_reader(struct worker *worker, enum store_reader reader)
{
	if (reader != STORE_READER_ONLY)
		worker_count(worker,
			     reader == STORE_READER_REPLICA ? METRIC_REPLICA_PAGES
							    : METRIC_PRIMARY_PAGES,
			     1);
}

static void on_page(void *arg, enum rc rc, const struct store_page *page)
{
	struct pull *pull = arg;

	if (rc == RC_OK)
		pull_count_reader(pull->exchange->worker, page->reader);
	if (rc == RC_OK)
		pull_answer_first(pull, page);
	else
		sync_refuse_failed(pull->exchange, rc);
	pull_free(pull);
}

/* The page that this pull got last. */
static struct page *pull_page(const struct pull *pull)
{
	return page_cache_find(pull->exchange->worker->page_cache, &pull->query,
			       pull->exchange->encoding);
}

static bool is_current(const struct pull *pull, const struct page *page,
		       const struct store_places *heads)
{
	return page && page_is_current(page, pull->exchange->worker->from->shm, heads,
				       pull->exchange->request.trace.begun);
}

/* The heads at a moment after the pull came: another host may have answered a push
 * before it that is not in the ring here. One question is asked for all pulls that
 * wait. */
static void on_index(void *arg, enum rc rc, const struct store_places *heads)
{
	struct pull *pull = arg;
	struct page *page = rc == RC_OK ? pull_page(pull) : NULL;

	if (rc == RC_OK && is_current(pull, page, heads)) {
		pull_answer_page(pull->exchange, page);
		pull_free(pull);
	} else if (rc == RC_OK) {
		store_changes(pull->exchange->worker->store, &pull->query, on_page, pull);
	} else {
		sync_refuse_failed(pull->exchange, rc);
		pull_free(pull);
	}
}

static void pull_begin(struct exchange *exchange, const struct store_query *query,
		       const struct page *page)
{
	struct store *store = exchange->worker->store;
	struct pull *pull = mem_alloc(sizeof(*pull));

	*pull = (struct pull){ .exchange = exchange,
			       .query = *query,
			       .spoils = edition_spoils(exchange->worker->from->shm) };
	if (query->all) {
		pull->query.all = pull->all = mem_alloc(sizeof(*pull->all));
		*pull->all = *query->all;
	}
	if (store_is_shared(store) && is_current(pull, page, NULL))
		store_head(store, on_index, pull);
	else
		store_changes(store, &pull->query, on_page, pull);
}

/* Without asking the database first? */
static bool may_answer(const struct exchange *exchange, struct page *page)
{
	const struct worker *worker = exchange->worker;
	const struct shm *shm = worker->from->shm;
	const uint64_t begun = exchange->request.trace.begun;

	return page_is_good(page, shm, store_edition(worker->store), begun) ||
	       (FAULT_MUTANT("index_skipped") && page_is_current(page, shm, NULL, begun));
}

static void pull_serve(struct exchange *exchange, const struct store_query *query)
{
	struct worker *worker = exchange->worker;
	struct page *page = page_cache_find(worker->page_cache, query, exchange->encoding);

	if (page && may_answer(exchange, page))
		pull_answer_page(exchange, page);
	else
		pull_begin(exchange, query, page);
}

void sync_pull(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct store_query query;
	struct store_cursors all;
	struct error err;

	if (pull_query(exchange->worker->store, &request->query, &query, &all, &err) != RC_OK) {
		request_refuse(request, PROBLEM_BAD_REQUEST, err.text);
	} else if (!identity_may_group(exchange->identity, query.group, AUTH_READ)) {
		request_refuse(request, PROBLEM_FORBIDDEN, "group: this token may not read it");
	} else if (app_schema_allows(exchange, query.group, false)) {
		worker_count(exchange->worker, METRIC_PULLS, 1);
		pull_serve(exchange, &query);
	}
}

/* ---- Push ---- */

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
