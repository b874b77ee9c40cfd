/* Commands that do something to the token or the invitation with an ID. */
#ifndef CLI_TOKEN_ID_H
#define CLI_TOKEN_ID_H

#include "cli/admin.h"
#include "cli/command.h"

/* The words of a command for its errors. */
struct token_action {
	const char *noun; /* "token" */
	const char *list; /* the command that shows the IDs: "token list" */
	const char *done; /* "revoked" */
	const char *hint; /* if it has expired: what to do; NULL if that is no obstacle */
};

/* The first word of the command, which must be an ID. Returns an exit status, with the
 * error reported. */
int token_id_read(const struct invocation *invocation, const struct token_action *action,
		  struct slice *out);
/* Carries out a request about this ID. Returns an exit status, with the error reported.
 * Clear the answer in any case. */
int token_id_do(const struct db_place *place, const struct token_action *action, struct slice id,
		const struct store_request *request, struct admin_answer *answer);
/* Both, for a command without further options. `id` is the place of the ID in the
 * request. */
int token_id_run(const struct invocation *invocation, const struct token_action *action,
		 struct store_request *request, struct slice *id);

#endif
