#include "cli/settings.h"

#include "base/mem.h"
#include "cli/cors_origin.h"
#include "shm/shm.h"
#include "store/db_url.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/* Cores that this process may run on, no more than there are slots. */
static unsigned cores_count(void)
{
	cpu_set_t cores;
	int count = 1;

	if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
		count = CPU_COUNT(&cores);
	return count < 1 ? 1 : count > SHM_SLOTS_MAX ? SHM_SLOTS_MAX : (unsigned)count;
}

static bool is_set(const struct options *options, const char *name)
{
	return options_text(options, name) != NULL;
}

static struct master_settings settings_of(const struct options *options)
{
	struct master_settings settings = {
		.workers = is_set(options, "workers") ? (unsigned)options_number(options, "workers") : cores_count(),
		.metrics = options_text(options, "metrics-listen"),
		.retention = options_number(options, "retention"),
		.sandbox = options_is_on(options, "sandbox"),
		.worker = {
			.db = options_text(options, "db"),
			.auth = options_is_on(options, "auth"),
			.max_auth_failures = (unsigned)options_number(options, "max-auth-failures"),
			.access_log = options_is_on(options, "access-log"),
			.www = options_text(options, "www"),
			.max_body = options_number(options, "max-body"),
			.max_connections = (unsigned)options_number(options, "max-connections"),
			.max_streams = (unsigned)options_number(options, "max-streams"),
			.max_in_flight = options_number(options, "max-in-flight"),
			.stream_backlog = options_number(options, "stream-backlog"),
			.header_timeout = (unsigned)options_number(options, "header-timeout"),
			.body_timeout = (unsigned)options_number(options, "body-timeout"),
			.idle_timeout = (unsigned)options_number(options, "idle-timeout"),
			.ping_interval = (unsigned)options_number(options, "ping-interval"),
		},
	};

	settings.listen = options_list(options, "listen", &settings.listen_count);
	settings.worker.hosts = options_list(options, "server-name", &settings.worker.host_count);
	settings.worker.cors = options_list(options, "cors-origin", &settings.worker.cors_count);
	return settings;
}

static enum rc listen_check(const struct options *options, const struct master_settings *settings,
			    struct error *err)
{
	for (size_t i = 0; i < settings->listen_count; i++) {
		const char *place = options_place(options, "listen", i);
		struct error detail;
		bool loopback;

		if (master_listen_check(&settings->listen[i], 1, &loopback, &detail) != RC_OK)
			return error_set(err, RC_MALFORMED, "%s: %s", place, detail.text);
		if (!loopback && !settings->worker.auth)
			return error_set(err, RC_MALFORMED,
					 "%s: off would let everybody who reaches %s read and "
					 "write all; use it with a loopback "
					 "address such as 127.0.0.1:8080, or leave it on",
					 options_place(options, "auth", 0), settings->listen[i]);
	}
	return RC_OK;
}

static enum rc metrics_check(const struct options *options, const struct master_settings *settings,
			     struct error *err)
{
	struct error detail;
	bool loopback;

	if (settings->metrics &&
	    master_listen_check(&settings->metrics, 1, &loopback, &detail) != RC_OK)
		return error_set(err, RC_MALFORMED, "%s: %s",
				 options_place(options, "metrics-listen", 0), detail.text);
	return RC_OK;
}

static enum rc user_read(const struct options *options, const char *option, struct user *out,
			 struct error *err)
{
	const char *name = options_text(options, option);
	struct error detail;

	if (name && user_find(name, out, &detail) != RC_OK)
		return error_set(err, RC_MALFORMED, "%s: %s", options_place(options, option, 0),
				 detail.text);
	return RC_OK;
}

static enum rc cors_check(const struct options *options, const struct master_settings *settings,
			  struct error *err)
{
	struct error detail;

