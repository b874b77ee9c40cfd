/* Opens an event stream: checks the query, answers with the head of a stream, and moves
 * the socket from evhttp to worker/live. See route.c. */
#include "worker/events.h"

#include "auth/identity.h"
#include "store/docid.h"
#include "base/fault.h"
#include "base/mem.h"
#include "worker/dispatch.h"
#include "worker/app_schema.h"
#include "worker/live/hint_reader.h"

#include <event2/util.h>
#include <stdlib.h>
#include <unistd.h>

/* Reconnection is spread over these milliseconds, so that a restart does not bring
 * every client back at the same moment. */
#define RETRY_MIN 1000
#define RETRY_SPREAD 3000

/* A stream that is being opened. */
struct opening {
	struct exchange *exchange;
	struct worker *worker;
	struct subscription subscription;
	struct store_span span;                     /* where to begin, in several lanes */
	struct store_cursors all;                   /* the same, in a group that spans lanes */
	struct slice groups[SUBSCRIBER_GROUPS_MAX]; /* point into `text` */
	struct buf text;
	struct buf header;
};

static void opening_free(struct opening *opening)
{
	streams_uncount(opening->worker->streams, &opening->subscription);
	identity_unref(opening->subscription.identity);
	buf_free(&opening->text);
	buf_free(&opening->header);
	free(opening);
}

static enum rc read_groups(struct opening *opening, struct error *err)
{
	const struct query *query = &opening->exchange->request.query;
	const struct query_pair *pair = NULL;
	struct subscription *subscription = &opening->subscription;

	while ((pair = query_next(query, "group", pair)) != NULL) {
		const char *fault = group_fault(pair->value);
		bool known = false;

		if (fault)
			return error_set(err, RC_MALFORMED, "group: %s", fault);
		for (size_t i = 0; i < subscription->group_count; i++)
			known = known || slice_equal(opening->groups[i], pair->value);
		if (known)
			continue;
		if (subscription->group_count == SUBSCRIBER_GROUPS_MAX)
			return error_set(err, RC_MALFORMED, "group: a stream follows at most %d",
					 SUBSCRIBER_GROUPS_MAX);
		if (!identity_may_group(opening->exchange->identity, pair->value, AUTH_READ))
			return error_set(err, RC_DENIED, "group: this token may not read %.*s",
					 (int)pair->value.len, pair->value.data);
		opening->groups[subscription->group_count++] = pair->value;
	}
	return subscription->group_count ? RC_OK : error_set(err, RC_MALFORMED, "group: missing");
}

/* The groups' names must outlive the request. */
static void copy_groups(struct opening *opening)
{
	struct subscription *subscription = &opening->subscription;
	size_t at = 0;

	for (size_t i = 0; i < subscription->group_count; i++)
		buf_put_slice(&opening->text, opening->groups[i]);
	for (size_t i = 0; i < subscription->group_count; i++) {
		opening->groups[i].data = opening->text.data + at;
		at += opening->groups[i].len;
	}
	subscription->groups = opening->groups;
}

static enum rc read_docs(struct opening *opening, struct error *err)
{
	const struct query *query = &opening->exchange->request.query;
	struct slice encoding = slice_of("json");

	if (query_flag(query, "docs", &opening->subscription.docs, err) != RC_OK ||
	    query_flag(query, "meta", &opening->subscription.meta, err) != RC_OK ||
	    query_one(query, "encoding", &encoding, err) == RC_MALFORMED)
		return RC_MALFORMED;
	if (!slice_is(encoding, "json") && !slice_is(encoding, "transit"))
		return error_set(err, RC_MALFORMED, "encoding: must be json or transit");
	opening->subscription.encoding =
		slice_is(encoding, "json") ? ENCODING_JSON : ENCODING_TRANSIT;
	return RC_OK;
}

static int lane_of_group(const struct opening *opening, size_t i)
{
	return store_lane(opening->worker->store, opening->groups[i]);
}

static bool spans_lanes(const struct opening *opening, size_t i)
{
	return store_spans_lanes(opening->worker->store, opening->groups[i]);
}

/* One group, which spans lanes. */
static bool is_of_all(const struct opening *opening)
{
	return opening->subscription.group_count == 1 && spans_lanes(opening, 0);
}

static bool is_in_several_lanes(const struct opening *opening)
{
	for (size_t i = 0; i < opening->subscription.group_count; i++)
		if (spans_lanes(opening, i) ||
		    lane_of_group(opening, i) != lane_of_group(opening, 0))
			return true;
	return false;
}

/* A cursor of one lane says nothing of the others, and one of all lanes in a snapshot
 * nothing of other groups: to be on the safe side, the stream reports what there is. */
static enum rc parse_places(struct opening *opening, struct slice text)
{
	const int lanes = store_lanes(opening->worker->store);
	struct store_cursors *all = &opening->all;
	struct store_span *span = &opening->span;

	opening->subscription.span = span;
	if (!is_of_all(opening) && store_span_parse(text, span) == RC_OK &&
	    span->from.lanes == lanes)
		return RC_OK;
	if (store_cursors_parse(text, lanes, all) != RC_OK)
		return RC_MALFORMED;
	*span = (struct store_span){ .from = all->at };
	if (all->bound)
		memset(span->from.seqs, 0, sizeof(span->from.seqs));
	if (is_of_all(opening))
		opening->subscription.all = all;
	return RC_OK;
}

