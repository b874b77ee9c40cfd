#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/admin.h"
#include "cli/command.h"
#include "cli/origin.h"
#include "cli/reload.h"
#include "cli/say.h"
#include "master/master.h"
#include "shm/shm.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define STRING_(x) #x
#define STRING(x) STRING_(x)

static const struct option_spec serve_options[] = {
	OPTION_DB,
	{
		.name = "listen",
		.argument = "ADDR:PORT",
		.fallback = "127.0.0.1:8080",
		.repeatable = true,
		.help = "Where to wait for connections: a numeric address, IPv6 in brackets. Port 0: a free one. Sockets that systemd "
			"passes "
			"take its place.",
	},
	{
		.name = "workers",
		.argument = "N",
		.kind = OPTION_NUMBER,
		.min = 1,
		.max = SHM_SLOTS_MAX,
		.help = "Processes that serve, 1 to " STRING(SHM_SLOTS_MAX) ". Default: one for each core.",
	},
	{
		.name = "user",
		.argument = "NAME",
		.help = "Where started as root: the user that all processes but the first become, and whose files are made.",
	},
	{
		.name = "auth",
		.argument = "on|off",
		.kind = OPTION_SWITCH,
		.fallback = "on",
		.help = "Ask for tokens (see 'pocketbook help token'). May be off only where all addresses are loopback.",
	},
	{
		.name = "cors",
		.argument = "ORIGIN",
		.repeatable = true,
		.help = "Let pages of this origin call, such as https://example.org; * lets all.",
	},
	{
		.name = "trusted-proxy",
		.argument = "ADDR",
		.repeatable = true,
		.help = "Believe the X-Forwarded-For of a proxy that calls from this address or block, such as 127.0.0.1 or 10.0.0.0/8.",
	},
	{
		.name = "www",
		.argument = "DIR",
		.help = "Serve the files in this directory in place of the built-in page; the library stays at /pocketbook.js.",
	},
	{
		.name = "metrics",
		.argument = "ADDR:PORT",
		.help = "Tell numbers for Prometheus to everybody who asks there, at /metrics. Default: nowhere.",
	},
	{
		.name = "access-log",
		.argument = "on|off",
		.kind = OPTION_SWITCH,
		.fallback = "off",
		.help = "Have a line in the log for each request, whatever the level.",
	},
	{
		.name = "log-level",
		.argument = "error|warn|info|debug",
		.fallback = "info",
		.help = "What the log tells, each with all before it.",
	},
	OPTION_CONFIG,
	{
		.name = "keep",
		.argument = "TIME|off",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = 36500 * UINT64_C(86400),
		.or_off = true,
		.fallback = "off",
		.help = "Purge, daily, what was deleted so long ago, such as 30d (see 'pocketbook help purge').",
	},
	{
		.name = "max-body",
		.argument = "SIZE",
		.kind = OPTION_SIZE,
		.min = KIB,
		.max = 64 * MIB,
		.fallback = "1M",
		.help = "The largest request body, 1K to 64M.",
	},
	{
		.name = "max-connections",
		.argument = "N",
		.kind = OPTION_NUMBER,
		.min = 1,
		.max = 1000000,
		.fallback = "10000",
		.help = "Connections of one worker; more wait until one is closed.",
	},
	{
		.name = "max-streams",
		.argument = "N",
		.kind = OPTION_NUMBER,
		.min = 1,
		.max = 1000000,
		.fallback = "20000",
		.help = "Event streams of one worker; more are refused.",
	},
	{
		.name = "stream-backlog",
		.argument = "SIZE",
		.kind = OPTION_SIZE,
		.min = 4 * KIB,
		.max = 64 * MIB,
		.fallback = "1M",
		.help = "Unread events that a stream may have waiting before it is cut off.",
	},
	{
		.name = "header-timeout",
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = 3600,
		.fallback = "10s",
		.help = "For the head of a request to arrive.",
	},
	{
		.name = "body-timeout",
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = 3600,
		.fallback = "60s",
		.help = "For a whole request to arrive.",
	},
	{
		.name = "idle-timeout",
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = 86400,
		.fallback = "75s",
		.help = "That a connection may stay open unused.",
	},
	{
		.name = "ping-interval",
		.argument = "TIME",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = 12,
		.fallback = "10s",
		.help = "Between signs of life on a silent stream, 1s to 12s.",
	},
};

