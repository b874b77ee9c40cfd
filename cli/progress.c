#include "cli/progress.h"

#include "base/clock.h"

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

void progress_number(uint64_t number, char out[PROGRESS_NUMBER_MAX])
{
	char digits[PROGRESS_NUMBER_MAX];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number),
	       at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
}

static void draw(const struct progress *progress, const char *what, uint64_t done, uint64_t total,
		 uint64_t seconds)
{
	char first[PROGRESS_NUMBER_MAX], second[PROGRESS_NUMBER_MAX];

	progress_number(done, first);
	progress_number(total, second);
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
