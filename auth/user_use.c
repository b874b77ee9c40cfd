/* Sums up tokens by user. Called by cli/stats_users and admin/users. */
#include "auth/user_use.h"

#include "auth/quota.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int compare_users(const void *a, const void *b)
{
	const struct slice one = ((const struct store_token *)a)->user;
	const struct slice other = ((const struct store_token *)b)->user;
	const size_t len = one.len < other.len ? one.len : other.len;
	const int order = memcmp(one.data, other.data, len);

	return order ? order : (one.len > other.len) - (one.len < other.len);
}

void user_use_sort(struct store_token *tokens, size_t count)
{
	if (count)
		qsort(tokens, count, sizeof(*tokens), compare_users);
}

/* The highest limit that one of the tokens gives. */
static int64_t highest(const struct store_token *tokens, size_t count,
		       const struct store_quota *server, enum store_quota_kind kind)
{
	int64_t most = 0;

	for (size_t i = 0; i < count; i++) {
		const int64_t limit = quota_limit(&tokens[i].quota, server, kind);

		if (limit <= 0)
			return 0;
		most = limit > most ? limit : most;
	}
	return most;
}

bool user_use_next(const struct store_token *tokens, size_t count, const struct store_quota *server,
		   size_t *at, struct user_use *out)
{
	const struct store_token *first = tokens + *at;

	assert(*at <= count);
	if (*at == count)
		return false;
	*out = (struct user_use){ .user = first->user };
	while (*at < count && slice_equal(tokens[*at].user, first->user)) {
		out->is_counted = out->is_counted || quota_counts(tokens + *at, server);
		++*at;
		out->tokens++;
	}
	for (unsigned kind = 0; kind < STORE_QUOTA_STORED; kind++) {
		out->used[kind] = first->usage[kind];
		out->limits[kind] =
			highest(first, out->tokens, server, (enum store_quota_kind)kind);
	}
	return true;
}
