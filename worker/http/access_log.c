/* Ids, counts and log lines of requests. Called by worker/http/request for requests,
 * and by worker/dispatch for malformed ones. */
#include "worker/http/access_log.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/number.h"
#include "shm/histogram.h"

#include <event2/util.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PATH_LOGGED 2048 /* more than the log prints of a value */

/* A bijection (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
 * 2014): ids of one process never repeat. */
static uint64_t mixed(uint64_t number)
{
	number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
	return number ^ (number >> 31);
}

void access_log_begin(const struct access_log *log, struct access_log_entry *entry)
{
	static uint64_t last;

	if (last == 0)
		evutil_secure_rng_get_bytes(&last, sizeof(last));
	number_put_hex(entry->id, mixed(++last));
	entry->id[NUMBER_HEX_DIGITS] = 0;
	entry->begun = clock_us();
	counters_add(log->counters, METRIC_REQUESTS, 1);
}

/* A client may put a token or an invitation where it does not belong: it is cut off. */
static void path_redact(const char *path, char out[PATH_LOGGED])
{
	static const char *const marks[] = { "pbk_", "pbi_" };

	(void)snprintf(out, PATH_LOGGED, "%s", path);
	for (size_t i = 0; i < COUNT(marks); i++) {
		char *secret = strstr(out, marks[i]);

		if (secret)
			strcpy(secret, "...");
	}
}

/* Log lines a second about refusals, so that no client can fill the disk with them: of
 * client errors, and of each way in which this server fails, for which one line has all
 * that the others would repeat. */
static const struct {
	int status; /* and above */
	unsigned max;
} limits[] = { { 0, 20 }, { 500, 1 }, { 501, 1 }, { 504, 1 } };

/* May one more be logged now? Then `suppressed` is the number of those that were not
 * since the last one. */
static bool refusal_may_log(int status, long long *suppressed)
{
	static struct {
		uint64_t second;
		unsigned logged;
		long long suppressed;
	} counts[COUNT(limits)];
	const uint64_t now = clock_ms() / 1000;
	size_t row = COUNT(limits) - 1;

	while (status < limits[row].status)
		row--;
	if (counts[row].second != now) {
		counts[row].second = now;
		counts[row].logged = 0;
	}
	if (counts[row].logged == limits[row].max) {
		counts[row].suppressed++;
		return false;
	}
	counts[row].logged++;
	*suppressed = counts[row].suppressed;
	counts[row].suppressed = 0;
	return true;
}

void access_log_refused(const struct access_log_entry *entry,
			const struct access_log_response *response, const char *reason)
{
	char path[PATH_LOGGED];
	long long suppressed;

	if (!refusal_may_log(response->status, &suppressed))
		return;
	path_redact(response->path, path);
	log_write(response->status >= 500 ? LOG_WARN : LOG_INFO, "request_refused",
		  (const struct log_field[]){
			  LOG_TEXT("request", entry->id),
			  LOG_TEXT("client", response->client),
			  LOG_TEXT("method", response->method),
			  LOG_TEXT("path", path),
			  LOG_NUMBER("status", response->status),
			  LOG_TEXT("reason", reason),
			  LOG_NUMBER("left_out", suppressed),
		  },
		  suppressed ? 7 : 6);
}

static void access_log_line(const struct access_log_entry *entry,
			    const struct access_log_response *response, uint64_t us)
{
	struct buf user = BUF_EMPTY;
	char path[PATH_LOGGED];
	bool has_token = response->token && response->token[0];

	path_redact(response->path, path);
	if (has_token)
		buf_put_slice(&user, response->user);
	buf_put_byte(&user, 0);
	log_put(LOG_INFO, "access",
		(const struct log_field[]){
			LOG_TEXT("request", entry->id),
			LOG_TEXT("client", response->client),
			LOG_TEXT("method", response->method),
			LOG_TEXT("path", path),
			LOG_NUMBER("status", response->status),
			LOG_NUMBER("bytes", response->bytes),
			LOG_NUMBER("us", us),
			LOG_TEXT("token", has_token ? response->token : ""),
			LOG_TEXT("user", user.data),
		},
		has_token ? 9 : 7);
	buf_free(&user);
}

void access_log_end(const struct access_log *log, const struct access_log_entry *entry,
		    const struct access_log_response *response)
{
	const struct counters *counters = log->counters;
	uint64_t us = clock_us() - entry->begun;

	scoreboard_count_response(counters->shm, counters->slot, response->route, response->status,
				  us);
	if (log->lines)
		access_log_line(entry, response, us);
}
