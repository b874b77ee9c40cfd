/* The progress of commands that take longer than a second: one line on a terminal,
 * redrawn a few times per second and erased at the end. If there is no terminal,
 * nothing. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	int fd;
	const char *command;
	bool wanted; /* fd is a terminal */
	bool drawn;
	uint64_t begun; /* clock_ms() */
	uint64_t shown; /* the same, of the last line */
};

/* `fd`: the standard error. `command` must remain valid. */
struct progress progress_begin(int fd, const char *command);
/* Call as often as convenient. Shows "export: writing 12,345 of 100,000 (12 %), 3 s".
 * total 0: unknown; done 0, too: only the time. */
void progress_at(struct progress *progress, const char *what, uint64_t done, uint64_t total);
/* Erases the line: before any other output, and at the end. */
void progress_wipe(struct progress *progress);

/* progress_at as the store calls it back; arg is the progress. */
void progress_on_store(void *arg, const char *what, uint64_t done, uint64_t total);

#endif
