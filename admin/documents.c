/* GET /api/documents (a page of a group, with or without what was deleted), GET
 * /api/document (one) and GET /api/versions (of one). See route.c; document_put.c
 * writes. */
#include "admin/api.h"

#include "base/mem.h"
#include "store/docid.h"
#include "store/store_admin.h"
#include "transit/envelope.h"

#include <stdlib.h>

#define LIMIT_MOST 1000
#define LIMIT 100
#define VERSION_MAX ((INT64_C(1) << 53) - 1)
#define PAGE_BYTES ((size_t)4 << 20)

/* The value as JSON, and as Transit if JSON does not say all of it. */
static enum rc put_doc(struct buf *out, const struct store_doc *doc, bool meta)
{
	enum rc rc = RC_OK;

	envelope_open(out);
	json_text(out, "id", doc->id);
	json_number(out, "version", doc->version);
	json_number(out, "sequence", doc->seq);
	if (doc->damaged)
		json_flag(out, "damaged", true);
	else
		rc = envelope_put_content(out, ENCODING_JSON, doc->deleted, doc->value, doc->plain);
	if (!doc->damaged && !doc->deleted && !doc->plain)
		json_text(out, "transit", doc->value);
	if (meta)
		store_doc_put_meta(out, ENCODING_JSON, &doc->meta);
	envelope_close(out);
	return rc;
}

/* ---- A page ---- */

struct listing {
	bool deleted;             /* only these */
	struct store_cursors all; /* the query's, if its group spans lanes */
};

static void on_page(void *arg, enum rc rc, const struct store_page *page)
{
	struct exchange *exchange = arg;
	const struct listing *listing = exchange->own;
	char cursor[STORE_CURSOR_TEXT_MAX];
	struct buf out = BUF_EMPTY;

	if (rc == RC_OK) {
		envelope_open(&out);
		json_open_list(&out, "documents");
		for (size_t i = 0; i < page->count && rc == RC_OK; i++) {
			if (listing->deleted && !page->docs[i].deleted)
				continue;
			envelope_next(&out);
			rc = put_doc(&out, &page->docs[i], true);
		}
		envelope_close_list(&out);
		(void)store_page_cursor(page, cursor);
		json_text(&out, "cursor", slice_of(cursor));
		json_flag(&out, "more", page->more);
		envelope_close(&out);
	}
	if (rc == RC_OK) {
		answer_json(exchange, 200, &out);
		return;
	}
	buf_free(&out);
	answer_failed(exchange, rc);
}

struct deleted_query {
	struct exchange *exchange;
	struct store_query query;
	struct slice group;
};

/* From the beginning, a pull leaves tombstones out; behind the horizon it does not. */
static void on_stats(void *arg, enum rc rc, const struct store_stats *stats)
{
	struct deleted_query *deleted = arg;
	struct exchange *exchange = deleted->exchange;
	struct listing *listing = exchange->own;
	struct store *store = exchange->admin->store;

	if (rc != RC_OK) {
		answer_failed(exchange, rc);
	} else {
		listing->all = (struct store_cursors){ .at = stats->horizons };
		deleted->query.since =
			store_places_in(&stats->horizons, store_lane(store, deleted->query.group));
		store_changes(store, &deleted->query, on_page, exchange);
	}
	free(deleted);
}

static enum rc read_since(const struct store *store, struct slice text, struct store_query *query,
			  struct listing *listing)
{
	if (!store_spans_lanes(store, query->group))
		return store_cursor_parse_in(text, store_lane(store, query->group), &query->since);
	query->all = &listing->all;
	return store_cursors_parse(text, store_lanes(store), &listing->all);
}

static enum rc read_query(const struct exchange *exchange, struct store_query *query,
			  struct listing *listing, struct error *err)
{
	const struct query *from = &exchange->request.query;
	struct slice text = slice_of("");
	uint64_t limit = LIMIT;
	enum rc rc;

