/* Checks the settings of a server, and reads those that are more than a number or a
 * text. Called by cli/settings.c. */
#include "cli/settings_check.h"

#include "auth/min_schema.h"
#include "auth/proxy_login.h"
#include "auth/quota.h"
#include "base/array.h"
#include "base/mem.h"
#include "cli/cors_origin.h"
#include "cli/db_password.h"
#include "cli/jwt_file.h"
#include "os/trusted_path.h"
#include "store/db_url.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <strings.h>
#include <string.h>
#include <sys/un.h>

/* "PLACE: detail", where the place has the spelling that was used. */
static enum rc refuse(const struct options *options, const char *option, size_t index,
		      const struct error *detail, struct error *err)
{
	return error_set(err, RC_MALFORMED, "%s: %s", options_place(options, option, index),
			 detail->text);
}

static enum rc db_read(const struct options *options, struct settings *out, struct error *err)
{
	const char *db = out->master.worker.db;
	struct error detail;
	struct db_url url;

	if (db_url_parse(db, &url, &detail) != RC_OK)
		return refuse(options, "db", 0, &detail, err);
	if (db_password_take(options, &detail) != RC_OK)
		return refuse(options, "db-password-file", 0, &detail, err);
	if (url.path == NULL && options_text(options, "runtime-dir") == NULL)
		return error_set(err, RC_MALFORMED,
				 "%s: a database server has no directory for the lock and the "
				 "control socket; name one with --runtime-dir DIR",
				 options_place(options, "db", 0));
	out->master.place = (struct db_place){
		.db = db, .path = url.path, .runtime_dir = options_text(options, "runtime-dir")
	};
	return RC_OK;
}

static enum rc db_replica_check(const struct options *options, struct settings *out,
				struct error *err)
{
	const char *replica = out->master.worker.db_replica;
	struct error detail;
	struct db_url url;

	if (replica == NULL)
		return RC_OK;
	if (out->master.place.path)
		return error_set(err, RC_MALFORMED,
				 "%s: a file has no standby; leave it out, or name a database "
				 "server with --db postgresql://...",
				 options_place(options, "db-replica", 0));
	if (db_url_parse(replica, &url, &detail) != RC_OK)
		return refuse(options, "db-replica", 0, &detail, err);
	if (url.path)
		return error_set(err, RC_MALFORMED,
				 "%s: \"%.100s\" is no URL; write postgresql://USER@HOST/DATABASE "
				 "of a hot standby",
				 options_place(options, "db-replica", 0), replica);
	return RC_OK;
}

static enum rc trusted_proxy_read(const struct options *options, struct settings *out,
				  struct error *err)
{
	size_t count;
	const char *const *texts = options_list(options, "trusted-proxy", &count);
	struct error detail;

	out->trusted = mem_array(count, sizeof(*out->trusted));
	for (size_t i = 0; i < count; i++)
		if (cidr_parse(texts[i], &out->trusted[i], &detail) != RC_OK)
			return refuse(options, "trusted-proxy", i, &detail, err);
	out->master.worker.trusted = out->trusted;
	out->master.worker.trusted_count = count;
	return RC_OK;
}

/* If any client could send the field, any client could be any user. */
static enum rc proxy_login_check(const struct options *options, struct settings *out,
				 struct error *err)
{
	const struct worker_settings *worker = &out->master.worker;
	const char *name = worker->auth_header ? "auth-header" : "groups-header";
	struct error detail;

	if (worker->auth_header == NULL && worker->groups_header == NULL)
		return RC_OK;
	if (worker->auth_header == NULL || worker->groups_header == NULL)
		return error_set(err, RC_MALFORMED,
				 "%s: needs %s too: one field names the user, the other the groups",
				 options_place(options, name, 0),
				 worker->auth_header ? "--groups-header" : "--auth-header");
	if (!worker->auth)
		return error_set(err, RC_MALFORMED, "%s: needs --auth on",
				 options_place(options, name, 0));
	if (worker->trusted_count == 0)
		return error_set(err, RC_MALFORMED,
				 "%s: needs --trusted-proxy: from others it could be forged",
				 options_place(options, name, 0));
	if (proxy_login_check_name(worker->auth_header, &detail) != RC_OK)
		return refuse(options, "auth-header", 0, &detail, err);
	if (strcasecmp(worker->auth_header, worker->groups_header) == 0)
		return error_set(err, RC_MALFORMED, "%s: must be another field than --auth-header",
				 options_place(options, "groups-header", 0));
	if (proxy_login_check_name(worker->groups_header, &detail) != RC_OK)
		return refuse(options, "groups-header", 0, &detail, err);
	return RC_OK;
}