/* Cores that this process may run on, no more than there are slots. */
static unsigned cores_count(void)
{
	cpu_set_t cores;
	int count = 1;

	if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
		count = CPU_COUNT(&cores);
	return count < 1 ? 1 : count > SHM_SLOTS_MAX ? SHM_SLOTS_MAX : (unsigned)count;
}

static enum log_level level_read(const struct options *options)
{
	enum log_level level = LOG_INFO;

	(void)!log_level_parse(options_text(options, "log-level"), &level); /* level_check refuses others */
	return level;
}

static bool is_set(const struct options *options, const char *name)
{
	return options_text(options, name) != NULL;
}

static struct master_settings settings_read(const struct options *options)
{
	struct master_settings settings = {
		.workers = is_set(options, "workers") ? (unsigned)options_number(options, "workers") : cores_count(),
		.metrics = options_text(options, "metrics"),
		.log_level = level_read(options),
		.keep = options_number(options, "keep"),
		.worker = {
			.db = options_text(options, "db"),
			.auth = options_is_on(options, "auth"),
			.access_log = options_is_on(options, "access-log"),
			.www = options_text(options, "www"),
			.max_body = options_number(options, "max-body"),
			.max_connections = (unsigned)options_number(options, "max-connections"),
			.max_streams = (unsigned)options_number(options, "max-streams"),
			.stream_backlog = options_number(options, "stream-backlog"),
			.header_timeout = (unsigned)options_number(options, "header-timeout"),
			.body_timeout = (unsigned)options_number(options, "body-timeout"),
			.idle_timeout = (unsigned)options_number(options, "idle-timeout"),
			.ping_interval = (unsigned)options_number(options, "ping-interval"),
		},
	};

	settings.listen = options_list(options, "listen", &settings.listen_count);
	settings.worker.cors = options_list(options, "cors", &settings.worker.cors_count);
	return settings;
}

static int listen_check(const struct options *options, const struct master_settings *settings)
{
	for (size_t i = 0; i < settings->listen_count; i++) {
		const char *place = options_place(options, "listen", i);
		struct reason why;
		bool loopback;

		if (master_listen_check(&settings->listen[i], 1, &loopback, &why) != RC_OK)
			return say_usage("%s: %s", place, why.text);
		if (!loopback && !settings->worker.auth)
			return say_usage("%s: off would let everybody who reaches %s read and write all; use it with a loopback "
					 "address such as 127.0.0.1:8080, or leave it on",
					 options_place(options, "auth", 0), settings->listen[i]);
	}
	return EXIT_DONE;
}

static int metrics_check(const struct options *options, const struct master_settings *settings)
{
	struct reason why;
	bool loopback;

	if (settings->metrics && master_listen_check(&settings->metrics, 1, &loopback, &why) != RC_OK)
		return say_usage("%s: %s", options_place(options, "metrics", 0), why.text);
	return EXIT_DONE;
}

static int user_read(const struct options *options, struct user *out)
{
	const char *name = options_text(options, "user");
	struct reason why;

	if (name && user_find(name, out, &why) != RC_OK)
		return say_usage("%s: %s", options_place(options, "user", 0), why.text);
	return EXIT_DONE;
}

static int cors_check(const struct options *options, const struct master_settings *settings)
{
	struct reason why;

	for (size_t i = 0; i < settings->worker.cors_count; i++)
		if (origin_check(settings->worker.cors[i], &why) != RC_OK)
			return say_usage("%s: %s", options_place(options, "cors", i), why.text);
	return EXIT_DONE;
}

/* Fills `trusted`, which is the caller's to free. */
static int trusted_read(const struct options *options, struct master_settings *settings, struct address_block **trusted)
{
	size_t count;
	const char *const *texts = options_list(options, "trusted-proxy", &count);
	struct reason why;

	*trusted = mem_array(count, sizeof(**trusted));
	for (size_t i = 0; i < count; i++)
		if (address_block_parse(texts[i], &(*trusted)[i], &why) != RC_OK)
			return say_usage("%s: %s", options_place(options, "trusted-proxy", i), why.text);
	settings->worker.trusted = *trusted;
	settings->worker.trusted_count = count;
	return EXIT_DONE;
}