static enum rc parse_since(struct opening *opening, struct slice text)
{
	if (is_in_several_lanes(opening))
		return parse_places(opening, text);
	return store_cursor_parse_in(text, lane_of_group(opening, 0), &opening->subscription.since);
}

/* Last-Event-ID if it is sent, else `since`. RC_NOT_FOUND: neither, begin now. */
static enum rc read_since(struct opening *opening, struct error *err)
{
	const char *last = request_header(&opening->exchange->request, "Last-Event-ID");
	struct slice text;
	enum rc rc = query_one(&opening->exchange->request.query, "since", &text, err);

	if (rc == RC_MALFORMED)
		return rc;
	if (last && *last && FAULT_MUTANT("resume_forgotten"))
		return RC_NOT_FOUND;
	if (last && *last) {
		if (parse_since(opening, slice_of(last)) != RC_OK)
			return error_set(err, RC_MALFORMED, "Last-Event-ID: not a cursor");
		return RC_OK;
	}
	if (rc == RC_OK && parse_since(opening, text) != RC_OK)
		return error_set(err, RC_MALFORMED, "since: not a cursor");
	return rc;
}

static void put_header(struct opening *opening)
{
	const struct exchange *exchange = opening->exchange;
	uint32_t random;

	evutil_secure_rng_get_bytes(&random, sizeof(random));
	buf_put_text(&opening->header, "HTTP/1.1 200 OK\r\n"
				       "Content-Type: text/event-stream\r\n"
				       "Cache-Control: no-store\r\n"
				       "X-Accel-Buffering: no\r\n"
				       "X-Content-Type-Options: nosniff\r\n"
				       "Cross-Origin-Resource-Policy: same-origin\r\n"
				       "Connection: close\r\n");
	cors_put(&exchange->worker->cors, exchange->request.origin, &opening->header);
	buf_putf(&opening->header, "\r\nretry: %u\n\n", RETRY_MIN + random % RETRY_SPREAD);
}

static void on_detached(void *arg, int fd)
{
	struct opening *opening = arg;

	if (fd >= 0) {
		hint_reader_poll(opening->worker->hints);
		streams_open(opening->worker->streams, fd, &opening->subscription,
			     buf_slice(&opening->header));
		opening->subscription.identity = NULL;
		opening->subscription.is_counted = false;
	}
	opening_free(opening);
}

static void opening_begin(struct opening *opening)
{
	struct exchange *exchange = opening->exchange;

	put_header(opening);
	copy_groups(opening);
	request_detach(&exchange->request, on_detached, opening);
}

static void on_head(void *arg, enum rc rc, const struct store_places *head)
{
	struct opening *opening = arg;

	if (rc == RC_OK) {
		opening->subscription.since = store_places_in(head, lane_of_group(opening, 0));
		opening->span = (struct store_span){ .from = *head };
		if (is_in_several_lanes(opening))
			opening->subscription.span = &opening->span;
		opening_begin(opening);
	} else {
		request_refuse(&opening->exchange->request, PROBLEM_UNAVAILABLE,
			       "the database does not answer; try again");
		opening_free(opening);
	}
}

static void opening_refuse(struct opening *opening, enum problem problem, const char *detail)
{
	request_refuse(&opening->exchange->request, problem, detail);
	opening_free(opening);
}

/* Everything has been checked but how many there are. `rc`: of read_since. */
static void opening_admit(struct opening *opening, enum rc rc)
{
	const struct worker *worker = opening->exchange->worker;

	opening->subscription.identity = identity_ref(opening->exchange->identity);
	if (worker->state >= WORKER_DRAINING) {
		opening_refuse(opening, PROBLEM_UNAVAILABLE, "the server is stopping; try again");
	} else if (streams_count(worker->streams) >= worker->settings->max_streams) {
		opening_refuse(opening, PROBLEM_STREAMS, "too many open streams");
	} else if (!streams_count_user(worker->streams, &opening->subscription)) {
		worker_count(worker, METRIC_QUOTA_STREAMS, 1);
		opening_refuse(opening, PROBLEM_QUOTA_STREAMS,
			       "your user has as many open streams as its quota allows");
	} else if (rc == RC_NOT_FOUND) {
		store_head(worker->store, on_head, opening);
	} else {
		opening_begin(opening);
	}
}

/* False: the request has been refused. */
static bool opening_has_schema(const struct opening *opening)
{
	for (size_t i = 0; i < opening->subscription.group_count; i++)
		if (!app_schema_allows(opening->exchange, opening->groups[i], false))
			return false;
	return true;
}

void events_open(struct exchange *exchange)
{
	struct opening *opening = mem_alloc(sizeof(*opening));
	struct error err;
	enum rc rc;

	opening->exchange = exchange;
	opening->worker = exchange->worker;
	rc = read_groups(opening, &err);
	if (rc == RC_OK)
		rc = read_docs(opening, &err);
	if (rc == RC_OK)
		rc = read_since(opening, &err);
	if (rc == RC_MALFORMED || rc == RC_DENIED)
		opening_refuse(opening, problem_of(rc), err.text);
	else if (opening_has_schema(opening))
		opening_admit(opening, rc);
	else
		opening_free(opening);
}
