/* Parses the body of a push: one pass over the message, whose values come out in
 * canonical Transit. Called by worker/sync_push. See also cli/line, which reads
 * exports. */
#include "worker/push_body.h"

#include "base/array.h"
#include "base/mem.h"
#include "store/docid.h"

#include <assert.h>
#include <stdlib.h>

/* The text grows, and moves, while the message is parsed. Until the end slices hold
 * offsets into it, in `data`, as if it began at address 0. */
struct parser {
	struct transit_in *in;
	struct push_body *out;
	struct error *err;
};

enum field { FIELD_ID = 1, FIELD_BASE = 2, FIELD_OP = 4, FIELD_VALUE = 8, FIELD_DELETED = 16 };

/* Fails because of a field of the document that is being parsed. */
static enum rc refuse(struct parser *parser, enum rc rc, const char *field, const char *reason)
{
	return error_set(parser->err, rc, "docs[%zu]%s%s: %s", parser->out->count,
			 field[0] ? "." : "", field, reason);
}

/* Returns the step's result; a failed one gets the field's name in front of the Transit
 * reader's reason. */
static enum rc step(struct parser *parser, enum rc rc, const char *field)
{
	return rc == RC_OK ? RC_OK : refuse(parser, rc, field, transit_in_error(parser->in));
}

static struct slice offset_slice(size_t from, const struct buf *text)
{
	return slice_make((const char *)(uintptr_t)from, text->len - from);
}

static struct slice resolve(struct slice at, const struct buf *text)
{
	return at.len ? slice_make(text->data + (uintptr_t)at.data, at.len) : slice_of("");
}

static enum rc parse_text(struct parser *parser, const char *name, struct slice *into)
{
	struct buf *text = &parser->out->text;
	size_t from = text->len;
	enum rc rc = step(parser, transit_in_string(parser->in, text), name);

	*into = offset_slice(from, text);
	return rc;
}

static enum rc parse_id(struct parser *parser, struct store_edit *edit)
{
	enum rc rc = parse_text(parser, "id", &edit->id);

	if (rc == RC_OK && !docid_is_valid(resolve(edit->id, &parser->out->text)))
		return refuse(parser, RC_MALFORMED, "id",
			      "must be GROUP:REST, both parts non-empty, 512 bytes at most, no "
			      "control characters");
	return rc;
}

static enum rc parse_op(struct parser *parser, struct store_edit *edit)
{
	enum rc rc = parse_text(parser, "op", &edit->op);

	if (rc == RC_OK && (edit->op.len == 0 || edit->op.len > OP_MAX))
		return refuse(parser, RC_MALFORMED, "op", "must be 1 to 64 bytes long");
	return rc;
}

static enum rc parse_value(struct parser *parser, struct store_edit *edit)
{
	struct buf *text = &parser->out->text;
	size_t from = text->len;
	enum rc rc = step(parser, transit_in_value(parser->in, text, &edit->plain), "value");

	edit->value = offset_slice(from, text);
	return rc;
}

static enum rc parse_base(struct parser *parser, struct store_edit *edit)
{
	enum rc rc = step(parser, transit_in_uint(parser->in, &edit->base), "base");

	if (rc == RC_OK && edit->base > STORE_BASE_MAX)
		return refuse(parser, RC_MALFORMED, "base", "must be at most 9007199254740989");
	return rc;
}

static enum rc parse_deleted(struct parser *parser, struct store_edit *edit)
{
	return step(parser, transit_in_bool(parser->in, &edit->deleted), "deleted");
}

static const struct field_row {
	const char *name;
	enum field field;
	enum rc (*parse)(struct parser *, struct store_edit *);
} fields[] = {
	{ "id", FIELD_ID, parse_id },
	{ "base", FIELD_BASE, parse_base },
	{ "op", FIELD_OP, parse_op },
	{ "value", FIELD_VALUE, parse_value },
	{ "deleted", FIELD_DELETED, parse_deleted },
};

static enum rc parse_field(struct parser *parser, struct slice key, struct store_edit *edit,
			   unsigned *seen)
{
	for (size_t i = 0; i < COUNT(fields); i++) {
		if (!slice_is(key, fields[i].name))
			continue;
		if (*seen & fields[i].field)
			return refuse(parser, RC_MALFORMED, fields[i].name, "given more than once");
		*seen |= fields[i].field;
		return fields[i].parse(parser, edit);
	}
	return step(parser, transit_in_skip(parser->in), "");
}

static enum rc check_doc(struct parser *parser, const struct store_edit *edit, unsigned seen)
{
	if (!(seen & FIELD_ID))
		return refuse(parser, RC_MALFORMED, "id", "missing");
	if (edit->deleted && (seen & FIELD_VALUE))
		return refuse(parser, RC_MALFORMED, "value", "a deletion has none");
	if (!edit->deleted && !(seen & FIELD_VALUE))
		return refuse(parser, RC_MALFORMED, "value", "missing");
	if (!edit->deleted && docid_is_deep(resolve(edit->id, &parser->out->text)))
		return refuse(parser, RC_MALFORMED, "id", "is nested in more than 32 groups");
	return RC_OK;
}

