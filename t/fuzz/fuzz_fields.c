/* Fuzzes small texts of clients and administrators. The first byte selects the kind: a
 * cursor, a token, a grant, an id, a media type, an origin, a list of entity tags, a
 * line of an export, the field X-Forwarded-For, an address or a CIDR block. */
#include "base/array.h"
#include "auth/grant.h"
#include "auth/token.h"
#include "store/docid.h"
#include "base/hash.h"
#include "base/text.h"
#include "cli/ndjson_line.h"
#include "cli/cors_origin.h"
#include "t/fuzz/fuzz.h"
#include "transit/transit.h"
#include "worker/http/forwarded.h"
#include "worker/http/media.h"
#include "worker/static.h"

typedef void on_text(struct slice text, const char *terminated);

static void try_cursors(struct slice text)
{
	struct store_cursors cursors, again;
	char formatted[STORE_CURSOR_TEXT_MAX];
	size_t len;

	if (store_cursors_parse(text, 4, &cursors) != RC_OK)
		return;
	len = store_cursors_format(&cursors, formatted);
	REQUIRE(len < sizeof(formatted) && strlen(formatted) == len);
	REQUIRE(store_cursors_parse(slice_make(formatted, len), 4, &again) == RC_OK);
	REQUIRE(again.at.epoch == cursors.at.epoch && again.at.lanes == cursors.at.lanes);
	REQUIRE(memcmp(again.at.seqs, cursors.at.seqs, sizeof(again.at.seqs)) == 0);
	REQUIRE(again.lane == cursors.lane && again.start == cursors.start &&
		again.bound == cursors.bound && again.reset == cursors.reset);
	REQUIRE(cursors.bound == 0 || slice_equal(text, slice_make(formatted, len)));
}

static void try_span(struct slice text)
{
	char formatted[STORE_SPAN_TEXT_MAX];
	struct store_cursor cursor;
	struct store_span span;

	if (store_span_parse(text, &span) != RC_OK)
		return;
	REQUIRE(slice_equal(text, slice_make(formatted, store_span_format(&span, formatted))));
	for (int lane = 0; lane < span.from.lanes; lane++) {
		cursor = store_span_in(&span, lane);
		REQUIRE(cursor.bound == 0 || cursor.bound >= cursor.start);
		REQUIRE(cursor.bound == 0 || cursor.seq < cursor.bound);
	}
}

static void try_cursor(struct slice text, const char *terminated)
{
	struct store_cursor cursor, again;
	char formatted[STORE_CURSOR_TEXT_MAX];
	size_t len;

	(void)terminated;
	try_cursors(text);
	try_span(text);
	if (store_cursor_parse(text, &cursor) != RC_OK)
		return;
	len = store_cursor_format(&cursor, formatted);
	REQUIRE(len < sizeof(formatted) && strlen(formatted) == len);
	REQUIRE(store_cursor_parse(slice_make(formatted, len), &again) == RC_OK);
	REQUIRE(again.epoch == cursor.epoch && again.seq == cursor.seq &&
		again.start == cursor.start && again.bound == cursor.bound);
	REQUIRE(again.reset == cursor.reset);
	REQUIRE(cursor.epoch == 0 || slice_equal(text, slice_make(formatted, len)));
}

/* A token with a changed character must be rejected. */
static void try_token(struct slice text, const char *terminated)
{
	struct token_parts parts;
	char *changed;

	(void)terminated;
	if (token_parse(text, &parts) != RC_OK)
		return;
	REQUIRE(text.len == TOKEN_TEXT_LEN && token_id_is_valid(slice_of(parts.id)));
	changed = malloc(text.len);
	REQUIRE(changed != NULL);
	for (size_t i = 0; i < text.len; i++) {
		memcpy(changed, text.data, text.len);
		changed[i] = changed[i] == 'a' ? 'b' : 'a';
		REQUIRE(token_parse(slice_make(changed, text.len), &parts) == RC_MALFORMED);
	}
	free(changed);
}

static void try_grant(struct slice text, const char *terminated)
{
	struct store_grant grant, again;
	struct error err = { "" };
	struct buf out = BUF_EMPTY;

	(void)terminated;
	if (grant_parse(text, &grant, &err) != RC_OK) {
		REQUIRE(err.text[0] != '\0');
		return;
	}
	REQUIRE(slice_is(grant.group, "*") || group_is_valid(grant.group));
	grant_format(&grant, &out);
	REQUIRE(grant_parse(buf_slice(&out), &again, &err) == RC_OK);
	REQUIRE(slice_equal(again.group, grant.group) && again.write == grant.write);
	buf_free(&out);
}

static void try_docid(struct slice text, const char *terminated)
{
	uint64_t hash = HASH_START;
	struct slice group, last = slice_make(text.data, 0);
	size_t at = 0;

	(void)terminated;
	REQUIRE(!group_is_valid(text) || (text_is_utf8(text) && !text_has_control(text)));
	if (!docid_is_valid(text))
		return;
	REQUIRE(text_is_utf8(text) && !text_has_control(text));
	while (docid_next_group(text, &at, &hash, &group)) {
		REQUIRE(group.len > last.len && group_covers(group, text, false));
		last = group;
	}
	REQUIRE(slice_equal(last, docid_group(text)));
}

