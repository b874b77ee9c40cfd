/* Parses one line of an export. Called by cli/import_read.c. */
#include "cli/ndjson_line.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/docid.h"
#include "transit/transit.h"

#include <stdint.h>

struct parser {
	struct transit_in *in;
	struct buf *text;
	struct store_edit *edit;
	bool damaged;
	bool reset;
	bool is_change; /* of 'tail' */
	bool former;
	bool has_formers;
	uint64_t version;
	uint64_t formers;
	struct slice group; /* of a reset */
	struct error *err;
};

enum field {
	FIELD_ID = 1,
	FIELD_VERSION = 2,
	FIELD_VALUE = 4,
	FIELD_DELETED = 8,
	FIELD_DAMAGED = 16,
	FIELD_BY = 32,
	FIELD_AT = 64,
	FIELD_RESET = 128,
	FIELD_GROUP = 256,
	FIELD_FORMER = 512,
	FIELD_FORMERS = 1024
};

static enum rc refuse(struct parser *parser, enum rc rc, const char *field, const char *what)
{
	return error_set(parser->err, rc, "%s: %s", field, what);
}

static enum rc step(struct parser *parser, enum rc rc, const char *field)
{
	return rc == RC_OK ? RC_OK : refuse(parser, rc, field, transit_in_error(parser->in));
}

static struct slice offset_slice(size_t from, const struct buf *text)
{
	return slice_make((const char *)(uintptr_t)from, text->len - from);
}

struct slice ndjson_resolve(struct slice offset, const struct buf *text)
{
	return offset.len ? slice_make(text->data + (uintptr_t)offset.data, offset.len)
			  : slice_of("");
}

static enum rc parse_id_of(struct parser *parser, const char *field)
{
	size_t from = parser->text->len;
	enum rc rc = step(parser, transit_in_string(parser->in, parser->text), field);

	parser->edit->id = offset_slice(from, parser->text);
	if (rc == RC_OK && !docid_is_valid(ndjson_resolve(parser->edit->id, parser->text)))
		return refuse(parser, RC_MALFORMED, field,
			      "must be GROUP:REST, both parts non-empty, 512 bytes at most, no "
			      "control characters");
	return rc;
}

static enum rc parse_id(struct parser *parser)
{
	return parse_id_of(parser, "id");
}

static enum rc parse_former(struct parser *parser)
{
	if (parser->is_change)
		return step(parser, transit_in_skip(parser->in), "line");
	parser->former = true;
	return parse_id_of(parser, "former");
}

static enum rc parse_formers(struct parser *parser)
{
	if (parser->is_change)
		return step(parser, transit_in_skip(parser->in), "line");
	parser->has_formers = true;
	return step(parser, transit_in_uint(parser->in, &parser->formers), "formers");
}

static enum rc parse_version(struct parser *parser)
{
	enum rc rc = step(parser, transit_in_uint(parser->in, &parser->version), "version");

	if (rc == RC_OK && parser->version > STORE_VERSION_MAX)
		return refuse(parser, RC_MALFORMED, "version", "must be at most 9007199254740990");
	return rc;
}

static enum rc parse_value(struct parser *parser)
{
	size_t from = parser->text->len;
	enum rc rc = step(parser, transit_in_value(parser->in, parser->text, &parser->edit->plain),
			  "value");

	parser->edit->value = offset_slice(from, parser->text);
	return rc;
}

static enum rc parse_deleted(struct parser *parser)
{
	return step(parser, transit_in_bool(parser->in, &parser->edit->deleted), "deleted");
}

static enum rc parse_damaged(struct parser *parser)
{
	return step(parser, transit_in_bool(parser->in, &parser->damaged), "damaged");
}

/* A string, or null: then *out is empty. */
static enum rc parse_text(struct parser *parser, const char *field, struct slice *out)
{
	size_t from = parser->text->len;
	enum rc rc = transit_in_peek(parser->in) == TRANSIT_NULL
			     ? transit_in_skip(parser->in)
			     : transit_in_string(parser->in, parser->text);

	*out = offset_slice(from, parser->text);
	return step(parser, rc, field);
}

static enum rc parse_by(struct parser *parser)
{
	struct slice by;
	enum rc rc = parse_text(parser, "by", &parser->edit->meta.by);

	by = ndjson_resolve(parser->edit->meta.by, parser->text);
	if (rc == RC_OK && (by.len > STORE_USER_MAX || text_has_unsafe(by)))
		return refuse(parser, RC_MALFORMED, "by",
			      "must be the name of a user, 128 bytes at most");
	return rc;
}

static enum rc parse_at(struct parser *parser)
{
	struct slice text;
	enum rc rc = parse_text(parser, "at", &text);

	text = ndjson_resolve(text, parser->text);
	if (rc == RC_OK && text.len && clock_parse(text, &parser->edit->meta.at) != RC_OK)
		return refuse(parser, RC_MALFORMED, "at",
			      "must be a time such as 2030-01-31T12:00:00Z");
	return rc;
}

static enum rc parse_reset(struct parser *parser)
{
	if (!parser->is_change)
		return step(parser, transit_in_skip(parser->in), "line");
	return step(parser, transit_in_bool(parser->in, &parser->reset), "reset");
}

static enum rc parse_group(struct parser *parser)
{
	size_t from = parser->text->len;
	enum rc rc;

	if (!parser->is_change)
		return step(parser, transit_in_skip(parser->in), "line");
	rc = step(parser, transit_in_string(parser->in, parser->text), "group");
	parser->group = offset_slice(from, parser->text);
	return rc;
}

