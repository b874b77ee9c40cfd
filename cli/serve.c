/* `pocketbook serve`: its options, and what is checked before the master
 * (master/master.h) takes over. */
#include "base/array.h"
#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/admin.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/say.h"
#include "cli/settings.h"
#include "master/master.h"
#include "shm/shm.h"

#include <stdio.h>
#include <unistd.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define STRING_(x) #x
#define STRING(x) STRING_(x)

static const struct option_spec serve_options[] = {
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	{
		.name = "listen",
		.argument = "ADDR:PORT",
		.fallback = "127.0.0.1:8080",
		.repeatable = true,
		.help = "Address to listen on: a numeric address, IPv6 in brackets. Port 0 is any "
			"free port. Sockets passed by systemd replace it.",
	},
	{
		.name = "workers",
		.argument = "N",
		.kind = OPTION_NUMBER,
		.min = 1,
		.max = SHM_SLOTS_MAX,
		.help = "Worker processes, 1 to " STRING(
			SHM_SLOTS_MAX) ". Default: one for each core.",
	},
	{
		.name = "user",
		.argument = "NAME",
		.help = "When started as root: the user that all processes but the first run as, "
			"and that owns the files. Default: the owner of the database's directory.",
	},
	{
		.name = "worker-user",
		.argument = "NAME",
		.help = "When started as root: a user of their own for the workers, who then "
			"cannot open the database's files by name.",
	},
	{
		.name = "sandbox",
		.argument = "on|off",
		.kind = OPTION_SWITCH,
		.fallback = "on",
		.help = "Restrict each process to the system calls and files that it needs "
			"(seccomp, Landlock), and forbid core dumps. Turn it off to use a "
			"debugger.",
	},
	{
		.name = "auth",
		.argument = "on|off",
		.kind = OPTION_SWITCH,
		.fallback = "on",
		.help = "Require tokens (see 'pocketbook help token'). May be off only if all "
			"addresses are loopback.",
	},
	{
		.name = "server-name",
		.alias = "host",
		.argument = "NAME",
		.repeatable = true,
		.help = "With --auth off: a host name of this server, such as notes.example.org "
			"behind a proxy. Requests for any other host but localhost and loopback "
			"addresses are refused, because pages of other sites could make them.",
	},
	{
		.name = "cors-origin",
		.alias = "cors",
		.argument = "ORIGIN",
		.repeatable = true,
		.help = "Allow pages of this origin to call, such as https://example.org; * allows "
			"all.",
	},
	{
		.name = "min-schema",
		.argument = "GROUP=N",
		.repeatable = true,
		.help = "Refuse apps whose schema, which they send with each request, is below N "
			"for this group and the groups nested in it (* is every group): they get "
			"426, keep their writes, and go on after they were renewed.",
	},
	{
		.name = "trusted-proxy",
		.argument = "ADDR",
		.repeatable = true,
		.help = "Trust the X-Forwarded-For of a proxy at this address or in this block, "
			"such as 127.0.0.1 or 10.0.0.0/8.",
	},
	{
		.name = "auth-header",
		.argument = "NAME",
		.help = "Believe a proxy of --trusted-proxy that names the user in this header "
			"field, such as Remote-User. The proxy must remove the field from what "
			"clients send. Everybody else needs a token.",
	},
	{
		.name = "groups-header",
		.argument = "NAME",
		.help = "With --auth-header: the field that names the user's groups, such as "
			"Remote-Groups: GROUP, GROUP:ro or GROUP:rw, with commas between them. "
			"The proxy must remove it from what clients send, too.",
	},
	{
		.name = "www",
		.argument = "DIR",
		.help = "Serve the files in this directory instead of the built-in page; the "
			"library stays at /pocketbook.js, and /pocketbook-sw.js makes pages open "
			"offline.",
	},
	{
		.name = "metrics-listen",
		.alias = "metrics",
		.argument = "ADDR:PORT",
		.help = "Address of GET /metrics, for Prometheus. It needs no token. Default: "
			"none.",
	},
	{
		.name = "admin",
		.argument = "ADDR:PORT|PATH",
		.help = "Where the admin page and its API listen: a loopback address, or the path "
			"of a Unix socket, which begins with / or ./. Needs a token of 'token add "
			"--admin', but on the Unix socket, which only the server's user may open. "
			"Another address needs --trusted-proxy, and answers only that proxy. "
			"Default: nowhere.",
	},
	{
		.name = "compress",
		.argument = "on|off",
		.kind = OPTION_SWITCH,
		.fallback = "on",
		.help = "Compress pages of pulls that are requested repeatedly, for clients that "
			"accept gzip. SECURITY.md says which are never compressed.",
	},
	{
		.name = "access-log",
		.argument = "on|off",
		.kind = OPTION_SWITCH,
		.fallback = "off",
		.help = "Log a line for each request, at any log level.",
	},
	{
		.name = "log-level",
		.argument = "error|warn|info|debug",
		.fallback = "info",
		.help = "The least severe level to log.",
	},
	OPTION_CONFIG,
	{
		.name = "quota",
		.argument = "NAME=N[,...]",
		.help = "What each user may have, unless the token has a quota of its own: bytes, "
			"documents and groups that are stored, streams that are open, and pushes "
			"in a minute, such as bytes=1G,documents=100000,streams=100,pushes=600. "
			"With --auth off, all clients together. Default: no limits.",
	},
	{
		.name = "retention",
		.alias = "keep",
		.argument = "TIME|off",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = 36500 * UINT64_C(86400),
		.or_off = true,
		.fallback = "off",
		.help = "Purge deleted documents daily once they are this old, such as 30d (see "
			"'pocketbook help purge').",
	},
	{
		.name = "history",
		.argument = "N|GROUP=N|off",
		.repeatable = true,
		.help = "Keep the N latest former versions of each document, or of each in this "
			"group and the groups nested in it; of several groups the longest "
			"decides. They can be read (GET /history, 'pocketbook doc log') and "
			"restored. Default: none.",
	},
	{
		.name = "history-age",
		.argument = "TIME|off",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = 36500 * UINT64_C(86400),
		.or_off = true,
		.fallback = "off",
		.help = "Remove former versions daily once they were replaced this long ago, such "
			"as 90d.",
	},
	{
		.name = "max-body",
		.argument = "SIZE",
		.kind = OPTION_SIZE,
		.min = KIB,
		.max = 64 * MIB,
		.fallback = "1M",
		.help = "Largest request body, 1K to 64M.",
	},
	{
		.name = "max-auth-failures",
		.alias = "max-guesses",
		.argument = "N|off",
		.kind = OPTION_NUMBER,
		.min = 1,
		.max = 1000000,
		.or_off = true,
		.fallback = "20",
		.help = "Invalid tokens accepted from one address in a minute, by each worker. "
			"Beyond that it gets 429, except for tokens that were valid before. Behind "
			"a proxy, set trusted-proxy too, or all its clients count as one address.",
	},
	{
		.name = "max-connections",
		.argument = "N",
		.kind = OPTION_NUMBER,
		.min = 1,
		.max = 1000000,
		.fallback = "10000",
		.help = "Connections of one worker. If there are as many, the one that has been "
			"idle "
			"the longest is closed; if none is idle, further ones wait until one is "
			"closed.",
	},
	{
		.name = "max-streams",
		.argument = "N",
		.kind = OPTION_NUMBER,
		.min = 1,
		.max = 1000000,
		.fallback = "20000",
		.help = "Event streams of one worker; further ones are refused.",
	},
	{
		.name = "max-in-flight",
		.argument = "SIZE",
		.kind = OPTION_SIZE,
		.min = MIB,
		.max = 1048576 * MIB,
		.fallback = "256M",
		.help = "Memory of one worker for requests and responses in progress. Beyond it, "
			"the slowest client is disconnected.",
	},
	{
		.name = "stream-backlog",
		.argument = "SIZE",
		.kind = OPTION_SIZE,
		.min = 4 * KIB,
		.max = 64 * MIB,
		.fallback = "1M",
		.help = "Unread events that a stream may accumulate before it is closed.",
	},
	{
		.name = "header-timeout",
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = 3600,
		.fallback = "10s",
		.help = "Time for the head of a request to arrive.",
	},
	{
		.name = "body-timeout",
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = 3600,
		.fallback = "60s",
		.help = "Time for a whole request to arrive.",
	},
	{
		.name = "idle-timeout",
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = 86400,
		.fallback = "75s",
		.help = "Time that a connection may stay open without a request.",
	},
	{
		.name = "ping-interval",
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = 12,
		.fallback = "10s",
		.help = "Time between keep-alive comments on a silent stream, 1s to 12s.",
	},
};

