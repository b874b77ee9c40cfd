/* Answers with a list that the writer has: tokens, invitations, users. Called by
 * admin/tokens.c, admin/invites.c and admin/users.c. */
#ifndef ADMIN_LIST_H
#define ADMIN_LIST_H

#include "admin/api.h"
#include "store/store.h"

struct list_kind {
	enum store_kind kind; /* the request to the writer */
	const char *name;     /* of the array in the answer */
	void (*put_all)(struct buf *out, const struct store_reply *reply);
};

/* `kind` must stay until the exchange has been answered. */
void list_answer(struct exchange *exchange, const struct list_kind *kind);

#endif
