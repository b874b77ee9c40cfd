#include "worker/http/access_log.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "shm/histogram.h"

#include <event2/util.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_MARK "pbk_"
#define PATH_SHOWN 2048 /* more than the log shows of a value */

/* A bijection (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
 * 2014): ids of one process never repeat. */
static uint64_t mixed(uint64_t number)
{
	number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
	return number ^ (number >> 31);
}

void access_log_begin(struct worker *worker, struct access_log *access_log)
{
	static uint64_t last;

	if (last == 0)
		evutil_secure_rng_get_bytes(&last, sizeof(last));
	(void)snprintf(access_log->id, sizeof(access_log->id), "%016" PRIx64, mixed(++last));
	access_log->begun = clock_us();
	scoreboard_add(worker->from->shm, worker->from->slot, METRIC_REQUESTS, 1);
}

/* Somebody may put a token where it does not belong: it is cut off. */
static void path_shown(const char *path, char out[PATH_SHOWN])
{
	char *token;

	(void)snprintf(out, PATH_SHOWN, "%s", path);
	token = strstr(out, TOKEN_MARK);
	if (token)
		strcpy(token, "...");
}

/* Lines a second about refusals, so that nobody fills the disk that the log is on: of
 * what clients do wrong, and of each way in which this server fails, where a line says
 * what all others would. */
static const struct {
	int status; /* and above */
	unsigned most;
} limits[] = { { 0, 20 }, { 500, 1 }, { 501, 1 }, { 504, 1 } };

#define LIMITS (sizeof(limits) / sizeof(limits[0]))

/* May there be one more now? Then `left_out` are those that there were not since the
 * last one. */
static bool refusal_is_told(int status, long long *left_out)
{
	static struct {
		uint64_t second;
		unsigned told;
		long long left_out;
	} counts[LIMITS];
	const uint64_t now = clock_ms() / 1000;
	size_t row = LIMITS - 1;

	while (status < limits[row].status)
		row--;
	if (counts[row].second != now) {
		counts[row].second = now;
		counts[row].told = 0;
	}
	if (counts[row].told == limits[row].most) {
		counts[row].left_out++;
		return false;
	}
	counts[row].told++;
	*left_out = counts[row].left_out;
	counts[row].left_out = 0;
	return true;
}

void access_log_refused(const struct access_log *access_log,
			const struct access_log_response *answer, const char *reason)
{
	char path[PATH_SHOWN];
	long long left_out;

	if (!refusal_is_told(answer->status, &left_out))
		return;
	path_shown(answer->path, path);
	log_write(answer->status >= 500 ? LOG_WARN : LOG_INFO, "request_refused",
		  (const struct log_field[]){
			  LOG_TEXT("request", access_log->id),
			  LOG_TEXT("client", answer->client),
			  LOG_TEXT("method", answer->method),
			  LOG_TEXT("path", path),
			  LOG_NUMBER("status", answer->status),
			  LOG_TEXT("reason", reason),
			  LOG_NUMBER("left_out", left_out),
		  },
		  left_out ? 7 : 6);
}

static void trace_log(const struct access_log *access_log, const struct access_log_response *answer,
		      uint64_t took)
{
	char path[PATH_SHOWN];

	path_shown(answer->path, path);
	log_put(LOG_INFO, "access",
		(const struct log_field[]){
			LOG_TEXT("request", access_log->id),
			LOG_TEXT("client", answer->client),
			LOG_TEXT("method", answer->method),
			LOG_TEXT("path", path),
			LOG_NUMBER("status", answer->status),
			LOG_NUMBER("bytes", answer->bytes),
			LOG_NUMBER("us", took),
		},
		7);
}

void access_log_end(struct worker *worker, const struct access_log *access_log,
		    const struct access_log_response *answer)
{
	const struct worker_inheritance *from = worker->from;
	uint64_t took = clock_us() - access_log->begun;

	scoreboard_count_response(from->shm, from->slot, answer->route, answer->status, took);
	if (worker->settings->access_log)
		trace_log(access_log, answer, took);
}
