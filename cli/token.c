/* `pocketbook token add`, revoke and rotate. See also cli/token_list.c and
 * cli/token_set.c. */
#include "auth/grant.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/exit.h"
#include "os/sandbox.h"
#include "base/text.h"
#include "cli/admin.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/say.h"
#include "cli/token_id.h"
#include "cli/token_options.h"
#include "cli/tokens.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- add ---- */

static const struct option_spec add_options[] = {
	{
		.name = "user",
		.argument = "NAME",
		.only_as_word = true, /* elsewhere, it is the user of serve */
		.help = "The user whose token it is: 1 to 128 bytes. A user may have several "
			"tokens.",
	},
	OPTION_GROUP("A group that it gives access to, with all groups nested in it; * is all "
		     "groups. :ro is read-only, :rw (the default) is read and write."),
	OPTION_EXPIRES(NULL, "Time until it expires, such as 12h or 90d. Default: it does not "
			     "expire."),
	{
		.name = "admin",
		.kind = OPTION_FLAG,
		.only_as_word = true, /* elsewhere, it is that of serve */
		.help = "Make a token for the admin page (serve --admin): it may do there what "
			"commands may. Groups are not needed, and none are implied.",
	},
	OPTION_QUOTA,
	OPTION_NOTE("A note for the list of tokens, at most 200 bytes."),
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

static int user_read(const struct options *options, struct store_token *token)
{
	const char *user = options_text(options, "user");

	if (user == NULL)
		return say_usage("token add: needs --user NAME (see 'pocketbook help token add')");
	token->user = slice_of(user);
	if (token->user.len > STORE_USER_MAX)
		return say_usage("%s: longer than %d bytes", options_place(options, "user", 0),
				 STORE_USER_MAX);
	if (text_has_unsafe(token->user))
		return say_usage("%s: must be UTF-8 without control characters, line separators "
				 "and marks of direction",
				 options_place(options, "user", 0));
	return EXIT_SUCCESS;
}

/* Prints the token alone on the standard output. If that fails, the token is useless.
 */
static int token_show(const struct token_minted *minted, const char *db)
{
	if (puts(minted->text) >= 0 && fflush(stdout) == 0)
		return EXIT_SUCCESS;
	say("the token could not be shown: %s; revoke it with: pocketbook token revoke %s --db %s",
	    strerror(errno), minted->id, db);
	clearerr(stdout); /* reported */
	return EXIT_FAILURE;
}

static int token_store(const struct db_place *place, const struct store_token *token)
{
	struct store_request request = { .kind = STORE_TOKEN_ADD, .token = *token };
	struct admin_answer answer;
	const int status = admin_ask(place, &request, "the token was refused", &answer);

	admin_answer_clear(&answer);
	return status;
}

/* Everything that options say. token->grants has room for STORE_GRANTS_MAX. */
static int add_read(const struct options *options, struct store_token *token)
{
	int status = user_read(options, token);

	if (options_is_on(options, "admin"))
		token->grants[token->grant_count++] =
			(struct store_grant){ slice_of(STORE_GRANT_ADMIN), true };
	else if (status == EXIT_SUCCESS && options_text(options, "group") == NULL)
		status = say_usage("token add: needs --group GROUP, or --group '*' for all (see "
				   "'pocketbook help token add')");
	if (status == EXIT_SUCCESS)
		status = token_grants_read(options, token->grants, &token->grant_count);
	if (status == EXIT_SUCCESS)
		status = token_quota_read(options, &token->quota);
	return status == EXIT_SUCCESS ? token_note_read(options, &token->note) : status;
}

static int add_run(const struct invocation *invocation)
{
	const struct options *options = invocation->options;
	struct db_place place;
	struct store_grant grants[STORE_GRANTS_MAX];
	struct store_token token = { .grants = grants, .created = clock_wall() };
	struct token_minted minted;
	int status = add_read(options, &token);
	bool is_new;

	sandbox_keep_secrets();
	if (status == EXIT_SUCCESS)
		status = database_name(options, &place);
	if (status != EXIT_SUCCESS)
		return status;
	if (token_mint(&minted) != RC_OK)
		return say_failed("the system has no random numbers for a token");
	token.id = slice_of(minted.id);
	memcpy(token.hash, minted.hash, sizeof(token.hash));
	token.expires = token_expires_read(options, token.created, 0);
	is_new = database_is_missing(&place);
	status = token_store(&place, &token);
	database_say_made(&place, is_new);
	if (status == EXIT_SUCCESS)
		status = token_show(&minted, place.db);
	if (status == EXIT_SUCCESS)
		say("this is the only time that the token of %s is shown; its id is %s",
		    options_text(options, "user"), minted.id);
	token_wipe(&minted);
	return status;
}

const struct command command_token_add = {
	.name = "token add",
	.usage = "--user NAME {--group G|--admin}... [OPTION]...",
	.summary = "Create a token and print it, once.",
	.about = "Programs send it as `Authorization: Bearer TOKEN`. The database stores only a "
		 "hash of it. Works on a running server or without one.\n"
		 "Only a :ro or :rw at the end is a mode, since names of groups may have colons.\n",
	.example =
		"  pocketbook token add --user ann --group todos --group news:ro --expires 90d\n",
	COMMAND_OPTIONS(add_options),
	.run = add_run,
};

/* ---- revoke ---- */

static const struct option_spec revoke_options[] = { OPTION_DB, OPTION_RUNTIME_DIR, OPTION_CONFIG };

static int revoke_run(const struct invocation *invocation)
{
	static const struct token_action action = { "token", "token list", "revoked", NULL };
	struct store_request request = { .kind = STORE_TOKEN_REVOKE };

	return token_id_run(invocation, &action, &request, &request.token.id);
}

const struct command command_token_revoke = {
	.name = "token revoke",
	.usage = "ID [OPTION]...",
	.words = "the ID of a token",
	.words_least = 1,
	.words_most = 1,
	.summary = "Revoke a token.",
	.about = "A running server ends the token's open streams within a second.\n",
	.example = "  pocketbook token revoke 0123456789abcdef\n",
	COMMAND_OPTIONS(revoke_options),
	.run = revoke_run,
};

/* ---- rotate ---- */

static const struct option_spec rotate_options[] = {
	OPTION_EXPIRES_OR_OFF("Time until the new token expires; off: it does not expire. Default: "
			      "when the old token would have expired."),
	{
		.name = "grace",
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.max = TOKEN_EXPIRES_MAX,
		.fallback = "0s",
		.help = "Time until the old token expires, unless it expires earlier.",
	},
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON object, for programs." },
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

static const struct token_action rotate_action = {
	.noun = "token",
	.list = "token list",
	.done = "rotated",
	.hint = "set with --expires TIME how long the new one is valid",
};

static struct store_request rotation_of(const struct invocation *invocation,
					const struct token_minted *minted)
{
	const struct options *options = invocation->options;
	struct store_request request = { .kind = STORE_TOKEN_ROTATE,
					 .old = slice_of(invocation->words[0]) };

	request.token.id = slice_of(minted->id);
	memcpy(request.token.hash, minted->hash, sizeof(request.token.hash));
	request.token.created = clock_wall();
	request.token.expires =
		token_expires_read(options, request.token.created, STORE_EXPIRES_KEPT);
	request.old_ends = request.token.created + (int64_t)options_number(options, "grace");
	return request;
}

static int rotated_show(const struct invocation *invocation, const char *db,
			const struct token_minted *minted, const struct store_token *token)
{
	const char *old = invocation->words[0];
	bool grace = options_number(invocation->options, "grace") > 0;
	int status = EXIT_SUCCESS;

	if (options_is_on(invocation->options, "json"))
		tokens_print_rotated(token, minted->text, old);
	else
		status = token_show(minted, db);
	if (status == EXIT_SUCCESS)
		say("this is the only time that the new token of %.*s is shown; its id is %s; the "
		    "old one, %s, %s%s",
		    (int)token->user.len, token->user.data, minted->id, old,
		    grace ? "ends in " : "has ended",
		    grace ? options_text(invocation->options, "grace") : "");
	return status;
}

static int rotate(const struct invocation *invocation, const struct db_place *place,
		  const struct token_minted *minted)
{
	const struct store_request request = rotation_of(invocation, minted);
	struct admin_answer answer;
	int status = token_id_do(place, &rotate_action, request.old, &request, &answer);

	if (status == EXIT_SUCCESS && answer.reply.token_count != 1)
		status = say_failed("%s: the answer does not match the request", place->db);
	else if (status == EXIT_SUCCESS)
		status = rotated_show(invocation, place->db, minted, answer.reply.tokens);
	admin_answer_clear(&answer);
	return status;
}

static int rotate_run(const struct invocation *invocation)
{
	struct token_minted minted;
	struct db_place place;
	struct slice id;
	int status = token_id_read(invocation, &rotate_action, &id);

	sandbox_keep_secrets();
	if (status == EXIT_SUCCESS)
		status = database_find_made(invocation->options, &place);
	if (status != EXIT_SUCCESS)
		return status;
	if (token_mint(&minted) != RC_OK)
		return say_failed("the system has no random numbers for a token");
	status = rotate(invocation, &place, &minted);
	token_wipe(&minted);
	return status;
}

const struct command command_token_rotate = {
	.name = "token rotate",
	.usage = "ID [OPTION]...",
	.words = "the ID of a token",
	.words_least = 1,
	.words_most = 1,
	.summary = "Replace a token by a new one and print that, once.",
	.about = "The new token has the same user, groups and quota. The old one expires at once, "
		 "with "
		 "its open streams, or after --grace, so that there is time to distribute the new "
		 "one. Both happen together or not at all.\n",
	.example = "  pocketbook token rotate 0123456789abcdef --grace 7d --expires 90d\n",
	COMMAND_OPTIONS(rotate_options),
	.run = rotate_run,
};