static enum rc jwt_read(const struct options *options, struct settings *out, struct error *err)
{
	enum rc rc = jwt_options_read(options, out->master.worker.auth, &out->verifier, err);

	out->master.worker.verifier = out->verifier;
	return rc;
}

static enum rc min_schema_read(const struct options *options, struct settings *out,
			       struct error *err)
{
	size_t count;
	const char *const *texts = options_list(options, "min-schema", &count);
	struct error detail;

	out->min_schemas = mem_array(count, sizeof(*out->min_schemas));
	for (size_t i = 0; i < count; i++)
		if (min_schema_parse(texts[i], &out->min_schemas[i], &detail) != RC_OK)
			return refuse(options, "min-schema", i, &detail, err);
	out->master.worker.min_schemas = out->min_schemas;
	out->master.worker.min_schema_count = count;
	return RC_OK;
}

static enum rc listen_check(const struct options *options, struct settings *out, struct error *err)
{
	const struct master_settings *settings = &out->master;

	for (size_t i = 0; i < settings->listen_count; i++) {
		struct error detail;
		bool loopback;

		if (master_listen_check(&settings->listen[i], 1, &loopback, &detail) != RC_OK)
			return refuse(options, "listen", i, &detail, err);
		if (!loopback && !settings->worker.auth)
			return error_set(err, RC_MALFORMED,
					 "%s: off would let any client that reaches %s read and "
					 "write all; use it with a loopback "
					 "address such as 127.0.0.1:8080, or leave it on",
					 options_place(options, "auth", 0), settings->listen[i]);
	}
	return RC_OK;
}

static enum rc metrics_listen_check(const struct options *options, struct settings *out,
				    struct error *err)
{
	struct error detail;
	bool loopback;

	if (out->master.metrics &&
	    master_listen_check(&out->master.metrics, 1, &loopback, &detail) != RC_OK)
		return refuse(options, "metrics-listen", 0, &detail, err);
	return RC_OK;
}

/* Elsewhere than on loopback, tokens would cross the network as they are. */
static enum rc admin_check(const struct options *options, struct settings *out, struct error *err)
{
	const char *text = out->master.admin;
	struct error detail;
	bool loopback;

	if (text == NULL)
		return RC_OK;
	if (strchr(text, '/')) {
		if (strlen(text) < sizeof(((struct sockaddr_un *)NULL)->sun_path))
			return RC_OK;
		return error_set(err, RC_MALFORMED, "%s: the path of a socket is at most %zu bytes",
				 options_place(options, "admin", 0),
				 sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	}
	if (master_listen_check(&text, 1, &loopback, &detail) != RC_OK)
		return refuse(options, "admin", 0, &detail, err);
	if (!loopback && out->master.worker.trusted_count == 0)
		return error_set(err, RC_MALFORMED,
				 "%s: %s is not a loopback address; put a proxy with TLS before it "
				 "and name that with --trusted-proxy, or use 127.0.0.1:PORT or the "
				 "path of a Unix socket",
				 options_place(options, "admin", 0), text);
	return RC_OK;
}

static enum rc cors_origin_read(const struct options *options, struct settings *out,
				struct error *err)
{
	struct error detail;

	for (size_t i = 0; i < out->master.worker.cors_count; i++)
		if (cors_origin_check(out->master.worker.cors[i], &detail) != RC_OK)
			return refuse(options, "cors-origin", i, &detail, err);
	return RC_OK;
}

/* As browsers send it in Host, without the port: any port is accepted. */
static enum rc server_name_check(const struct options *options, struct settings *out,
				 struct error *err)
{
	for (size_t i = 0; i < out->master.worker.host_count; i++) {
		const char *name = out->master.worker.hosts[i];

		if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._")])
			return error_set(err, RC_MALFORMED,
					 "%s: \"%.100s\" is not a name as browsers send it: lower "
					 "case letters, digits, - and . (xn-- for "
					 "others), without a scheme and a port",
					 options_place(options, "server-name", i), name);
	}
	return RC_OK;
}

static enum rc www_check(const struct options *options, struct settings *out, struct error *err)
{
	const char *www = out->master.worker.www;
	DIR *dir;

