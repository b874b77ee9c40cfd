/* Carries out a request about one token or one invitation, and reports what went wrong.
 * Called by cli/token.c, cli/token_set.c and cli/invite.c. */
#include "cli/token_id.h"

#include "auth/token.h"
#include "base/exit.h"
#include "cli/database.h"
#include "cli/say.h"

int token_id_read(const struct invocation *invocation, const struct token_action *action,
		  struct slice *out)
{
	*out = slice_of(invocation->words[0]);
	if (token_id_is_valid(*out))
		return EXIT_SUCCESS;
	return say_usage("%s: ID must be the 16 hex digits that 'pocketbook %s' shows",
			 invocation->command->name, action->list);
}

static int say_refused(const char *db, const struct token_action *action, struct slice id,
		       enum rc rc)
{
	const int len = (int)id.len;

	if (rc == RC_NOT_FOUND)
		return say_failed("%s: there is no %s %.*s (see 'pocketbook %s')", db, action->noun,
				  len, id.data, action->list);
	if (rc == RC_DENIED && action->hint)
		return say_failed("%s: the %s %.*s has expired; %s", db, action->noun, len, id.data,
				  action->hint);
	return say_failed("%s: the %s could not be %s (%s)", db, action->noun, action->done,
			  rc_name(rc));
}

int token_id_do(const struct db_place *place, const struct token_action *action, struct slice id,
		const struct store_request *request, struct admin_answer *answer)
{
	struct error err;

	if (admin_do(place, request, answer, &err) != RC_OK)
		return say_failed("%s", err.text);
	if (answer->reply.rc != RC_OK)
		return say_refused(place->db, action, id, answer->reply.rc);
	return EXIT_SUCCESS;
}

int token_id_run(const struct invocation *invocation, const struct token_action *action,
		 struct store_request *request, struct slice *id)
{
	struct admin_answer answer;
	struct db_place place;
	int status = token_id_read(invocation, action, id);

	if (status == EXIT_SUCCESS)
		status = database_find_made(invocation->options, &place);
	if (status != EXIT_SUCCESS)
		return status;
	status = token_id_do(&place, action, *id, request, &answer);
	admin_answer_clear(&answer);
	return status;
}
