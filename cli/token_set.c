/* `pocketbook token set`. See also cli/token.c. */
#include "auth/grant.h"
#include "base/clock.h"
#include "base/exit.h"
#include "cli/admin.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/say.h"
#include "cli/token_id.h"
#include "cli/token_options.h"

static const struct option_spec set_options[] = {
	OPTION_GROUP("A group that it gives access to from now on, in place of all that it had; "
		     "as in token add. A token of an administrator stays one."),
	OPTION_EXPIRES_OR_OFF("Time from now until it expires, such as 12h or 90d; off: it does "
			      "not expire."),
	OPTION_NOTE("The note in the list of tokens, at most 200 bytes; an empty one removes it."),
	OPTION_QUOTA,
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

static const struct token_action set_action = { "token", "token list", "changed", NULL };

static bool is_given(const struct options *options, const char *name)
{
	return options_text(options, name) != NULL;
}

/* Everything is kept that no option names. `grants` has room for STORE_GRANTS_MAX. */
static int set_read(const struct invocation *invocation, struct store_grant *grants,
		    struct store_request *out)
{
	const struct options *options = invocation->options;
	int status;

	*out = (struct store_request){ .kind = STORE_TOKEN_SET,
				       .token = { .grants = grants },
				       .sets_note = is_given(options, "note") };
	out->token.expires = token_expires_read(options, clock_wall(), STORE_EXPIRES_KEPT);
	for (size_t i = 0; i < STORE_QUOTA_COUNT; i++)
		out->token.quota.limits[i] = STORE_QUOTA_KEPT;
	status = token_id_read(invocation, &set_action, &out->token.id);
	if (status != EXIT_SUCCESS)
		return status;
	if (!is_given(options, "quota") && !is_given(options, "group") &&
	    !is_given(options, "expires") && !is_given(options, "note"))
		return say_usage("token set: needs --group, --expires, --note or --quota (see "
				 "'pocketbook help token set')");
	status = token_grants_read(options, grants, &out->token.grant_count);
	if (status == EXIT_SUCCESS)
		status = token_note_read(options, &out->token.note);
	return status == EXIT_SUCCESS ? token_quota_read(options, &out->token.quota) : status;
}

/* --group replaces the groups. What makes a token an administrator's is none, and
 * stays. False: the database cannot say, and `err` is set. */
static bool keep_admin(const struct db_place *place, struct store_token *token,
		       struct store_grant *grants, struct error *err)
{
	const struct store_request list = { .kind = STORE_TOKEN_LIST };
	struct admin_answer answer;
	bool known = admin_do(place, &list, &answer, err) == RC_OK;

	for (size_t i = 0; known && i < answer.reply.token_count; i++) {
		const struct store_token *old = &answer.reply.tokens[i];

		if (slice_equal(old->id, token->id) && token->grant_count < STORE_GRANTS_MAX &&
		    grants_have_admin(old->grants, old->grant_count))
			grants[token->grant_count++] =
				(struct store_grant){ slice_of(STORE_GRANT_ADMIN), true };
	}
	admin_answer_clear(&answer);
	return known;
}

static int set_run(const struct invocation *invocation)
{
	struct db_place place;
	struct store_grant grants[STORE_GRANTS_MAX];
	struct store_request request;
	struct admin_answer answer;
	struct error err;
	int status = set_read(invocation, grants, &request);

	if (status == EXIT_SUCCESS)
		status = database_find_made(invocation->options, &place);
	if (status != EXIT_SUCCESS)
		return status;
	if (request.token.grant_count && !keep_admin(&place, &request.token, grants, &err))
		return say_failed("%s", err.text);
	status = token_id_do(&place, &set_action, request.token.id, &request, &answer);
	admin_answer_clear(&answer);
	return status;
}

const struct command command_token_set = {
	.name = "token set",
	.usage = "ID [--group G[:ro|:rw]]... [OPTION]...",
	.words = "the ID of a token",
	.words_least = 1,
	.words_most = 1,
	.summary = "Change the groups, the expiry, the note or the quota of a token.",
	.about = "What is not named stays as it is. A running server applies the change before "
		 "the command ends; streams of groups that the token has lost end within a "
		 "second.\n"
		 "A quota below what is stored keeps that, and refuses pushes that would add to "
		 "it.\n",
	.example = "  pocketbook token set 0123456789abcdef --group todos --group news:ro\n"
		   "  pocketbook token set 0123456789abcdef --quota bytes=2G,pushes=off\n",
	COMMAND_OPTIONS(set_options),
	.run = set_run,
};
