/* POST /api/document: writes or deletes one document, as `doc put` and `doc rm` do, but
 * only on the version that the administrator has seen. See route.c. */
#include "admin/api.h"

#include "admin/writer_client.h"
#include "store/docid.h"
#include "transit/envelope.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#define OP_ROOM 24
#define VALUE_BYTES ((size_t)64 << 20)

enum { ID, BASE, VALUE, TRANSIT, DELETED, FIELDS };

static void put_written(struct exchange *exchange, const struct store_result *result)
{
	const bool done = result->status == STORE_OK;
	struct buf out = BUF_EMPTY;

	envelope_open(&out);
	json_text(&out, "status", slice_of(done ? "ok" : "conflict"));
	json_number(&out, "version", result->version);
	envelope_close(&out);
	answer_json(exchange, done ? 200 : 409, &out);
}

static void on_written(void *arg, enum rc rc, const struct store_reply *reply)
{
	struct exchange *exchange = arg;

	if (rc == RC_OK)
		rc = reply->rc;
	if (rc == RC_OK && reply->result_count == 1)
		put_written(exchange, reply->results);
	else if (rc == RC_OVER_QUOTA)
		request_refuse(&exchange->request, PROBLEM_QUOTA_BYTES,
			       "this would exceed the quota of your user");
	else
		answer_failed(exchange, rc == RC_OK ? RC_CORRUPT : rc);
}

/* A value that was given as Transit, such as that of a document with dates. */
static enum rc read_transit(struct slice text, struct buf *out, bool *plain, struct error *err)
{
	struct transit_in *in = transit_in_new(ENCODING_TRANSIT, text, VALUE_BYTES);
	enum rc rc = transit_in_value(in, out, plain);

	if (rc == RC_OK)
		rc = transit_in_finish(in);
	if (rc != RC_OK)
		(void)error_set(err, rc, "transit: %.200s", transit_in_error(in));
	transit_in_free(in);
	return rc;
}

static enum rc read_edit(const struct json_body *body, struct store_edit *edit, struct buf *value,
			 struct error *err)
{
	const struct json_field *fields = body->fields;

	*edit = (struct store_edit){ .id = json_body_text(body, ID, 0),
				     .base = fields[BASE].number,
				     .deleted = fields[DELETED].flag,
				     .value = slice_of("") };
	if (!docid_is_valid(edit->id) || (!edit->deleted && docid_is_deep(edit->id)))
		return error_set(err, RC_MALFORMED, "id: must be the id of a document");
	if (edit->base > STORE_BASE_MAX)
		return error_set(err, RC_MALFORMED, "base: must be at most %" PRIu64,
				 STORE_BASE_MAX);
	if (fields[VALUE].is_there + fields[TRANSIT].is_there + edit->deleted != 1)
		return error_set(err, RC_MALFORMED,
				 "one of value, transit and deleted: true is needed");
	if (edit->deleted)
		return RC_OK;
	edit->plain = fields[VALUE].plain;
	edit->value = json_body_text(body, VALUE, 0);
	if (fields[VALUE].is_there)
		return RC_OK;
	if (read_transit(json_body_text(body, TRANSIT, 0), value, &edit->plain, err) != RC_OK)
		return RC_MALFORMED;
	edit->value = buf_slice(value);
	return RC_OK;
}

static void put(struct exchange *exchange, const struct json_body *body)
{
	const struct actor actor = exchange_actor(exchange);
	struct store_edit edit;
	struct store_request request = { .kind = STORE_PUSH,
					 .payer = actor.token,
					 .user = actor.user,
					 .edits = &edit,
					 .edit_count = 1 };
	struct buf value = BUF_EMPTY;
	char op[OP_ROOM];
	uint64_t number = 0;
	struct error err;

	if (read_edit(body, &edit, &value, &err) != RC_OK) {
		answer_bad(exchange, err.text);
	} else if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number)) {
		answer_failed(exchange, RC_IO);
	} else {
		(void)snprintf(op, sizeof(op), "a%016" PRIx64, number);
		edit.op = slice_of(op);
		writer_client_ask(exchange->admin->writer, &actor, &request, on_written, exchange);
	}
	buf_free(&value);
}

void api_document_put(struct exchange *exchange)
{
	struct json_field fields[FIELDS] = {
		[ID] = { "id", BODY_TEXT, .required = true },
		[BASE] = { "base", BODY_NUMBER },
		[VALUE] = { "value", BODY_VALUE },
		[TRANSIT] = { "transit", BODY_TEXT },
		[DELETED] = { "deleted", BODY_FLAG },
	};
	struct json_body body = { fields, FIELDS, BUF_EMPTY };

	if (json_body_read(exchange, &body))
		put(exchange, &body);
	json_body_free(&body);
}