	*query = (struct store_query){ .max_bytes = PAGE_BYTES, .meta = true };
	if (query_one(from, "group", &query->group, err) != RC_OK || group_fault(query->group))
		return error_set(err, RC_MALFORMED, "group: must be the name of a group");
	if (query_one(from, "since", &text, err) == RC_MALFORMED ||
	    read_since(exchange->admin->store, text, query, listing) != RC_OK)
		return error_set(err, RC_MALFORMED, "since: is no cursor");
	rc = query_number(from, "limit", LIMIT_MOST, &limit, err);
	query->limit = (unsigned)limit;
	return rc == RC_OK ? query_flag(from, "deleted", &listing->deleted, err) : rc;
}

void api_documents(struct exchange *exchange)
{
	struct listing *listing = mem_alloc(sizeof(*listing));
	struct deleted_query *deleted;
	struct store_query query;
	struct error err;

	exchange->own = listing;
	if (read_query(exchange, &query, listing, &err) != RC_OK) {
		answer_bad(exchange, err.text);
	} else if (listing->deleted && query.since.epoch == 0 && listing->all.at.epoch == 0) {
		deleted = mem_alloc(sizeof(*deleted));
		*deleted = (struct deleted_query){ .exchange = exchange, .query = query };
		store_stats(exchange->admin->store, on_stats, deleted);
	} else {
		store_changes(exchange->admin->store, &query, on_page, exchange);
	}
}

/* ---- One ---- */

static enum rc on_found(void *arg, const struct store_doc *doc)
{
	return put_doc(arg, doc, false);
}

static void find(struct admin *admin, void *arg)
{
	struct exchange *exchange = arg;
	struct buf out = BUF_EMPTY;
	struct slice id = slice_of("");
	struct error err;
	enum rc rc = query_one(&exchange->request.query, "id", &id, &err);

	if (rc == RC_OK)
		rc = store_find(admin->reader, id, on_found, &out);
	if (rc == RC_OK) {
		answer_json(exchange, 200, &out);
		return;
	}
	buf_free(&out);
	if (rc == RC_NOT_FOUND)
		request_refuse(&exchange->request, PROBLEM_NOT_FOUND, "there is no such document");
	else
		answer_failed(exchange, rc);
}

void api_document(struct exchange *exchange)
{
	struct slice id;
	struct error err;

	if (query_one(&exchange->request.query, "id", &id, &err) != RC_OK || !docid_is_valid(id))
		answer_bad(exchange, "id: must be the id of a document");
	else
		job_add(exchange->admin, find, exchange);
}

/* ---- Versions ---- */

static void on_versions(void *arg, enum rc rc, const struct store_page *page)
{
	struct exchange *exchange = arg;
	struct buf out = BUF_EMPTY;

	if (rc == RC_OK) {
		envelope_open(&out);
		json_open_list(&out, "versions");
		for (size_t i = 0; i < page->count && rc == RC_OK; i++) {
			envelope_next(&out);
			rc = put_doc(&out, &page->docs[i], true);
		}
		envelope_close_list(&out);
		json_flag(&out, "more", page->more);
		envelope_close(&out);
	}
	if (rc == RC_OK) {
		answer_json(exchange, 200, &out);
		return;
	}
	buf_free(&out);
	answer_failed(exchange, rc);
}

void api_versions(struct exchange *exchange)
{
	const struct query *from = &exchange->request.query;
	struct store_versions *query = mem_alloc(sizeof(*query));
	struct error err;

	exchange->own = query;
	*query = (struct store_versions){ .limit = LIMIT, .max_bytes = PAGE_BYTES };
	if (query_one(from, "id", &query->id, &err) != RC_OK || !docid_is_valid(query->id))
		answer_bad(exchange, "id: must be the id of a document");
	else if (query_number(from, "before", VERSION_MAX, &query->before, &err) != RC_OK)
		answer_bad(exchange, err.text);
	else
		store_versions(exchange->admin->store, query, on_versions, exchange);
}
