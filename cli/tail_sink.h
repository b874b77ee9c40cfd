/* The sinks for the lines of `tail`: the standard output, a file, or a command. */
#ifndef CLI_TAIL_SINK_H
#define CLI_TAIL_SINK_H

#include "base/error.h"
#include "base/slice.h"

#include <stdint.h>

struct tail_sink {
	const char *file;    /* NULL: none */
	const char *command; /* NULL: none; with neither, the standard output */
	int fd;              /* of the file; -1: not open */
};

#define TAIL_SINK_NONE ((struct tail_sink){ .fd = -1 })

/* Opens the file and cuts what is beyond `*bytes`, which a process that was killed has
 * written there, and which will be written again. A file that is not there is begun:
 * *bytes becomes 0. RC_MALFORMED: it has fewer bytes than that. RC_BUSY: another
 * process writes to it. Nothing to do for other sinks. */
MUST_USE enum rc tail_sink_open(struct tail_sink *sink, uint64_t *bytes, struct error *err);
/* Writes whole lines. For a file, they are on disk when it returns, behind the first
 * *bytes, which grow; if the file was renamed away, a new one is begun. A command is
 * run until it ends with status 0. */
MUST_USE enum rc tail_sink_put(struct tail_sink *sink, struct slice lines, uint64_t *bytes,
			       struct error *err);
void tail_sink_close(struct tail_sink *sink);

#endif
