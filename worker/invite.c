/* A user's invitation of another device of their own (doc/protocol.md, Invitations).
 * The writer checks the token itself. See route.c. */
#include "worker/invite.h"

#include "auth/identity.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/mem.h"
#include "transit/envelope.h"
#include "worker/dispatch.h"
#include "worker/http/media.h"
#include "worker/writer_link.h"

#include <stdlib.h>

struct invite {
	struct exchange *exchange;
	struct token_minted minted;
};

static void invite_free(struct invite *invite)
{
	token_wipe(&invite->minted);
	free(invite);
}

static void answer(const struct invite *invite)
{
	struct request *request = &invite->exchange->request;
	enum encoding encoding = invite->exchange->encoding;
	struct buf body = BUF_EMPTY;
	char expires[CLOCK_TEXT_ROOM];

	clock_text(clock_wall() + STORE_DEVICE_SECONDS, expires);
	envelope_open(&body);
	envelope_put_text(&body, encoding, "invite", slice_of(invite->minted.text));
	envelope_put_text(&body, encoding, "user", invite->exchange->identity->user);
	envelope_put_text(&body, encoding, "expires", slice_of(expires));
	envelope_close(&body);
	request_set_header(request, "Content-Type", media_type(encoding));
	request_set_header(request, "Cache-Control", "no-store");
	request_set_header(request, "Cross-Origin-Resource-Policy", "same-origin");
	request_answer(request, 200, &body);
}

static void refuse(struct exchange *exchange, enum rc rc)
{
	if (rc == RC_DENIED)
		request_refuse(&exchange->request, PROBLEM_UNAUTHORIZED,
			       "the token is not valid any more");
	else
		request_refuse(&exchange->request,
			       problem_of(rc == RC_EXISTS ? RC_UNAVAILABLE : rc),
			       "the database takes no invitation now; try again");
}

static void on_reply(void *arg, enum rc rc, const struct store_reply *reply)
{
	struct invite *invite = arg;

	if (rc == RC_OK)
		rc = reply->rc;
	if (rc == RC_OK)
		answer(invite);
	else
		refuse(invite->exchange, rc);
	invite_free(invite);
}

static enum rc commit(struct invite *invite, struct slice token)
{
	struct store_request request = { .kind = STORE_INVITE_DEVICE, .secret = token };

	if (invite_mint(&invite->minted) != RC_OK)
		return RC_UNAVAILABLE;
	request.invite.id = slice_of(invite->minted.id);
	memcpy(request.invite.hash, invite->minted.hash, sizeof(request.invite.hash));
	return writer_link_commit(invite->exchange->worker->link, invite->exchange->identity->key,
				  &request, on_reply, invite);
}

void invite_serve(struct exchange *exchange)
{
	struct slice token;
	struct invite *invite;
	struct error err;
	enum rc rc;

	if (exchange->worker->auth == NULL || identity_is_foreign(exchange->identity) ||
	    dispatch_token(exchange, &token, &err) != RC_OK) {
		request_refuse(&exchange->request, PROBLEM_NOT_FOUND,
			       "this client has no token that another device could share");
		return;
	}
	invite = mem_alloc(sizeof(*invite));
	invite->exchange = exchange;
	rc = commit(invite, token);
	if (rc != RC_OK) {
		refuse(exchange, rc);
		invite_free(invite);
	}
}