static int www_check(const struct options *options, const struct master_settings *settings)
{
	DIR *dir;

	if (settings->worker.www == NULL)
		return EXIT_DONE;
	dir = opendir(settings->worker.www);
	if (dir == NULL)
		return say_usage("%s: %s: %s; it must be a directory that can be read", options_place(options, "www", 0),
				 settings->worker.www, strerror(errno));
	(void)closedir(dir);
	return EXIT_DONE;
}

static int level_check(const struct options *options)
{
	const char *name = options_text(options, "log-level");
	enum log_level level;

	if (log_level_parse(name, &level) != RC_OK)
		return say_usage("%s: \"%.64s\" is none of error, warn, info and debug", options_place(options, "log-level", 0), name);
	return EXIT_DONE;
}

/* Each hint is a line as the first one, which the program's name is put before. */
static void begin_hint(struct buf *hint)
{
	if (hint->len)
		buf_put_text(hint, "\npocketbook: ");
}

/* Without a token nobody can sign in: `hint` gets how to make one. Opens the database first, so that a fault in it is told before
 * anything is started. */
static int tokens_check(const char *program, const struct master_settings *settings, struct buf *hint)
{
	const char *db = settings->worker.db;
	struct store_request list = { .kind = STORE_TOKEN_LIST };
	struct admin_answer answer;
	struct reason why;
	enum rc rc = user_enter(&settings->user, &why);
	size_t count;

	if (rc != RC_OK)
		return say_failed("%s", why.text);
	rc = admin_do_alone(db, &list, &answer, &why);
	user_leave(&settings->user);
	count = answer.reply.token_count;
	admin_answer_clear(&answer);
	if (rc != RC_OK)
		return say_failed("%s", why.text);
	if (count)
		return EXIT_DONE;
	begin_hint(hint);
	buf_put_text(hint, "there is no token yet, so nobody can sign in; this makes one:\n  ");
	say_quoted(hint, program);
	buf_put_text(hint, " token add --user NAME --group '*' --db ");
	say_quoted(hint, db);
	return EXIT_DONE;
}

static int settings_check(const struct options *options, struct master_settings *settings, struct address_block **trusted)
{
	int status = trusted_read(options, settings, trusted);

	if (status == EXIT_DONE)
		status = listen_check(options, settings);
	if (status == EXIT_DONE)
		status = metrics_check(options, settings);
	if (status == EXIT_DONE)
		status = cors_check(options, settings);
	if (status == EXIT_DONE)
		status = www_check(options, settings);
	if (status == EXIT_DONE)
		status = level_check(options);
	return status == EXIT_DONE ? user_read(options, &settings->user) : status;
}

static int options_check(const struct options *options)
{
	struct master_settings settings = settings_read(options);
	struct address_block *trusted;
	int status = settings_check(options, &settings, &trusted);

	free(trusted);
	return status;
}

static int serve_run(const struct invocation *invocation)
{
	const struct options *options = invocation->options;
	struct master_settings settings = settings_read(options);
	struct reload reload = { .invocation = invocation, .settings = &settings, .check = options_check };
	struct address_block *trusted;
	struct buf hint = BUF_EMPTY;
	int status = settings_check(options, &settings, &trusted);

	if (status == EXIT_DONE && settings.worker.auth)
		status = tokens_check(invocation->program, &settings, &hint);
	if (geteuid() == 0 && (settings.user.name == NULL || settings.user.uid == 0)) {
		begin_hint(&hint);
		buf_put_text(&hint, "this runs as root; --user NAME makes its processes and files another user's");
	}
	if (hint.len)
		buf_put_byte(&hint, 0);
	settings.greeting = hint.data;
	settings.reload = reload_settings;
	settings.reload_arg = &reload;
	if (status == EXIT_DONE)
		status = master_run(&settings);
	buf_free(&hint);
	free(trusted);
	return status;
}

const struct command command_serve = {
	.name = "serve",
	.usage = "[OPTION]...",
	.summary = "Serve documents, live, over HTTP and event streams.",
	.about =
		"Runs until it gets SIGTERM or SIGINT; then it answers what is in flight, ends its streams and exits. SIGHUP has it "
		"read its options again: --log-level and --access-log change at once, what else is new waits for the next start, and where "
		"anything is wrong all stays as it was. Its log goes to the standard error. Makes the database where there is none.\n",
	.example = "  pocketbook serve --auth off\n"
		   "  pocketbook serve --db /var/lib/pocketbook/notes.db --listen 0.0.0.0:8080\n",
	COMMAND_OPTIONS(serve_options),
	.run = serve_run,
};
