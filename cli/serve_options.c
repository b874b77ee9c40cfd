/* `pocketbook serve`: its options and its help. It runs in cli/serve.c; cli/settings.c
 * checks the options. */
#include "cli/serve.h"

#include "shm/shm.h"
#include "store/store.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define STRING_(x) #x
#define STRING(x) STRING_(x)

static const struct option_spec serve_options[] = {
	OPTION_DB,
#ifdef HAVE_POSTGRESQL
	{
		.name = "db-replica",
		.argument = "URL",
		.help = "A hot standby of a PostgreSQL database, such as "
			"postgresql://USER@HOST/DATABASE. It reads pages of pulls that it has come "
			"far enough for; the primary reads the others. Default: none.",
	},
#endif
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
		.name = "jwt-keys",
		.argument = "FILE",
		.help = "Accept JSON Web Tokens that are signed with one of the public keys in "
			"this file, a JWK Set as identity providers publish it. Read again on "
			"SIGHUP. Only in builds --with-jwt.",
	},
	{
		.name = "jwt-groups",
		.argument = "CLAIM",
		.help = "With --jwt-keys: the claim that has the user's groups, as a list or with "
			"spaces between them: GROUP, GROUP:ro or GROUP:rw.",
	},
	{
		.name = "jwt-issuer",
		.argument = "TEXT",
		.help = "With --jwt-keys: what the claim iss must be. Default: anything.",
	},
	{
		.name = "jwt-audience",
		.argument = "TEXT",
		.help = "With --jwt-keys: what the claim aud must be, or contain. Default: "
			"anything, so that tokens which the provider makes for other services are "
			"accepted.",
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
		.name = "metrics-users",
		.argument = "N",
		.kind = OPTION_NUMBER,
		.min = 0,
		.max = STORE_USERS_MAX,
		.fallback = "0",
		.help = "Metrics of what users have stored, for the N users with the most bytes; "
			"all others together have the label of an empty name. 0: none, as names "
			"of users may not be for everybody who reads metrics.",
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
			"'pocketbook help purge'). off or 0: they stay until 'pocketbook purge'.",
	},
	{
		.name = "history",
		.argument = "N|GROUP=N|off",
		.repeatable = true,
		.help = "Keep the N latest former versions of each document, or of each in this "
			"group and the groups nested in it; of several groups the longest "
			"decides. For a while up to a quarter more are kept, as they are removed "
			"several at a time. They can be read (GET /history, 'pocketbook doc log') "
			"and "
			"restored. Default: none.",
	},
	{
		.name = "history-age",
		.argument = "TIME|GROUP=TIME|off",
		.repeatable = true,
		.help = "Remove former versions daily once they were replaced this long ago, such "
			"as 90d, or those of this group and the groups nested in it; of several "
			"groups the longest decides. Default: off.",
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
			"a proxy, set trusted-proxy too, or all its clients count as one address. "
			"off or 0: no limit.",
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
