/* GET /api/tokens: all tokens, with their rights and quotas and what their users have
 * stored. See route.c; changes are in tokens_change.c. */
#include "admin/list.h"

#include "auth/grant.h"
#include "auth/quota.h"
#include "base/clock.h"
#include "transit/envelope.h"

/* The usage, if it is counted, and the limit that applies; absent: none. */
static void put_quotas(struct buf *out, const struct store_token *token,
		       const struct store_quota *server)
{
	const bool is_counted = quota_counts(token, server);

	json_open(out, "quotas");
	for (unsigned kind = 0; kind < STORE_QUOTA_COUNT; kind++) {
		const int64_t limit =
			quota_limit(&token->quota, server, (enum store_quota_kind)kind);

		json_open(out, quota_name((enum store_quota_kind)kind));
		if (kind < STORE_QUOTA_STORED && is_counted)
			json_number(out, "used", token->usage[kind]);
		if (limit > 0)
			json_signed(out, "limit", limit);
		json_flag(out, "own", token->quota.limits[kind] != STORE_QUOTA_DEFAULT);
		envelope_close(out);
	}
	envelope_close(out);
}

static void put_token(struct buf *out, const struct store_token *token,
		      const struct store_quota *server)
{
	envelope_next(out);
	envelope_open(out);
	json_text(out, "id", token->id);
	json_text(out, "user", token->user);
	json_flag(out, "admin", grants_have_admin(token->grants, token->grant_count));
	json_grants(out, token->grants, token->grant_count);
	json_text(out, "note", token->note);
	if (token->invite.len)
		json_text(out, "invite", token->invite);
	json_time(out, "created", token->created);
	json_time(out, "expires", token->expires);
	json_time(out, "used", token->used);
	json_flag(out, "expired", token->expires && token->expires <= clock_wall());
	put_quotas(out, token, server);
	envelope_close(out);
}

static void put_tokens(struct buf *out, const struct store_reply *reply)
{
	for (size_t i = 0; i < reply->token_count; i++)
		put_token(out, &reply->tokens[i], &reply->quota);
}

void api_tokens(struct exchange *exchange)
{
	static const struct list_kind tokens = { STORE_TOKEN_LIST, "tokens", put_tokens };

	list_answer(exchange, &tokens);
}
