/* The monotonic and the wall clock. A build with --enable-faults can shift the wall
 * clock (base/fault.h). */
#include "base/clock.h"

#include "base/fault.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int64_t clock_wall(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec + FAULT_WALL_S();
}

const char *clock_text(int64_t seconds, char out[CLOCK_TEXT_ROOM])
{
	time_t when = (time_t)seconds;
	struct tm parts;

	if (gmtime_r(&when, &parts) == NULL ||
	    strftime(out, CLOCK_TEXT_ROOM, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		(void)snprintf(out, CLOCK_TEXT_ROOM, "?");
	return out;
}

enum rc clock_parse(struct slice text, int64_t *seconds)
{
	char copy[CLOCK_TEXT_ROOM];
	struct tm parts = { .tm_year = 0 };
	const char *end;

	if (text.len >= sizeof(copy) || memchr(text.data, 0, text.len))
		return RC_MALFORMED;
	memcpy(copy, text.data, text.len);
	copy[text.len] = 0;
	end = strptime(copy, "%Y-%m-%dT%H:%M:%SZ", &parts);
	if (end == NULL || *end)
		return RC_MALFORMED;
	*seconds = timegm(&parts);
	return *seconds > 0 ? RC_OK : RC_MALFORMED;
}

void clock_sleep_until(uint64_t deadline)
{
	uint64_t now = clock_ms();
	uint64_t left = deadline > now ? deadline - now : 0;
	const struct timespec pause = { .tv_sec = (time_t)(left / 1000),
					.tv_nsec = (long)(left % 1000) * 1000000L };

	if (left)
		(void)nanosleep(&pause, NULL);
}
