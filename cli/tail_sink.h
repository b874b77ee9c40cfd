/* The sinks for the lines of `tail`: the standard output, a file, or a command. */
#ifndef CLI_TAIL_SINK_H
#define CLI_TAIL_SINK_H

#include "base/error.h"
#include "base/slice.h"
#include "cli/tail_position.h"

#include <stdint.h>

struct tail_sink {
	const char *file;    /* NULL: none */
	const char *command; /* NULL: none; with neither, the standard output */
	int fd;              /* of the file; -1: not open */
};

#define TAIL_SINK_NONE ((struct tail_sink){ .fd = -1 })

/* The most lines that are put at once: a page, and a reset before it. */
#define TAIL_SINK_LINES 1001

/* Opens the file and cuts what is beyond the bytes of the position, which a process
 * that was killed has written there, and which will be written again. A file that is
 * not there is begun: its bytes become 0. RC_EXISTS: it has content, and the position
 * counts no file. RC_MALFORMED: it has fewer bytes than that, or more that are no such
 * lines. RC_BUSY: another process writes to it. No other sink is counted. */
MUST_USE enum rc tail_sink_open(struct tail_sink *sink, struct tail_position *position,
				struct error *err);
/* Programs that rotate logs rename the file. Always false for other sinks. */
bool tail_sink_is_renamed(const struct tail_sink *sink);
/* Closes the file that was renamed. A new one is begun by tail_sink_open, when the
 * position counts no bytes any more. RC_EXISTS: another file with content has the
 * name. */
MUST_USE enum rc tail_sink_leave(struct tail_sink *sink, struct error *err);
/* Writes whole lines. For a file, they are on disk when it returns, behind the first
 * *bytes, which grow. A command is run until it ends with status 0. */
MUST_USE enum rc tail_sink_put(const struct tail_sink *sink, struct slice lines, uint64_t *bytes,
			       struct error *err);
void tail_sink_close(struct tail_sink *sink);

#endif