static void try_media(struct slice text, const char *terminated)
{
	enum encoding encoding;

	(void)text;
	if (media_of_content(terminated, &encoding) == RC_OK)
		REQUIRE(media_of_accept(media_type(encoding), ENCODING_JSON) == encoding);
	(void)media_of_accept(terminated, ENCODING_TRANSIT);
}

static void try_origin(struct slice text, const char *terminated)
{
	struct error err = { "" };

	(void)text;
	REQUIRE(cors_origin_check(terminated, &err) == RC_OK || err.text[0] != '\0');
}

static void try_etags(struct slice text, const char *terminated)
{
	(void)text;
	(void)static_etag_matches(terminated, "\"0123456789abcdef\"");
}

/* An accepted line is valid, and equal after writing and reading it again. */
static void try_line(struct slice text, const char *terminated)
{
	const size_t limit = 1 << 20;
	struct ndjson_document read, again;
	struct error err = { "" };
	struct buf memory = BUF_EMPTY;

	(void)terminated;
	if (ndjson_parse(text, limit, &memory, &read, &err) != RC_OK) {
		REQUIRE(err.text[0] != '\0');
	} else {
		struct buf line = BUF_EMPTY, second = BUF_EMPTY;
		const struct store_edit edit = read.edit;
		struct slice id = ndjson_resolve(edit.id, &memory),
			     value = ndjson_resolve(edit.value, &memory);

		REQUIRE(docid_is_valid(id) && value.len <= limit &&
			edit.deleted == (value.len == 0));
		buf_put_text(&line, "[\"^ \",\"~:id\",");
		transit_out_string(&line, ENCODING_TRANSIT, id);
		buf_put_text(&line, edit.deleted ? ",\"~:deleted\",true" : ",\"~:value\",");
		buf_put_slice(&line, value);
		buf_put_byte(&line, ']');
		REQUIRE(ndjson_parse(buf_slice(&line), limit, &second, &again, &err) == RC_OK);
		REQUIRE(slice_equal(ndjson_resolve(again.edit.id, &second), id) &&
			slice_equal(ndjson_resolve(again.edit.value, &second), value));
		buf_free(&line);
		buf_free(&second);
	}
	buf_free(&memory);
}

static bool same_address(const struct address *one, const struct address *other)
{
	return one->is6 == other->is6 && memcmp(one->bytes, other->bytes, sizeof(one->bytes)) == 0;
}

/* The field is ignored unless the peer is a trusted proxy; trusted addresses in it are
 * skipped if another one precedes them. */
static void try_forwarded(struct slice text, const char *terminated)
{
	const struct address proxy = { .bytes = { 127, 0, 0, 1 } },
			     stranger = { .bytes = { 192, 0, 2, 1 } };
	const struct cidr trusted = { .first = { .bytes = { 127 } }, .bits = 8 };
	const struct trusted_proxies one = { &trusted, 1 }, none = { NULL, 0 };
	struct address out;
	char formatted[ADDRESS_TEXT_MAX];

	(void)terminated;
	forwarded_resolve(&stranger, text, &one, &out);
	REQUIRE(same_address(&out, &stranger));
	forwarded_resolve(&proxy, text, &none, &out);
	REQUIRE(same_address(&out, &proxy));
	forwarded_resolve(&proxy, text, &one, &out);
	address_format(&out, formatted);
	REQUIRE(strlen(formatted) < sizeof(formatted));
}

static void try_address(struct slice text, const char *terminated)
{
	struct address address, again;
	struct cidr block;
	struct error err = { "" };
	char formatted[ADDRESS_TEXT_MAX];

	if (cidr_parse(terminated, &block, &err) == RC_OK)
		REQUIRE(cidr_contains(&block, &block.first) &&
			block.bits <= (block.first.is6 ? 128 : 32));
	else
		REQUIRE(err.text[0] != '\0');
	if (address_parse(text, &address) != RC_OK)
		return;
	address_format(&address, formatted);
	REQUIRE(address_parse(slice_of(formatted), &again) == RC_OK &&
		same_address(&address, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static on_text *const tries[] = { try_cursor,    try_token,  try_grant, try_docid,
					  try_media,     try_origin, try_etags, try_line,
					  try_forwarded, try_address };
	struct input input = { data, size };
	on_text *try_it = tries[input_number(&input, 1) % COUNT(tries)];
	char *terminated = malloc(input.left + 1);
	struct slice text;
	char *copy = input_rest(&input, &text);

	REQUIRE(terminated != NULL);
	if (text.len)
		memcpy(terminated, text.data, text.len);
	terminated[text.len] = '\0';
	try_it(text, terminated);
	free(terminated);
	free(copy);
	return 0;
}
