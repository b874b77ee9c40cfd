/* The versions of a document (protocol.md, GET /history). See route.c. */
#include "worker/history.h"

#include "auth/identity.h"
#include "base/mem.h"
#include "store/docid.h"
#include "transit/envelope.h"
#include "worker/app_schema.h"
#include "worker/dispatch.h"
#include "worker/http/media.h"

#include <stdlib.h>

#define LIMIT_DEFAULT 100
#define LIMIT_MAX 1000
#define VERSION_MAX ((INT64_C(1) << 53) - 1)
/* Of values in one page; the client asks for the next one. */
#define HISTORY_BYTES ((size_t)4 << 20)

struct history {
	struct exchange *exchange;
	struct store_versions query; /* points into the request's own text */
};

/* ---- The request ---- */

static enum rc read_query(const struct query *query, struct store_versions *out, struct error *err)
{
	uint64_t limit = LIMIT_DEFAULT;
	enum rc rc = query_one(query, "id", &out->id, err);

	if (rc == RC_NOT_FOUND)
		return error_set(err, RC_MALFORMED, "id: missing");
	if (rc != RC_OK)
		return rc;
	if (!docid_is_valid(out->id))
		return error_set(err, RC_MALFORMED,
				 "id: must be GROUP:REST, both parts non-empty, 512 bytes at most, "
				 "no control characters");
	rc = query_number(query, "before", VERSION_MAX, &out->before, err);
	if (rc == RC_OK)
		rc = query_number(query, "limit", LIMIT_MAX, &limit, err);
	out->limit = (unsigned)limit;
	out->max_bytes = HISTORY_BYTES;
	return rc;
}

/* ---- The response ---- */

/* Returns whether it is damaged. */
static bool put_version(struct buf *out, enum encoding encoding, const struct store_doc *doc)
{
	bool damaged = doc->damaged;
	size_t before;

	envelope_next(out);
	envelope_open(out);
	envelope_put_number(out, encoding, "version", doc->version);
	before = out->len;
	if (!damaged)
		damaged = envelope_put_content(out, encoding, doc->deleted, doc->value,
					       doc->plain) != RC_OK;
	if (damaged) {
		out->len = before;
		envelope_put_flag(out, encoding, "damaged", true);
	}
	store_doc_put_meta(out, encoding, &doc->meta);
	envelope_close(out);
	return damaged;
}

static void put_versions(const struct history *history, const struct store_page *page,
			 struct buf *out)
{
	struct exchange *exchange = history->exchange;
	enum encoding encoding = exchange->encoding;
	unsigned damaged = 0;

	envelope_open(out);
	envelope_put_text(out, encoding, "id", history->query.id);
	envelope_open_list(out, encoding, "versions");
	for (size_t i = 0; i < page->count; i++)
		damaged += put_version(out, encoding, &page->docs[i]);
	envelope_close_list(out);
	envelope_put_flag(out, encoding, "more", page->more);
	envelope_close(out);
	worker_count(exchange->worker, METRIC_DAMAGED, damaged);
}

static void on_versions(void *arg, enum rc rc, const struct store_page *page)
{
	struct history *history = arg;
	struct request *request = &history->exchange->request;
	struct buf body = BUF_EMPTY;

	if (rc == RC_OK) {
		put_versions(history, page, &body);
		request_set_header(request, "Content-Type",
				   media_type(history->exchange->encoding));
		request_set_header(request, "Cache-Control", "no-store");
		request_set_header(request, "Cross-Origin-Resource-Policy", "same-origin");
		request_answer(request, 200, &body);
	} else {
		request_refuse(request, problem_of(rc),
			       rc == RC_CORRUPT ? "the database is damaged where this document is"
						: "the database does not answer; try again");
	}
	free(history);
}

void history_serve(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct store_versions query = { .before = 0 };
	struct history *history;
	struct error err;

	if (read_query(&request->query, &query, &err) != RC_OK) {
		request_refuse(request, PROBLEM_BAD_REQUEST, err.text);
	} else if (!identity_may_doc(exchange->identity, query.id, AUTH_READ)) {
		request_refuse(request, PROBLEM_FORBIDDEN, "id: this token may not read it");
	} else if (app_schema_allows(exchange, query.id, true)) {
		history = mem_alloc(sizeof(*history));
		*history = (struct history){ exchange, query };
		store_versions(exchange->worker->store, &history->query, on_versions, history);
	}
}