static const struct field_row {
	const char *name;
	enum field field;
	enum rc (*parse)(struct parser *);
} fields[] = {
	{ "id", FIELD_ID, parse_id },
	{ "version", FIELD_VERSION, parse_version },
	{ "value", FIELD_VALUE, parse_value },
	{ "deleted", FIELD_DELETED, parse_deleted },
	{ "damaged", FIELD_DAMAGED, parse_damaged },
	{ "by", FIELD_BY, parse_by },
	{ "at", FIELD_AT, parse_at },
	{ "reset", FIELD_RESET, parse_reset },
	{ "group", FIELD_GROUP, parse_group },
	{ "former", FIELD_FORMER, parse_former },
	{ "formers", FIELD_FORMERS, parse_formers },
};

static enum rc parse_field(struct parser *parser, struct slice key, unsigned *seen)
{
	for (size_t i = 0; i < COUNT(fields); i++) {
		if (!slice_is(key, fields[i].name))
			continue;
		if (*seen & fields[i].field)
			return refuse(parser, RC_MALFORMED, fields[i].name, "given more than once");
		*seen |= fields[i].field;
		return fields[i].parse(parser);
	}
	return step(parser, transit_in_skip(parser->in), "line");
}

static enum rc check_reset(struct parser *parser, unsigned seen)
{
	if (seen & (FIELD_ID | FIELD_VALUE | FIELD_DELETED))
		return refuse(parser, RC_MALFORMED, "reset", "a reset has no document");
	if (!group_is_valid(ndjson_resolve(parser->group, parser->text)))
		return refuse(parser, RC_MALFORMED, "group", "must be the group of the reset");
	parser->edit->id = parser->group;
	return RC_OK;
}

static enum rc check_members(struct parser *parser, unsigned seen)
{
	if (!(seen & FIELD_ID) && !parser->former)
		return refuse(parser, RC_MALFORMED, "id", "missing");
	if (seen & FIELD_ID && parser->former)
		return refuse(parser, RC_MALFORMED, "former", "a line with it has no id");
	if ((parser->is_change || parser->former || parser->has_formers) && parser->version == 0)
		return refuse(parser, RC_MALFORMED, "version", "missing");
	if (parser->damaged && !parser->edit->deleted && !(seen & FIELD_VALUE))
		return refuse(parser, RC_CORRUPT, "value", "it was damaged when it was exported");
	if (parser->edit->deleted && (seen & FIELD_VALUE))
		return refuse(parser, RC_MALFORMED, "value", "a deleted document has none");
	if (!parser->edit->deleted && !(seen & FIELD_VALUE))
		return refuse(parser, RC_MALFORMED, "value", "missing");
	if (!parser->edit->deleted && docid_is_deep(ndjson_resolve(parser->edit->id, parser->text)))
		return refuse(parser, RC_MALFORMED, "id", "is nested in more than 32 groups");
	return RC_OK;
}

static enum rc parse_line(struct parser *parser)
{
	struct slice key;
	unsigned seen = 0;
	bool more;
	enum rc rc = step(parser, transit_in_map(parser->in), "line");

	while (rc == RC_OK &&
	       (rc = step(parser, transit_in_map_next(parser->in, &more, &key), "line")) == RC_OK &&
	       more)
		rc = parse_field(parser, key, &seen);
	if (rc == RC_OK)
		rc = step(parser, transit_in_finish(parser->in), "line");
	if (rc != RC_OK)
		return rc;
	return parser->reset ? check_reset(parser, seen) : check_members(parser, seen);
}

static size_t skip_white(struct slice line, size_t at)
{
	while (at < line.len && memchr(" \t\r", line.data[at], 3))
		at++;
	return at;
}

bool ndjson_is_blank(struct slice line)
{
	return skip_white(line, 0) == line.len;
}

/* A map in Transit begins with {"~: or is written as an array. */
static enum encoding encoding_of(struct slice line)
{
	size_t at = skip_white(line, 0);

	if (at < line.len && line.data[at] == '[')
		return ENCODING_TRANSIT;
	at = skip_white(line, at + 1);
	return at + 3 <= line.len && memcmp(line.data + at, "\"~:", 3) == 0 ? ENCODING_TRANSIT
									    : ENCODING_JSON;
}

static enum rc parse(struct parser *parser, struct slice line, size_t limit)
{
	enum rc rc;

	parser->in = transit_in_new(encoding_of(line), line, limit);
	rc = parse_line(parser);
	transit_in_free(parser->in);
	return rc;
}

enum rc ndjson_parse(struct slice line, size_t limit, struct buf *text, struct ndjson_document *out,
		     struct error *err)
{
	struct parser parser = { .text = text, .edit = &out->edit, .err = err };
	enum rc rc;

	*out = (struct ndjson_document){ .version = 0 };
	rc = parse(&parser, line, limit);
	out->version = parser.version;
	out->former = parser.former;
	out->has_formers = parser.has_formers;
	out->formers = parser.formers;
	return rc;
}

enum rc ndjson_parse_change(struct slice line, size_t limit, struct buf *text,
			    struct ndjson_change *out, struct error *err)
{
	struct parser parser = { .text = text, .edit = &out->edit, .is_change = true, .err = err };
	enum rc rc;

	*out = (struct ndjson_change){ .version = 0 };
	rc = parse(&parser, line, limit);
	out->version = parser.version;
	out->reset = parser.reset;
	return rc;
}
