/* A text file read line by line, twice if need be. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include "base/buf.h"
#include "base/error.h"
#include "cli/progress.h"

#include <stdint.h>

#define LINE_MAX_BYTES ((size_t)8 << 20)

struct lines {
	const char *name; /* for reasons */
	int fd;
	uint64_t size;   /* of the file */
	uint64_t number; /* of the line that was read last, from 1 */
	uint64_t at;     /* bytes read so far */
	struct buf buf;  /* the first `used` bytes are lines that were handed over */
	size_t used;
	bool ended;
};

/* `path` NULL or "-": the standard input. What cannot be read twice (a pipe, a
 * terminal) is first read to its end into a temporary file. */
MUST_USE enum rc lines_open(const char *path, struct progress *progress, struct lines *out,
			    struct error *err);
void lines_close(struct lines *lines);
/* From the beginning again. */
MUST_USE enum rc lines_rewind(struct lines *lines, struct error *err);
/* The next line, without its end, good until the next call. RC_NOT_FOUND: there is
 * none; RC_TOO_LARGE: longer than LINE_MAX_BYTES, and passed over; RC_IO, with
 * `err`. */
MUST_USE enum rc lines_next(struct lines *lines, struct slice *out, struct error *err);

#endif
