/* The table of metrics (shm/metric.h) as data, for those who report them:
 * worker/metrics.c, cli/stats.c and cli/top.c. */
#include "shm/metric.h"

#include <assert.h>
#include <stddef.h>

static const struct metric_row rows[] = {
#define METRIC_ROW(id, kind_, name_, alias_, title_, member_, help_) \
	[METRIC_##id] = { .name = (name_), \
			  .alias = (alias_), \
			  .kind = (kind_), \
			  .title = (title_), \
			  .member = (member_), \
			  .help = (help_) },
	METRIC_TABLE(METRIC_ROW)
#undef METRIC_ROW
};

const struct metric_row *metric_row(enum metric metric)
{
	assert(metric < METRIC_COUNT);
	return &rows[metric];
}

const char *metric_type(enum metric_kind kind)
{
	return kind == METRIC_COUNTER ? "counter" : "gauge";
}

const char *scoreboard_route_name(enum scoreboard_route route)
{
	static const char *const names[SCOREBOARD_ROUTES] = {
		[SCOREBOARD_PULL] = "pull",       [SCOREBOARD_PUSH] = "push",
		[SCOREBOARD_STREAM] = "events",   [SCOREBOARD_PAGE] = "page",
		[SCOREBOARD_WHOAMI] = "whoami",   [SCOREBOARD_HEALTH] = "health",
		[SCOREBOARD_METRICS] = "metrics", [SCOREBOARD_JOIN] = "join",
		[SCOREBOARD_OTHER] = "other",
	};

	assert(route < SCOREBOARD_ROUTES);
	return names[route];
}

const struct histogram_row *histogram_row(enum histogram_kind histogram)
{

	static const struct histogram_row latency = {
		"http_request_duration_seconds",
		"Time from the head of a request to its answer; of an event stream, to its "
		"opening.",
		1e6,
	};
	static const struct histogram_row table[HISTOGRAM_KINDS] = {
		[HISTOGRAM_COMMIT_BATCH] = { "commit_batch_size",
					     "Requests in one transaction of the writer.", 1 },
		[HISTOGRAM_COMMIT_TIME] = { "commit_duration_seconds",
					    "Time of one transaction, its sync to disk included.",
					    1e6 },
		[HISTOGRAM_MAINTENANCE_TIME] = { "checkpoint_duration_seconds",
						 "Time of copying the write-ahead log into the "
						 "database.",
						 1e6 },
	};

	assert(histogram < HISTOGRAM_KINDS);
	/* cppcheck-suppress arrayIndexOutOfBoundsCond ; it miscounts */
	return histogram < HISTOGRAM_COMMIT_BATCH ? &latency : &table[histogram];
}
