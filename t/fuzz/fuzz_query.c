/* Fuzzes the query of a URL: an accepted query is equal after all its bytes have been
 * escaped and read again. */
#include "base/buf.h"
#include "t/fuzz/fuzz.h"
#include "worker/http/query.h"

static void put_escaped(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		buf_putf(out, "%%%02X", (unsigned char)text.data[i]);
}

static void check_again(const struct query *query)
{
	struct buf text = BUF_EMPTY;
	struct error err;
	struct query again;

	for (size_t i = 0; i < query->count; i++) {
		if (i)
			buf_put_byte(&text, '&');
		put_escaped(&text, query->pairs[i].name);
		buf_put_byte(&text, '=');
		put_escaped(&text, query->pairs[i].value);
	}
	REQUIRE(query_parse(buf_slice(&text), &again, &err) == RC_OK);
	REQUIRE(again.count == query->count);
	for (size_t i = 0; i < query->count; i++) {
		REQUIRE(slice_equal(again.pairs[i].name, query->pairs[i].name));
		REQUIRE(slice_equal(again.pairs[i].value, query->pairs[i].value));
	}
	query_clear(&again);
	buf_free(&text);
}

static void check_group(const struct query *query)
{
	struct error err = { "" };
	struct slice value;
	size_t found = 0;
	enum rc rc = query_one(query, "group", &value, &err);

	for (const struct query_pair *at = NULL; (at = query_next(query, "group", at));)
		found++;
	REQUIRE(rc == (found == 0 ? RC_NOT_FOUND : found == 1 ? RC_OK : RC_MALFORMED));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct error err = { "" };
	struct query query;
	struct slice text;
	char *copy = input_rest(&input, &text);

	if (query_parse(text, &query, &err) == RC_OK) {
		REQUIRE(query.count <= QUERY_MAX);
		check_group(&query);
		check_again(&query);
	} else {
		REQUIRE(err.text[0] != '\0');
	}
	query_clear(&query);
	free(copy);
	return 0;
}
