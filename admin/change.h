/* A change of a token or of an invitation, from the request until the writer has
 * answered. */
#ifndef ADMIN_CHANGE_H
#define ADMIN_CHANGE_H

#include "admin/api.h"
#include "auth/token.h"
#include "store/store.h"

/* The change. */
struct change_kind {
	const char *noun;
	enum rc (*mint)(struct token_minted *out);
	const char *member; /* of the answer, for the secret */
	const char *prefix; /* of that member's text */
};

extern const struct change_kind change_token, change_invite;

struct change {
	struct exchange *exchange;
	const struct change_kind *kind;
	struct token_minted minted; /* id empty: no secret is made */
	int status;
};

struct change *change_new(struct exchange *exchange, const struct change_kind *kind);
/* With a new secret, which is in the answer and nowhere else. NULL: the exchange has
 * been answered. */
struct change *change_mint(struct exchange *exchange, const struct change_kind *kind);
/* Asks the writer, answers the exchange, and frees the change, in the end. */
void change_ask(struct change *change, const struct store_request *request);

#endif
