/* `pocketbook token set`, and the option --quota of it and of token add
 * (cli/token.c). */
#include "cli/token_set.h"

#include "auth/quota.h"
#include "auth/token.h"
#include "base/exit.h"
#include "cli/admin.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/say.h"

int token_quota_read(const struct options *options, struct store_quota *out)
{
	const char *text = options_text(options, "quota");
	struct error err;

	if (text == NULL || quota_parse(slice_of(text), true, out, &err) == RC_OK)
		return EXIT_SUCCESS;
	return say_usage("%s: %s", options_place(options, "quota", 0), err.text);
}

static const struct option_spec set_options[] = {
	OPTION_QUOTA,
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

/* Everything is kept that no option names. */
static int set_read(const struct invocation *invocation, struct store_request *out)
{
	*out = (struct store_request){ .kind = STORE_TOKEN_SET,
				       .token = { .id = slice_of(invocation->words[0]) } };
	for (size_t i = 0; i < STORE_QUOTA_COUNT; i++)
		out->token.quota.limits[i] = STORE_QUOTA_KEPT;
	if (!token_id_is_valid(out->token.id))
		return say_usage("token set: ID must be the 16 hex digits that 'pocketbook token "
				 "list' shows");
	if (options_text(invocation->options, "quota") == NULL)
		return say_usage("token set: needs --quota (see 'pocketbook help token set')");
	return token_quota_read(invocation->options, &out->token.quota);
}

static int set_run(const struct invocation *invocation)
{
	struct db_place place;
	struct store_request request;
	struct admin_answer answer;
	struct error err;
	int status = set_read(invocation, &request);

	if (status == EXIT_SUCCESS)
		status = database_find(invocation->options, &place);
	if (status != EXIT_SUCCESS)
		return status;
	if (admin_do(&place, &request, &answer, &err) != RC_OK)
		status = say_failed("%s", err.text);
	else if (answer.reply.rc == RC_NOT_FOUND)
		status = say_failed("%s: there is no token %s (see 'pocketbook token list')",
				    place.db, invocation->words[0]);
	else if (answer.reply.rc != RC_OK)
		status = say_failed("%s: the token could not be changed (%s)", place.db,
				    rc_name(answer.reply.rc));
	admin_answer_clear(&answer);
	return status;
}

const struct command command_token_set = {
	.name = "token set",
	.usage = "ID --quota NAME=N[,...] [OPTION]...",
	.words = "the ID of a token",
	.words_least = 1,
	.words_most = 1,
	.summary = "Change the quota of a token.",
	.about = "What is not named stays as it is. A running server applies the change at once. "
		 "A quota below what is stored keeps that, and refuses pushes that would add to "
		 "it.\n",
	.example = "  pocketbook token set 0123456789abcdef --quota bytes=2G,pushes=off\n",
	COMMAND_OPTIONS(set_options),
	.run = set_run,
};
