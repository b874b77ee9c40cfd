/* `pocketbook token invite`, invites and uninvite. See also worker/join.c, where they
 * are used. */
#include "auth/token.h"
#include "base/clock.h"
#include "base/exit.h"
#include "base/units.h"
#include "os/sandbox.h"
#include "cli/admin.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/invites.h"
#include "cli/say.h"
#include "cli/text_table.h"
#include "cli/token_id.h"
#include "cli/token_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- invite ---- */

static const struct option_spec invite_options[] = {
	OPTION_GROUP("A group that members get access to, with all groups nested in it; * is all "
		     "groups. :ro is read-only, :rw (the default) is read and write."),
	{
		.name = "uses",
		.argument = "N",
		.kind = OPTION_NUMBER,
		.min = 1,
		.max = STORE_USES_MAX,
		.fallback = "1",
		.help = "How many people may join with it.",
	},
	OPTION_EXPIRES("7d", "Time until it ends, such as 12h or 7d. Tokens that were made by it "
			     "stay."),
	{
		.name = "url",
		.argument = "URL",
		.help = "The address of the app, such as https://notes.example/, for a link that "
			"opens it. Without it, the end of the link is printed.",
	},
	OPTION_NOTE("A note for the lists of invitations and of tokens, at most 200 bytes."),
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

/* The secret goes behind the `#`, which browsers do not send. */
static int url_read(const struct options *options, const char **out)
{
	const char *url = options_text(options, "url");

	*out = url ? url : "";
	if (url == NULL || ((strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0) &&
			    strpbrk(url, "# \t\r\n\"<>") == NULL))
		return EXIT_SUCCESS;
	return say_usage("%s: must be an address such as https://notes.example/, without a #",
			 options_place(options, "url", 0));
}

/* `invite->grants` has room for STORE_GRANTS_MAX. */
static int invite_read(const struct options *options, struct store_invite *invite)
{
	int status;

	invite->created = clock_wall();
	invite->expires = token_expires_read(options, invite->created, 0);
	invite->uses = options_number(options, "uses");
	if (options_text(options, "group") == NULL)
		return say_usage("token invite: needs --group GROUP, or --group '*' for all (see "
				 "'pocketbook help token invite')");
	status = token_grants_read(options, invite->grants, &invite->grant_count);
	return status == EXIT_SUCCESS ? token_note_read(options, &invite->note) : status;
}

static int invite_store(const struct db_place *place, const struct store_invite *invite)
{
	struct store_request request = { .kind = STORE_INVITE_ADD, .invite = *invite };
	struct admin_answer answer;
	const int status = admin_ask(place, &request, "the invitation was refused", &answer);

	admin_answer_clear(&answer);
	return status;
}

/* Prints the link alone on the standard output. If that fails, it is useless. */
static int invite_show(const struct token_minted *minted, const char *url,
		       const struct invocation *invocation, const char *db)
{
	char uses[UNITS_DISPLAY_MAX];

	if (printf("%s#join=%s\n", url, minted->text) < 0 || fflush(stdout) != 0) {
		say("the link could not be shown: %s; withdraw it with: pocketbook token uninvite "
		    "%s --db %s",
		    strerror(errno), minted->id, db);
		clearerr(stdout); /* reported */
		return EXIT_FAILURE;
	}
	units_display_counted(options_number(invocation->options, "uses"), "member", uses);
	say("this is the only time that the link is shown; its id is %s; it is good for %s, and "
	    "ends in %s%s",
	    minted->id, uses, options_text(invocation->options, "expires"),
	    url[0] ? "" : "; put it behind the address of the app, or give --url");
	return EXIT_SUCCESS;
}

static int invite_run(const struct invocation *invocation)
{
	struct db_place place;
	struct store_grant grants[STORE_GRANTS_MAX];
	struct store_invite invite = { .grants = grants };
	struct token_minted minted;
	const char *url;
	int status = invite_read(invocation->options, &invite);
	bool is_new;

	sandbox_keep_secrets();
	if (status == EXIT_SUCCESS)
		status = url_read(invocation->options, &url);
	if (status == EXIT_SUCCESS)
		status = database_name(invocation->options, &place);
	if (status != EXIT_SUCCESS)
		return status;
	if (invite_mint(&minted) != RC_OK)
		return say_failed("the system has no random numbers for an invitation");
	invite.id = slice_of(minted.id);
	memcpy(invite.hash, minted.hash, sizeof(invite.hash));
	is_new = database_is_missing(&place);
	status = invite_store(&place, &invite);
	database_say_made(&place, is_new);
	if (status == EXIT_SUCCESS)
		status = invite_show(&minted, url, invocation, place.db);
	token_wipe(&minted);
	return status;
}

const struct command command_token_invite = {
	.name = "token invite",
	.usage = "--group G[:ro|:rw]... [OPTION]...",
	.summary = "Make an invitation and print its link, once.",
	.about = "A person who opens the link chooses a name and gets a token of their own. The "
		 "link can be used by anyone who has it, until it is used up, has expired or was "
		 "withdrawn (token uninvite). The database stores only a hash of it. Works on a "
		 "running server or without one.\n",
	.example = "  pocketbook token invite --group club --uses 30 --url "
		   "https://notes.example/\n",
	COMMAND_OPTIONS(invite_options),
	.run = invite_run,
};

/* ---- invites ---- */

static const struct option_spec invites_options[] = {
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON array, for programs." },
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

static void invites_show(const struct options *options, const struct store_reply *reply,
			 const char *db)
{
	if (options_is_on(options, "json"))
		invites_print_json(reply->invites, reply->invite_count);
	else if (reply->invite_count == 0)
		say("%s: there is no invitation (see 'pocketbook help token invite')", db);
	else
		invites_print(reply->invites, reply->invite_count, clock_wall(), text_table_room());
}

static int invites_run(const struct invocation *invocation)
{
	struct db_place place;
	struct store_request request = { .kind = STORE_INVITE_LIST };
	struct admin_answer answer;
	int status = database_find_made(invocation->options, &place);

	if (status != EXIT_SUCCESS)
		return status;
	status = admin_ask(&place, &request, "the invitations could not be listed", &answer);
	if (status == EXIT_SUCCESS)
		invites_show(invocation->options, &answer.reply, place.db);
	admin_answer_clear(&answer);
	return status;
}

const struct command command_token_invites = {
	.name = "token invites",
	.usage = "[OPTION]...",
	.summary = "List the invitations: id, uses, times (UTC) and groups.",
	.about = "The links themselves are not stored anywhere. Those that have ended or were used "
		 "up stay in the list until they are removed with token uninvite; one for another "
		 "device (token of a USER) goes by itself.\n",
	COMMAND_OPTIONS(invites_options),
	.run = invites_run,
};

/* ---- uninvite ---- */

static const struct option_spec uninvite_options[] = { OPTION_DB, OPTION_RUNTIME_DIR,
						       OPTION_CONFIG };

static int uninvite_run(const struct invocation *invocation)
{
	static const struct token_action action = { "invitation", "token invites", "withdrawn",
						    NULL };
	struct store_request request = { .kind = STORE_INVITE_REMOVE };

	return token_id_run(invocation, &action, &request, &request.invite.id);
}

const struct command command_token_uninvite = {
	.name = "token uninvite",
	.usage = "ID [OPTION]...",
	.words = "the ID of an invitation",
	.words_least = 1,
	.words_most = 1,
	.summary = "Withdraw an invitation.",
	.about = "Nobody can join with its link any more. Tokens that were made by it stay; token "
		 "list names the invitation of each.\n",
	.example = "  pocketbook token uninvite 0123456789abcdef\n",
	COMMAND_OPTIONS(uninvite_options),
	.run = uninvite_run,
};