	for (size_t i = 0; i < settings->worker.cors_count; i++)
		if (cors_origin_check(settings->worker.cors[i], &detail) != RC_OK)
			return error_set(err, RC_MALFORMED, "%s: %s",
					 options_place(options, "cors-origin", i), detail.text);
	return RC_OK;
}

/* As a browser sends it in Host, but for the port, which any will do. */
static enum rc host_check(const struct options *options, const struct master_settings *settings,
			  struct error *err)
{
	for (size_t i = 0; i < settings->worker.host_count; i++) {
		const char *name = settings->worker.hosts[i];

		if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._")])
			return error_set(err, RC_MALFORMED,
					 "%s: \"%.100s\" is no name as browsers send it: lower "
					 "case letters, digits, - and . (xn-- for "
					 "others), without a scheme and a port",
					 options_place(options, "server-name", i), name);
	}
	return RC_OK;
}

static enum rc trusted_read(const struct options *options, struct settings *settings,
			    struct error *err)
{
	size_t count;
	const char *const *texts = options_list(options, "trusted-proxy", &count);
	struct error detail;

	settings->trusted = mem_array(count, sizeof(*settings->trusted));
	for (size_t i = 0; i < count; i++)
		if (cidr_parse(texts[i], &settings->trusted[i], &detail) != RC_OK)
			return error_set(err, RC_MALFORMED, "%s: %s",
					 options_place(options, "trusted-proxy", i), detail.text);
	settings->master.worker.trusted = settings->trusted;
	settings->master.worker.trusted_count = count;
	return RC_OK;
}

static enum rc www_check(const struct options *options, const struct master_settings *settings,
			 struct error *err)
{
	DIR *dir;

	if (settings->worker.www == NULL)
		return RC_OK;
	dir = opendir(settings->worker.www);
	if (dir == NULL)
		return error_set(
			err, RC_MALFORMED, "%s: %s: %s; it must be a directory that can be read",
			options_place(options, "www", 0), settings->worker.www, strerror(errno));
	(void)closedir(dir);
	return RC_OK;
}

static enum rc level_read(const struct options *options, enum log_level *out, struct error *err)
{
	const char *name = options_text(options, "log-level");

	if (log_level_parse(name, out) == RC_OK)
		return RC_OK;
	return error_set(err, RC_MALFORMED, "%s: \"%.64s\" is none of error, warn, info and debug",
			 options_place(options, "log-level", 0), name);
}

static enum rc place_read(const struct options *options, struct master_settings *out,
			  struct error *err)
{
	struct error detail;
	struct db_url url;

	if (db_url_parse(out->worker.db, &url, &detail) != RC_OK)
		return error_set(err, RC_MALFORMED, "%s: %s", options_place(options, "db", 0),
				 detail.text);
	out->place = (struct db_place){ .db = out->worker.db,
					.path = url.path,
					.runtime_dir = options_text(options, "runtime-dir") };
	return RC_OK;
}

enum rc settings_read(const struct options *options, struct settings *out, struct error *err)
{
	enum rc rc;

	*out = (struct settings){ .master = settings_of(options) };
	rc = place_read(options, &out->master, err);
	if (rc == RC_OK)
		rc = trusted_read(options, out, err);
	if (rc == RC_OK)
		rc = listen_check(options, &out->master, err);
	if (rc == RC_OK)
		rc = metrics_check(options, &out->master, err);
	if (rc == RC_OK)
		rc = cors_check(options, &out->master, err);
	if (rc == RC_OK)
		rc = host_check(options, &out->master, err);
	if (rc == RC_OK)
		rc = www_check(options, &out->master, err);
	if (rc == RC_OK)
		rc = level_read(options, &out->master.log_level, err);
	if (rc == RC_OK)
		rc = user_read(options, "user", &out->master.user, err);
	return rc == RC_OK ? user_read(options, "worker-user", &out->master.worker_user, err) : rc;
}

void settings_clear(struct settings *settings)
{
	free(settings->trusted);
	*settings = (struct settings){ .trusted = NULL };
}
