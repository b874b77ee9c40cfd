/* GET /api/users: what each user with a token has stored, and the limits that apply, as
 * `stats --by user` has them. See route.c. */
#include "admin/list.h"

#include "auth/quota.h"
#include "auth/user_use.h"
#include "transit/envelope.h"

static void put_user(struct buf *out, const struct user_use *use)
{
	envelope_next(out);
	envelope_open(out);
	json_text(out, "user", use->user);
	json_number(out, "tokens", use->tokens);
	json_open(out, "stored");
	for (unsigned kind = 0; kind < STORE_QUOTA_STORED; kind++) {
		json_open(out, quota_name((enum store_quota_kind)kind));
		if (use->is_counted)
			json_number(out, "used", use->used[kind]);
		if (use->limits[kind])
			json_signed(out, "limit", use->limits[kind]);
		envelope_close(out);
	}
	envelope_close(out);
	envelope_close(out);
}

static void put_users(struct buf *out, const struct store_reply *reply)
{
	struct user_use use;

	user_use_sort(reply->tokens, reply->token_count);
	for (size_t at = 0;
	     user_use_next(reply->tokens, reply->token_count, &reply->quota, &at, &use);)
		put_user(out, &use);
}

void api_users(struct exchange *exchange)
{
	static const struct list_kind users = { STORE_TOKEN_LIST, "users", put_users };

	list_answer(exchange, &users);
}