/* Each hint begins with the program's name, which the caller prints before the first.
 */
static void begin_hint(struct buf *hint)
{
	if (hint->len)
		buf_put_text(hint, "\npocketbook: ");
}

/* Without a token nobody can sign in: `hint` gets a command that creates one. Opens the
 * database first, so that an error in it is reported before anything is started. */
static int tokens_check(const char *program, const struct master_settings *settings,
			struct buf *hint)
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
	if (count)
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
	settings_put_changed(options_in_force(serving), other->options, serve_options,
			     COUNT(serve_options), &other->changed);
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

static int serve_run(const struct invocation *invocation)
{
	struct serving serving = { .invocation = invocation };
	struct master_settings *settings = &serving.both[0].settings.master;
	struct buf hint = BUF_EMPTY;
	struct error err;
	int status = EXIT_SUCCESS;

	if (settings_read(invocation->options, &serving.both[0].settings, &err) != RC_OK)
		status = say_usage("%s", err.text);
	settings->dry_run = database_check;
	if (status == EXIT_SUCCESS && settings->worker.auth && !master_is_upgrade())
		status = tokens_check(invocation->program, settings, &hint);
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

const struct command command_serve = {
	.name = "serve",
	.usage = "[OPTION]...",
	.summary = "Serve documents over HTTP and event streams.",
	.about = "Runs until SIGTERM or SIGINT; then it answers the requests in progress, ends its "
		 "streams and exits. Logs to the standard error. Creates the database if it does "
		 "not exist.\n"
		 "On SIGHUP it reads its configuration again and replaces its workers one by one, "
		 "without closing a connection or refusing a request. If the configuration has an "
		 "error, the log reports it and the old one stays in force. The options admin, "
		 "db, history, history-age, listen, metrics-listen, quota, retention, runtime-dir, "
		 "user "
		 "and workers change only with a restart.\n"
		 "On SIGUSR2 it upgrades itself in the same way to the binary that is now at its "
		 "path. If that binary cannot take over, the log reports why and the old one "
		 "continues.\n",
	.example = "  pocketbook serve --auth off\n"
		   "  pocketbook serve --db /var/lib/pocketbook/notes.db --listen 0.0.0.0:8080\n",
	COMMAND_OPTIONS(serve_options),
	.run = serve_run,
};
