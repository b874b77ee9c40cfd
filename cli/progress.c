/* The progress line of long commands, on a terminal only. */
#include "cli/progress.h"

#include "base/clock.h"
#include "base/units.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIRST_MS 1000
#define EVERY_MS 200

struct progress progress_begin(int fd, const char *command)
{
	return (struct progress){
		.fd = fd, .command = command, .wanted = isatty(fd) == 1, .begun = clock_ms()
	};
}

static void draw(const struct progress *progress, const char *what, uint64_t done, uint64_t total,
		 uint64_t seconds)
{
	char first[UNITS_DISPLAY_MAX], second[UNITS_DISPLAY_MAX];

	units_display_count(done, first);
	units_display_count(total, second);
	if (total)
		dprintf(progress->fd, "\r\033[K%s: %s %s of %s (%u %%), %llu s", progress->command,
			what, first, second, (unsigned)((double)done * 100 / (double)total),
			(unsigned long long)seconds);
	else if (done)
		dprintf(progress->fd, "\r\033[K%s: %s %s, %llu s", progress->command, what, first,
			(unsigned long long)seconds);
	else
		dprintf(progress->fd, "\r\033[K%s: %s, %llu s", progress->command, what,
			(unsigned long long)seconds);
}

void progress_at(struct progress *progress, const char *what, uint64_t done, uint64_t total)
{
	uint64_t now;

	if (!progress->wanted)
		return;
	now = clock_ms();
	if (now - progress->begun < FIRST_MS ||
	    (progress->drawn && now - progress->shown < EVERY_MS))
		return;
	draw(progress, what, done, total, (now - progress->begun) / 1000);
	progress->drawn = true;
	progress->shown = now;
}

void progress_wipe(struct progress *progress)
{
	if (progress->drawn)
		dprintf(progress->fd, "\r\033[K");
	progress->drawn = false;
}

void progress_on_store(void *arg, const char *what, uint64_t done, uint64_t total)
{
	progress_at(arg, what, done, total);
}
