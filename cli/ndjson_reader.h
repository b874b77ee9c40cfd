/* Reads a text file line by line, twice if necessary. */
#ifndef CLI_NDJSON_READER_H
#define CLI_NDJSON_READER_H

#include "base/buf.h"
#include "base/error.h"
#include "cli/progress.h"

#include <stdint.h>

/* Twice the largest body of a push (--max-body), so that there is room for any document
 * that was exported, and for its value once more as the server has it. */
#define NDJSON_LINE_MAX ((size_t)128 << 20)

struct ndjson_reader {
	const char *name; /* for error messages */
	int fd;
	uint64_t size;   /* of the file */
	uint64_t number; /* of the last line read, from 1 */
	uint64_t at;     /* bytes read so far */
	struct buf buf;  /* the first `used` bytes are lines already returned */
	size_t used;
	bool ended;
};

/* `path` NULL or "-": the standard input. Input that cannot be read twice (a pipe, a
 * terminal) is first copied to a temporary file. */
MUST_USE enum rc ndjson_reader_open(const char *path, struct progress *progress,
				    struct ndjson_reader *out, struct error *err);
void ndjson_reader_close(struct ndjson_reader *lines);
/* Starts again at the first line. */
MUST_USE enum rc ndjson_reader_rewind(struct ndjson_reader *lines, struct error *err);
/* The next line, without its end; valid until the next call. RC_NOT_FOUND: there is
 * none; RC_TOO_LARGE: longer than NDJSON_LINE_MAX, and skipped; RC_IO, with `err`. */
MUST_USE enum rc ndjson_reader_next(struct ndjson_reader *lines, struct slice *out,
				    struct error *err);

#endif
