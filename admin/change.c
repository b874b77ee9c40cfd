/* Sends changes to the writer and answers with what became of them. Called by
 * admin/tokens_change.c and admin/invites.c. */
#include "admin/change.h"

#include "admin/writer_client.h"
#include "base/mem.h"
#include "transit/envelope.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

const struct change_kind change_token = { "token", token_mint, "token", "" };
/* As `token invite` prints it: the end of a link. */
const struct change_kind change_invite = { "invitation", invite_mint, "link", "#join=" };

struct change *change_new(struct exchange *exchange, const struct change_kind *kind)
{
	struct change *change = mem_alloc(sizeof(*change));

	*change = (struct change){ .exchange = exchange, .kind = kind, .status = 200 };
	return change;
}

struct change *change_mint(struct exchange *exchange, const struct change_kind *kind)
{
	struct change *change = change_new(exchange, kind);

	change->status = 201;
	if (kind->mint(&change->minted) == RC_OK)
		return change;
	answer_failed(exchange, RC_IO);
	free(change);
	return NULL;
}

static void put_minted(struct buf *out, const struct change *change)
{
	char text[sizeof(change->minted.text) + 16];

	(void)snprintf(text, sizeof(text), "%s%s", change->kind->prefix, change->minted.text);
	json_text(out, "id", slice_of(change->minted.id));
	json_text(out, change->kind->member, slice_of(text));
	sodium_memzero(text, sizeof(text));
}

static void change_refuse(const struct change *change, enum rc rc)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "there is no such %s", change->kind->noun);
	if (rc == RC_NOT_FOUND)
		request_refuse(&change->exchange->request, PROBLEM_NOT_FOUND, text);
	else if (rc == RC_DENIED)
		answer_bad(change->exchange,
			   "expires: the token has expired; set when the new one is to");
	else
		answer_failed(change->exchange, rc);
}

static void on_changed(void *arg, enum rc rc, const struct store_reply *reply)
{
	struct change *change = arg;
	struct buf out = BUF_EMPTY;

	if (rc == RC_OK)
		rc = reply->rc;
	if (rc != RC_OK) {
		change_refuse(change, rc);
	} else {
		envelope_open(&out);
		if (change->minted.id[0])
			put_minted(&out, change);
		envelope_close(&out);
		answer_json(change->exchange, change->status, &out);
	}
	token_wipe(&change->minted);
	free(change);
}

void change_ask(struct change *change, const struct store_request *request)
{
	const struct actor actor = exchange_actor(change->exchange);

	writer_client_ask(change->exchange->admin->writer, &actor, request, on_changed, change);
}
