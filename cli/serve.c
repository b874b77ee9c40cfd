/* `pocketbook serve`: what is checked before the master (master/master.h) takes over,
 * and how it reads its configuration again. The options are cli/serve_options.c. */
#include "cli/serve.h"

#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/admin.h"
#include "cli/config.h"
#include "cli/say.h"
#include "cli/settings.h"
#include "master/master.h"

#include <string.h>
#include <unistd.h>

/* Each hint begins with the program's name; the caller prints that of the first. */
static void begin_hint(struct buf *hint)
{
	if (hint->len)
		buf_put_text(hint, "\npocketbook: ");
}

/* Without a token no client can sign in, unless by a proxy or a provider of identities:
 * `hint` gets a command that creates one. Opens
 * the database first, so that an error in it is reported before anything is started. */
static int tokens_check(const char *program, const struct master_settings *settings,
			bool signs_in_otherwise, struct buf *hint)
{
	const char *db = settings->worker.db;
	struct store_request list = { .kind = STORE_TOKEN_LIST };
	struct admin_answer answer;
	struct error err;
	enum rc rc = user_enter(&settings->user, &err);
	size_t count;

	if (rc != RC_OK)
		return say_failed("%s", err.text);
	rc = admin_do_alone(&settings->place, &list, &answer, &err);
	user_leave(&settings->user);
	count = answer.reply.token_count;
	admin_answer_clear(&answer);
	if (rc != RC_OK)
		return say_failed("%s", err.text);
	if (count || signs_in_otherwise)
		return EXIT_SUCCESS;
	begin_hint(hint);
	buf_put_text(hint, "there is no token yet, so nobody can sign in; this makes one:\n  ");
	say_quoted(hint, program);
	buf_put_text(hint, " token add --user NAME --group '*' --db ");
	say_quoted(hint, db);
	return EXIT_SUCCESS;
}

/* In the dry run of an upgrade: can this binary read the database, which the old run
 * has open? A newer schema requires a restart. This process does nothing else, so it
 * becomes the user for good: SQLite calls access(2), which goes by the real user id. */
static int database_check(const struct master_settings *settings)
{
	struct store *store;
	struct error err;

	if (user_become(&settings->user) != RC_OK)
		return say_failed("cannot become the user %s", settings->user.name);
	if (store_open(settings->worker.db, STORE_READER, &store, &err) != RC_OK)
		return say_failed("%s", err.text);
	store_close(store);
	return EXIT_SUCCESS;
}

/* The result of reading the configuration once. */
struct configuration {
	struct options *options; /* NULL: those of the invocation */
	struct settings settings;
	struct buf changed; /* names of options that differ from those before */
};

struct serving {
	const struct invocation *invocation;
	struct configuration both[2];
	unsigned now; /* index of the one in force */
};

static void configuration_clear(struct configuration *configuration)
{
	settings_clear(&configuration->settings);
	options_free(configuration->options);
	configuration->options = NULL;
	buf_free(&configuration->changed);
}

static const struct options *options_in_force(const struct serving *serving)
{
	const struct options *options = serving->both[serving->now].options;

	return options ? options : serving->invocation->options;
}

static bool option_differs(const struct options *before, const struct options *after,
			   const char *name)
{
	size_t count, count_after;
	const char *const *texts = options_list(before, name, &count);
	const char *const *texts_after = options_list(after, name, &count_after);

	if (count != count_after)
		return true;
	for (size_t i = 0; i < count; i++)
		if (strcmp(texts[i], texts_after[i]) != 0)
			return true;
	return false;
}

/* Appends the names of the options that a reload has changed; never the values, which
 * may be secret. */
static void put_changed(const struct serving *serving, const struct options *after, struct buf *out)
{
	const struct command *command = serving->invocation->command;

	for (size_t i = 0; i < command->option_count; i++) {
		const char *name = command->options[i].name;

		if (option_differs(options_in_force(serving), after, name))
			buf_putf(out, "%s%s", out->len ? " " : "", name);
	}
}

static enum rc on_reload(void *arg, const struct master_settings **out, struct error *err)
{
	struct serving *serving = arg;
	struct configuration *other = &serving->both[!serving->now];
	enum rc rc;

	if (out == NULL) {
		serving->now = !serving->now;
		return RC_OK;
	}
	configuration_clear(other);
	rc = config_reread(serving->invocation, &other->options, err);
	if (rc == RC_OK)
		rc = settings_read(other->options, &other->settings, err);
	if (rc != RC_OK)
		return rc;
	put_changed(serving, other->options, &other->changed);
	buf_put_byte(&other->changed, 0);
	other->settings.master.changed = other->changed.data;
	serving->now = !serving->now;
	*out = &other->settings.master;
	return RC_OK;
}

static void root_check(const struct user *user, bool is_named, struct buf *hint)
{
	if (geteuid() != 0)
		return;
	if (user->name && user->uid != 0) {
		if (!is_named) {
			begin_hint(hint);
			buf_put_text(hint, "this runs as the user ");
			buf_put_text(hint, user->name);
			buf_put_text(hint, ", to whom the directory of the database belongs");
		}
		return;
	}
	begin_hint(hint);
	buf_put_text(hint,
		     "this runs as root; --user NAME makes its processes and files another user's");
}

int serve_run(const struct invocation *invocation)
{
	struct serving serving = { .invocation = invocation };
	const struct settings *both = &serving.both[0].settings;
	struct master_settings *settings = &serving.both[0].settings.master;
	struct buf hint = BUF_EMPTY;
	struct error err;
	int status = EXIT_SUCCESS;

	if (settings_read(invocation->options, &serving.both[0].settings, &err) != RC_OK)
		status = say_usage("%s", err.text);
	settings->dry_run = database_check;
	if (status == EXIT_SUCCESS && settings->worker.auth && !master_is_upgrade())
		status = tokens_check(invocation->program, settings,
				      both->verifier || settings->worker.auth_header, &hint);
	if (!master_is_upgrade())
		root_check(&settings->user, options_text(invocation->options, "user") != NULL,
			   &hint);
	if (hint.len)
		buf_put_byte(&hint, 0);
	settings->greeting = hint.data;
	if (status == EXIT_SUCCESS)
		status = master_run(settings, on_reload, &serving);
	configuration_clear(&serving.both[0]);
	configuration_clear(&serving.both[1]);
	buf_free(&hint);
	return status;
}
