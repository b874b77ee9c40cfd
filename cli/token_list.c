/* `pocketbook token list`. Its output is made in cli/tokens.c. */
#include "base/clock.h"
#include "base/exit.h"
#include "cli/admin.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/say.h"
#include "cli/text_table.h"
#include "cli/token_options.h"
#include "cli/tokens.h"
#include "store/docid.h"

#include <stdlib.h>

static const struct option_spec list_options[] = {
	{
		.name = "user",
		.argument = "NAME",
		.only_as_word = true, /* elsewhere, it is the user of serve */
		.help = "Only the tokens of this user.",
	},
	{
		.name = "group",
		.argument = "G",
		.help = "Only the tokens that give access to this group.",
	},
	{
		.name = "unused",
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = TOKEN_EXPIRES_MAX,
		.help = "Only the tokens that were not used for so long, such as 90d, and are "
			"older than that.",
	},
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON array, for programs." },
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

struct filter {
	const char *user;  /* NULL: any */
	const char *group; /* the same */
	int64_t since;     /* made and used before it; 0: any */
};

static bool gives_access(const struct store_token *token, struct slice group)
{
	for (size_t i = 0; i < token->grant_count; i++)
		if (slice_is(token->grants[i].group, "*") ||
		    group_covers(token->grants[i].group, group, true))
			return true;
	return false;
}

static bool passes(const struct store_token *token, const struct filter *filter)
{
	return (filter->user == NULL || slice_is(token->user, filter->user)) &&
	       (filter->group == NULL || gives_access(token, slice_of(filter->group))) &&
	       (filter->since == 0 ||
		(token->created < filter->since && token->used < filter->since));
}

/* Moves those that pass to the front. */
static void list_filter(const struct options *options, struct store_reply *reply)
{
	struct filter filter = { .user = options_text(options, "user"),
				 .group = options_text(options, "group") };
	size_t kept = 0;

	if (options_text(options, "unused"))
		filter.since = clock_wall() - (int64_t)options_number(options, "unused");
	for (size_t i = 0; i < reply->token_count; i++)
		if (passes(&reply->tokens[i], &filter)) {
			const struct store_token token = reply->tokens[kept];

			reply->tokens[kept++] = reply->tokens[i];
			reply->tokens[i] = token;
		}
	for (size_t i = kept; i < reply->token_count; i++)
		free(reply->tokens[i].grants);
	reply->token_count = kept;
}

static void list_print(const struct options *options, struct store_reply *reply, const char *db)
{
	const bool is_empty = reply->token_count == 0;

	list_filter(options, reply);
	if (options_is_on(options, "json"))
		tokens_print_json(reply->tokens, reply->token_count, &reply->quota);
	else if (is_empty)
		say("%s: there is no token yet (see 'pocketbook help token add')", db);
	else if (reply->token_count == 0)
		say("%s: none of the tokens matches", db);
	else
		tokens_print_table(reply->tokens, reply->token_count, &reply->quota, clock_wall(),
				   text_table_room());
}

static int list_run(const struct invocation *invocation)
{
	struct db_place place;
	struct store_request request = { .kind = STORE_TOKEN_LIST };
	struct admin_answer answer;
	int status = database_find_made(invocation->options, &place);

	if (status != EXIT_SUCCESS)
		return status;
	status = admin_ask(&place, &request, "the tokens could not be listed", &answer);
	if (status == EXIT_SUCCESS)
		list_print(invocation->options, &answer.reply, place.db);
	admin_answer_clear(&answer);
	return status;
}

const struct command command_token_list = {
	.name = "token list",
	.usage = "[OPTION]...",
	.summary = "List the tokens: id, user, times (UTC), groups, notes and quotas.",
	.about = "The tokens themselves are not stored anywhere.\n"
		 "When a token was last used is written down once in an hour.\n"
		 "A second line of a token has what its user has stored, if that is counted "
		 "(see --by of 'pocketbook help stats'; else it is null in JSON), and the limits "
		 "that "
		 "apply. The limits of serve --quota are known to a running server "
		 "only.\n",
	COMMAND_OPTIONS(list_options),
	.run = list_run,
};