	if (www == NULL)
		return RC_OK;
	dir = opendir(www);
	if (dir == NULL)
		return error_set(err, RC_MALFORMED,
				 "%s: %s: %s; it must be a directory that can be read",
				 options_place(options, "www", 0), www, strerror(errno));
	(void)closedir(dir);
	return RC_OK;
}

static enum rc log_level_read(const struct options *options, struct settings *out,
			      struct error *err)
{
	const char *name = options_text(options, "log-level");

	if (log_level_parse(name, &out->master.log_level) == RC_OK)
		return RC_OK;
	return error_set(err, RC_MALFORMED, "%s: \"%.64s\" is not error, warn, info or debug",
			 options_place(options, "log-level", 0), name);
}

static enum rc quota_read(const struct options *options, struct settings *out, struct error *err)
{
	const char *text = options_text(options, "quota");
	struct error detail;

	if (text && quota_parse(slice_of(text), false, &out->master.worker.quota, &detail) != RC_OK)
		return refuse(options, "quota", 0, &detail, err);
	return RC_OK;
}

static enum rc history_rules_read(const struct options *options, const char *name,
				  enum rc parse(const char *, struct history_rule *,
						struct error *),
				  struct history_rules *out, struct error *err)
{
	size_t count;
	const char *const *texts = options_list(options, name, &count);
	struct error detail;

	for (size_t i = 0; i < count; i++) {
		enum rc rc = i < HISTORY_RULES_MAX
				     ? parse(texts[i], &out->rules[i], &detail)
				     : error_set(&detail, RC_MALFORMED,
						 "is given more than %d times", HISTORY_RULES_MAX);

		if (rc != RC_OK)
			return refuse(options, name, i, &detail, err);
	}
	out->count = count;
	return RC_OK;
}

static enum rc history_read(const struct options *options, struct settings *out, struct error *err)
{
	struct store_history *history = &out->master.worker.history;
	enum rc rc = history_rules_read(options, "history", history_versions_parse,
					&history->versions, err);

	if (rc != RC_OK)
		return rc;
	return history_rules_read(options, "history-age", history_age_parse, &history->ages, err);
}

static enum rc users_read(const struct options *options, struct settings *out, struct error *err)
{
	const struct {
		const char *option;
		struct user *user;
	} users[] = { { "user", &out->master.user }, { "worker-user", &out->master.worker_user } };

	for (size_t i = 0; i < COUNT(users); i++) {
		const char *name = options_text(options, users[i].option);
		struct error detail;

		if (name && user_find(name, users[i].user, &detail) != RC_OK)
			return refuse(options, users[i].option, 0, &detail, err);
	}
	return RC_OK;
}

/* Root does not serve a database in the directory of another user as root (see
 * cli/database.h), so without --user the server runs as the owner of that directory, as
 * commands do. */
static enum rc owner_read(const struct options *options, struct settings *out, struct error *err)
{
	static char name[LOGIN_NAME_MAX];
	const char *path = out->master.place.path;
	const struct passwd *found;
	struct path_owner owner;
	struct error detail;

	if (options_text(options, "user") || path == NULL)
		return RC_OK;
	if (trusted_path_owner(path, &owner, &detail) != RC_OK)
		return refuse(options, "db", 0, &detail, err);
	if (!owner.is_foreign)
		return RC_OK;
	found = getpwuid(owner.uid);
	if (found)
		(void)snprintf(name, sizeof(name), "%s", found->pw_name);
	else
		(void)snprintf(name, sizeof(name), "%u", (unsigned)owner.uid);
	return user_find(name, &out->master.user, err);
}

enum rc settings_check(const struct options *options, struct settings *out, struct error *err)
{
	static enum rc (*const checks[])(const struct options *, struct settings *,
					 struct error *) = {
		db_read,           db_replica_check, trusted_proxy_read,   proxy_login_check,
		jwt_read,          listen_check,     metrics_listen_check, cors_origin_read,
		server_name_check, www_check,        log_level_read,       users_read,
		owner_read,        quota_read,       min_schema_read,      history_read,
		admin_check,
	};
	enum rc rc = RC_OK;

	for (size_t i = 0; i < COUNT(checks) && rc == RC_OK; i++)
		rc = checks[i](options, out, err);
	return rc;
}
