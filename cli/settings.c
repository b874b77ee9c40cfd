/* Turns the options of serve into settings. Called by cli/serve.c at the start and on
 * each reload. See also settings_check.c. */
#include "cli/settings.h"

#include "cli/settings_check.h"

#include "base/array.h"
#include "cli/jwt_file.h"
#include "shm/shm.h"

#include <limits.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>

/* Number of cores that this process may use, at most the number of slots. */
static unsigned cores_count(void)
{
	cpu_set_t cores;
	int count = 1;

	if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
		count = CPU_COUNT(&cores);
	return count < 1 ? 1 : count > SHM_SLOTS_MAX ? SHM_SLOTS_MAX : (unsigned)count;
}

/* Options that are copied as they are, and their types. */
enum setting_kind {
	SETTING_TEXT,     /* const char * */
	SETTING_SWITCH,   /* bool */
	SETTING_UNSIGNED, /* unsigned */
	SETTING_SIZE,     /* size_t */
	SETTING_U64,      /* uint64_t */
	SETTING_LIST,     /* const char *const *, and its size_t count */
};

#define FIELD(member) .offset = offsetof(struct master_settings, member)
#define LIST(member, count) FIELD(member), .count_offset = offsetof(struct master_settings, count)

static const struct setting {
	const char *option;
	enum setting_kind kind;
	size_t offset;
	size_t count_offset;
} settings_table[] = {
	{ "access-log", SETTING_SWITCH, FIELD(worker.access_log) },
	{ "admin", SETTING_TEXT, FIELD(admin) },
	{ "auth", SETTING_SWITCH, FIELD(worker.auth) },
	{ "auth-header", SETTING_TEXT, FIELD(worker.auth_header) },
	{ "body-timeout", SETTING_UNSIGNED, FIELD(worker.body_timeout) },
	{ "compress", SETTING_SWITCH, FIELD(worker.compress) },
	{ "cors-origin", SETTING_LIST, LIST(worker.cors, worker.cors_count) },
	{ "db", SETTING_TEXT, FIELD(worker.db) },
#ifdef HAVE_POSTGRESQL
	{ "db-replica", SETTING_TEXT, FIELD(worker.db_replica) },
#endif
	{ "groups-header", SETTING_TEXT, FIELD(worker.groups_header) },
	{ "header-timeout", SETTING_UNSIGNED, FIELD(worker.header_timeout) },
	{ "idle-timeout", SETTING_UNSIGNED, FIELD(worker.idle_timeout) },
	{ "listen", SETTING_LIST, LIST(listen, listen_count) },
	{ "max-auth-failures", SETTING_UNSIGNED, FIELD(worker.max_auth_failures) },
	{ "max-body", SETTING_SIZE, FIELD(worker.max_body) },
	{ "max-connections", SETTING_UNSIGNED, FIELD(worker.max_connections) },
	{ "max-in-flight", SETTING_SIZE, FIELD(worker.max_in_flight) },
	{ "max-streams", SETTING_UNSIGNED, FIELD(worker.max_streams) },
	{ "metrics-listen", SETTING_TEXT, FIELD(metrics) },
	{ "metrics-users", SETTING_UNSIGNED, FIELD(worker.metrics_users) },
	{ "ping-interval", SETTING_UNSIGNED, FIELD(worker.ping_interval) },
	{ "retention", SETTING_U64, FIELD(retention) },
	{ "sandbox", SETTING_SWITCH, FIELD(sandbox) },
	{ "server-name", SETTING_LIST, LIST(worker.hosts, worker.host_count) },
	{ "stream-backlog", SETTING_SIZE, FIELD(worker.stream_backlog) },
	{ "www", SETTING_TEXT, FIELD(worker.www) },
};

static void setting_copy(const struct options *options, const struct setting *setting,
			 struct master_settings *out)
{
	void *to = (char *)out + setting->offset;

	switch (setting->kind) {
	case SETTING_TEXT:
		*(const char **)to = options_text(options, setting->option);
		break;
	case SETTING_SWITCH:
		*(bool *)to = options_is_on(options, setting->option);
		break;
	case SETTING_UNSIGNED:
		*(unsigned *)to = (unsigned)options_number(options, setting->option);
		break;
	case SETTING_SIZE:
		*(size_t *)to = options_number(options, setting->option);
		break;
	case SETTING_U64:
		*(uint64_t *)to = options_number(options, setting->option);
		break;
	case SETTING_LIST:
		*(const char *const **)to = options_list(
			options, setting->option, (size_t *)((char *)out + setting->count_offset));
		break;
	}
}

static struct master_settings settings_of(const struct options *options)
{
	struct master_settings settings = { .workers = cores_count() };

	for (size_t i = 0; i < COUNT(settings_table); i++)
		setting_copy(options, &settings_table[i], &settings);
	if (options_text(options, "workers"))
		settings.workers = (unsigned)options_number(options, "workers");
	return settings;
}

enum rc settings_read(const struct options *options, struct settings *out, struct error *err)
{
	*out = (struct settings){ .master = settings_of(options) };
	return settings_check(options, out, err);
}

void settings_clear(struct settings *settings)
{
	free(settings->trusted);
	free(settings->min_schemas);
	jwt_free(settings->verifier);
	*settings = (struct settings){ .trusted = NULL };
}
