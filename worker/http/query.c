/* Parses the query of a request's target. Called by worker/http/request; read by the
 * handlers of worker/. */
#include "worker/http/query.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>

static enum rc query_decode(struct slice text, char **memory, struct slice *out)
{
	size_t len;

	if (text_percent_decode(text, true, *memory, &len) != RC_OK)
		return RC_MALFORMED;
	*out = slice_make(*memory, len);
	*memory += len;
	return RC_OK;
}

static enum rc query_add(struct query *query, struct slice pair, char **memory, struct error *err)
{
	const char *equals = memchr(pair.data, '=', pair.len);
	struct slice name = slice_make(pair.data, equals ? (size_t)(equals - pair.data) : pair.len);
	struct slice value =
		equals ? slice_make(equals + 1, pair.len - name.len - 1) : slice_of("");
	struct query_pair *added;

	if (query->count == QUERY_MAX)
		return error_set(err, RC_MALFORMED, "query: more than %d parameters", QUERY_MAX);
	added = &query->pairs[query->count];
	if (query_decode(name, memory, &added->name) != RC_OK)
		return error_set(err, RC_MALFORMED,
				 "query: a parameter's name has a broken percent escape");
	if (query_decode(value, memory, &added->value) != RC_OK)
		return error_set(err, RC_MALFORMED, "%.*s: broken percent escape",
				 (int)added->name.len, added->name.data);
	query->count++;
	return RC_OK;
}

/* For how many pairs there must be room. */
static size_t query_room(struct slice text)
{
	size_t room = 1;

	for (size_t i = 0; i < text.len && room < QUERY_MAX; i++)
		room += text.data[i] == '&';
	return room;
}

enum rc query_parse(struct slice text, struct query *out, struct error *err)
{
	const size_t room = query_room(text);
	char *memory = mem_alloc(room * sizeof(*out->pairs) + text.len + 1);
	enum rc rc = RC_OK;

	out->count = 0;
	out->pairs = (struct query_pair *)memory;
	memory += room * sizeof(*out->pairs);
	while (text.len && rc == RC_OK) {
		const char *end = memchr(text.data, '&', text.len);
		struct slice pair =
			slice_make(text.data, end ? (size_t)(end - text.data) : text.len);

		if (pair.len)
			rc = query_add(out, pair, &memory, err);
		text = end ? slice_make(end + 1, text.len - pair.len - 1) : slice_of("");
	}
	return rc;
}

void query_clear(struct query *query)
{
	free(query->pairs);
	query->pairs = NULL;
	query->count = 0;
}

const struct query_pair *query_next(const struct query *query, const char *name,
				    const struct query_pair *before)
{
	for (size_t i = before ? (size_t)(before - query->pairs) + 1 : 0; i < query->count; i++)
		if (slice_is(query->pairs[i].name, name))
			return &query->pairs[i];
	return NULL;
}

enum rc query_one(const struct query *query, const char *name, struct slice *value,
		  struct error *err)
{
	const struct query_pair *pair = query_next(query, name, NULL);

	if (pair == NULL)
		return RC_NOT_FOUND;
	if (query_next(query, name, pair))
		return error_set(err, RC_MALFORMED, "%s: given more than once", name);
	*value = pair->value;
	return RC_OK;
}

enum rc query_number(const struct query *query, const char *name, uint64_t max, uint64_t *number,
		     struct error *err)
{
	struct slice text;
	enum rc rc = query_one(query, name, &text, err);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc == RC_OK && (text_number(text, max, number) != RC_OK || *number == 0))
		return error_set(err, RC_MALFORMED, "%s: must be a number from 1 to %llu", name,
				 (unsigned long long)max);
	return rc;
}

enum rc query_flag(const struct query *query, const char *name, bool *flag, struct error *err)
{
	struct slice text;
	enum rc rc = query_one(query, name, &text, err);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc == RC_OK && !slice_is(text, "0") && !slice_is(text, "1"))
		return error_set(err, RC_MALFORMED, "%s: must be 0 or 1", name);
	if (rc == RC_OK)
		*flag = slice_is(text, "1");
	return rc;
}
