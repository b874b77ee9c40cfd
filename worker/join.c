/* An invitation in exchange for a token (doc/protocol.md, Invitations). The worker
 * makes the token, the writer checks the invitation, counts and stores in one
 * transaction (store/sqlite/invites.c). See route.c. */
#include "worker/join.h"

#include "auth/auth.h"
#include "base/hash.h"
#include "base/mem.h"
#include "transit/envelope.h"
#include "worker/dispatch.h"
#include "worker/http/media.h"
#include "worker/join_body.h"
#include "worker/whoami.h"
#include "worker/writer_link.h"

#include <sodium.h>
#include <stdlib.h>

/* A join that waits for the writer. */
struct join {
	struct exchange *exchange;
	struct join_body body;
	struct token_minted minted;
};

static void join_free(struct join *join)
{
	join_body_clear(&join->body);
	token_wipe(&join->minted);
	free(join);
}

/* ---- The answer ---- */

static void answer(struct join *join, const struct store_token *token, bool is_repeated)
{
	struct request *request = &join->exchange->request;
	enum encoding encoding = join->exchange->encoding;
	struct buf body = BUF_EMPTY;

	if (is_repeated)
		token_of_seed(&join->body.seed, token->id, &join->minted);
	envelope_open(&body);
	envelope_put_text(&body, encoding, "token", slice_of(join->minted.text));
	envelope_put_text(&body, encoding, "user", token->user);
	whoami_put_rights(&body, encoding, token->grants, token->grant_count, token->expires);
	envelope_close(&body);
	request_set_header(request, "Content-Type", media_type(encoding));
	request_set_header(request, "Cache-Control", "no-store");
	request_set_header(request, "Cross-Origin-Resource-Policy", "same-origin");
	request_answer(request, 200, &body);
}

static void refuse_unknown(struct exchange *exchange)
{
	auth_count_failure(exchange->worker->auth, &exchange->request.client);
	worker_count(exchange->worker, METRIC_AUTH_FAILURES, 1);
	request_refuse(&exchange->request, PROBLEM_INVITE_UNKNOWN,
		       "the invitation is not valid: it is malformed, unknown or withdrawn");
}

static void refuse_join(struct exchange *exchange, enum store_join why)
{
	struct request *request = &exchange->request;

	switch (why) {
	case STORE_JOIN_ENDED:
		request_refuse(request, PROBLEM_INVITE_ENDED, "the invitation has ended");
		break;
	case STORE_JOIN_USED:
		request_refuse(
			request, PROBLEM_INVITE_USED,
			"the invitation was used as often as it may be, or by this very join, "
			"whose token was revoked");
		break;
	case STORE_JOIN_NAMELESS:
		request_refuse(request, PROBLEM_USER_NEEDED,
			       "user: missing; this invitation needs a name");
		break;
	case STORE_JOIN_TAKEN:
		request_refuse(request, PROBLEM_USER_TAKEN, "user: this name is taken");
		break;
	case STORE_JOIN_UNKNOWN:
	case STORE_JOIN_COUNT:
		refuse_unknown(exchange);
		break;
	}
}

static void refuse_failed(struct exchange *exchange, enum rc rc)
{
	request_refuse(&exchange->request, problem_of(rc),
		       "the database does not take the join now; send it again with the same key");
}

static void on_reply(void *arg, enum rc rc, const struct store_reply *reply)
{
	struct join *join = arg;

	if (rc != RC_OK)
		refuse_failed(join->exchange, rc);
	else if (reply->rc == RC_DENIED)
		refuse_join(join->exchange, reply->join);
	else if (reply->rc != RC_OK || reply->token_count != 1)
		refuse_failed(join->exchange, reply->rc == RC_OK || reply->rc == RC_EXISTS
						      ? RC_UNAVAILABLE
						      : reply->rc);
	else
		answer(join, reply->tokens, reply->repeated);
	join_free(join);
}

/* ---- The request ---- */

static enum rc commit(struct join *join)
{
	struct store_request request = { .kind = STORE_JOIN,
					 .secret = buf_slice(&join->body.invite) };
	struct token_seed *seed = &join->body.seed;
	enum rc rc = RC_OK;

	if (join->body.has_seed)
		token_retry_hash(seed, request.retry);
	else
		rc = token_seed_random(seed);
	if (rc == RC_OK)
		rc = token_mint_from(seed, &join->minted);
	if (rc != RC_OK)
		return rc;
	request.token.id = slice_of(join->minted.id);
	request.token.user = buf_slice(&join->body.user);
	memcpy(request.token.hash, join->minted.hash, sizeof(request.token.hash));
	return writer_link_commit(join->exchange->worker->link, hash_of(request.secret), &request,
				  on_reply, join);
}

static void join_start(struct join *join)
{
	struct exchange *exchange = join->exchange;
	struct token_parts parts;
	enum rc rc;

	if (invite_parse(buf_slice(&join->body.invite), &parts) != RC_OK) {
		refuse_unknown(exchange);
		join_free(join);
		return;
	}
	rc = commit(join);
	if (rc != RC_OK) {
		refuse_failed(exchange, rc);
		join_free(join);
	}
}

/* True: it was refused. */
static bool is_refused(struct exchange *exchange, enum encoding *encoding)
{
	struct request *request = &exchange->request;
	const struct auth *auth = exchange->worker->auth;

	if (auth == NULL) {
		request_refuse(request, PROBLEM_NOT_FOUND,
			       "this server runs without authentication: no token is needed");
	} else if (media_is_coded(request_list(request, "Content-Encoding"))) {
		request_refuse(request, PROBLEM_MEDIA_TYPE, MEDIA_CODED);
	} else if (media_of_content(request_header(request, "Content-Type"), encoding) != RC_OK) {
		request_refuse(request, PROBLEM_MEDIA_TYPE, MEDIA_UNKNOWN);
	} else if (auth_is_throttled(auth, &request->client)) {
		worker_count(exchange->worker, METRIC_AUTH_THROTTLED, 1);
		request_refuse_for(request, PROBLEM_THROTTLED, auth_wait(auth, &request->client),
				   "too many invalid tokens or invitations from this address; try "
				   "again later");
	} else {
		return false;
	}
	return true;
}

void join_serve(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	enum encoding encoding;
	struct join *join;
	struct error err;
	enum rc rc;

	if (is_refused(exchange, &encoding))
		return;
	exchange->encoding = media_of_accept(request_list(request, "Accept"), encoding);
	join = mem_alloc(sizeof(*join));
	join->exchange = exchange;
	rc = join_body_parse(encoding, request_body(request), &join->body, &err);
	if (rc == RC_OK) {
		join_start(join);
		return;
	}
	request_refuse(request, problem_of(rc), err.text);
	join_free(join);
}
