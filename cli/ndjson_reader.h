/* A text file read line by line, twice if need be. */
#ifndef CLI_NDJSON_READER_H
#define CLI_NDJSON_READER_H

#include "base/buf.h"
#include "base/error.h"
#include "cli/progress.h"

#include <stdint.h>

#define NDJSON_LINE_MAX ((size_t)8 << 20)

struct ndjson_reader {
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
MUST_USE enum rc ndjson_reader_open(const char *path, struct progress *progress,
				    struct ndjson_reader *out, struct error *err);
void ndjson_reader_close(struct ndjson_reader *lines);
/* From the beginning again. */
MUST_USE enum rc ndjson_reader_rewind(struct ndjson_reader *lines, struct error *err);
/* The next line, without its end, good until the next call. RC_NOT_FOUND: there is
 * none; RC_TOO_LARGE: longer than NDJSON_LINE_MAX, and passed over; RC_IO, with
 * `err`. */
MUST_USE enum rc ndjson_reader_next(struct ndjson_reader *lines, struct slice *out,
				    struct error *err);

#endif