static enum rc parse_doc(struct parser *parser)
{
	struct push_body *out = parser->out;
	struct store_edit edit = { .base = 0 };
	struct slice key;
	unsigned seen = 0;
	bool more;
	enum rc rc = step(parser, transit_in_map(parser->in), "");

	while (rc == RC_OK &&
	       (rc = step(parser, transit_in_map_next(parser->in, &more, &key), "")) == RC_OK &&
	       more)
		rc = parse_field(parser, key, &edit, &seen);
	if (rc == RC_OK)
		rc = check_doc(parser, &edit, seen);
	if (rc != RC_OK)
		return rc;
	out->all = mem_grow(out->all, &out->room, out->count + 1, sizeof(*out->all));
	out->all[out->count++] = edit;
	return RC_OK;
}

static enum rc parse_docs(struct parser *parser)
{
	bool more;
	enum rc rc = transit_in_array(parser->in);

	if (rc != RC_OK)
		return error_set(parser->err, rc, "docs: %s", transit_in_error(parser->in));
	while ((rc = step(parser, transit_in_array_next(parser->in, &more), "")) == RC_OK && more) {
		rc = parse_doc(parser);
		if (rc != RC_OK)
			return rc;
	}
	return rc;
}

static enum rc parse_message(struct parser *parser)
{
	bool more, docs = false, atomic = false;
	struct slice key;
	enum rc rc = transit_in_map(parser->in);

	while (rc == RC_OK && (rc = transit_in_map_next(parser->in, &more, &key)) == RC_OK &&
	       more) {
		bool is_docs = slice_is(key, "docs"), is_atomic = slice_is(key, "atomic");

		if ((is_docs && docs) || (is_atomic && atomic))
			return error_set(parser->err, RC_MALFORMED, "%s: given more than once",
					 is_docs ? "docs" : "atomic");
		docs |= is_docs;
		atomic |= is_atomic;
		if (is_docs) {
			rc = parse_docs(parser);
			if (rc != RC_OK)
				return rc;
		} else if (is_atomic) {
			rc = transit_in_bool(parser->in, &parser->out->atomic);
			if (rc != RC_OK)
				return error_set(parser->err, rc, "atomic: %s",
						 transit_in_error(parser->in));
		} else {
			rc = transit_in_skip(parser->in);
		}
	}
	if (rc == RC_OK)
		rc = transit_in_finish(parser->in);
	if (rc != RC_OK)
		return error_set(parser->err, rc, "body: %s", transit_in_error(parser->in));
	return docs ? RC_OK : error_set(parser->err, RC_MALFORMED, "docs: missing");
}

/* By id, equal ones in their order. */
static int compare_ids(const void *a, const void *b)
{
	const struct store_edit *left = *(const struct store_edit *const *)a;
	const struct store_edit *right = *(const struct store_edit *const *)b;
	size_t len = left->id.len < right->id.len ? left->id.len : right->id.len;
	int order = memcmp(left->id.data, right->id.data, len);

	if (order == 0)
		order = (left->id.len > right->id.len) - (left->id.len < right->id.len);
	return order ? order : (left > right) - (left < right);
}

/* Each id may occur once. They are sorted, not hashed: a client could choose ids that
 * all fall into one bucket. */
static enum rc check_unique(const struct push_body *body, struct error *err)
{
	const struct store_edit **sorted = mem_array(body->count, sizeof(*sorted));
	size_t first = 0, again = body->count;

	for (size_t i = 0; i < body->count; i++)
		sorted[i] = &body->all[i];
	qsort(sorted, body->count, sizeof(*sorted), compare_ids);
	for (size_t i = 1; i < body->count; i++) {
		if ((size_t)(sorted[i] - body->all) < again &&
		    slice_equal(sorted[i - 1]->id, sorted[i]->id)) {
			first = (size_t)(sorted[i - 1] - body->all);
			again = (size_t)(sorted[i] - body->all);
		}
	}
	free(sorted);
	return again == body->count
		       ? RC_OK
		       : error_set(err, RC_MALFORMED, "docs[%zu].id: the same as docs[%zu].id",
				   again, first);
}

enum rc push_body_parse(enum encoding encoding, struct slice body, size_t limit,
			struct push_body *out, struct error *err)
{
	struct parser parser = { .out = out, .err = err };
	enum rc rc;

	assert(err);
	*out = (struct push_body){ .atomic = false };
	parser.in = transit_in_new(encoding, body, limit);
	rc = parse_message(&parser);
	transit_in_free(parser.in);
	for (size_t i = 0; i < out->count; i++) {
		out->all[i].id = resolve(out->all[i].id, &out->text);
		out->all[i].op = resolve(out->all[i].op, &out->text);
		out->all[i].value = resolve(out->all[i].value, &out->text);
	}
	return rc == RC_OK ? check_unique(out, err) : rc;
}

void push_body_clear(struct push_body *body)
{
	free(body->all);
	buf_free(&body->text);
	*body = (struct push_body){ .atomic = false };
}
