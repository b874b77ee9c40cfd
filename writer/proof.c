/* Called by batch.c for each request that it takes. */
#include "writer/proof.h"

#include "auth/token.h"

#include <string.h>

void proof_make(struct store_request *request)
{
	struct token_parts parts;
	enum rc rc;

	if (request->kind == STORE_JOIN)
		rc = invite_parse(request->secret, &parts);
	else if (request->kind == STORE_INVITE_DEVICE)
		rc = token_parse(request->secret, &parts);
	else
		return;
	if (rc != RC_OK)
		return; /* zeros: no id is empty */
	memcpy(request->proof.id, parts.id, sizeof(request->proof.id));
	memcpy(request->proof.hash, parts.hash, sizeof(request->proof.hash));
}
