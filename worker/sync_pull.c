/* Pulls (doc/protocol.md, GET /sync), answered from the page cache or the store. Called
 * by route.c. See also sync_push.c. */
#include "worker/sync.h"

#include "auth/identity.h"
#include "base/fault.h"
#include "base/mem.h"
#include "shm/edition.h"
#include "worker/dispatch.h"
#include "worker/http/media.h"
#include "worker/live/page.h"
#include "worker/page_cache.h"
#include "worker/app_schema.h"
#include "worker/compress.h"

#include <inttypes.h>
#include <stdlib.h>

#define LIMIT_DEFAULT 1000
#define LIMIT_MAX 10000
/* Of values in one page; the client pulls the next one. */
#define PULL_BYTES ((size_t)4 << 20)

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
	uint64_t limit = LIMIT_DEFAULT;
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
	rc = query_flag(query, "meta", &out->meta, err);
	if (rc == RC_OK)
		rc = query_number(query, "limit", LIMIT_MAX, &limit, err);
	out->limit = (unsigned)limit;
	return rc;
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
