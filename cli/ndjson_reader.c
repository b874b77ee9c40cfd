/* Reads a text file line by line, twice. Called by cli/import_read.c. */
#include "cli/ndjson_reader.h"

#include "cli/atomic_file.h"
#include "os/trusted_path.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10)

static enum rc fail(const char *name, struct error *err)
{
	return error_set(err, RC_IO, "%.200s: cannot be read: %s", name, strerror(errno));
}

static enum rc put_all(int fd, const char *bytes, size_t len, struct error *err)
{
	while (len) {
		ssize_t put = write(fd, bytes, len);

		if (put > 0) {
			bytes += put;
			len -= (size_t)put;
		} else if (put < 0 && errno != EINTR) {
			return error_set(err, RC_IO, "cannot write to the temporary file: %s",
					 strerror(errno));
		}
	}
	return RC_OK;
}

/* Replaces the descriptor by a temporary file with everything read from it. */
static enum rc spool(struct ndjson_reader *reader, struct progress *progress, struct error *err)
{
	char piece[PIECE];
	ssize_t got = 1;
	uint64_t done = 0;
	int from = reader->fd, to;
	enum rc rc = temp_file_unnamed(&to, err);

	if (rc != RC_OK)
		return rc;
	while (rc == RC_OK && got != 0) {
		got = read(from, piece, sizeof(piece));
		if (got < 0 && errno != EINTR)
			rc = fail(reader->name, err);
		if (got <= 0)
			continue;
		rc = put_all(to, piece, (size_t)got, err);
		done += (uint64_t)got;
		progress_at(progress, "read bytes", done, 0);
	}
	if (from != STDIN_FILENO)
		(void)close(from);
	reader->fd = to;
	return rc;
}

enum rc ndjson_reader_open(const char *path, struct progress *progress, struct ndjson_reader *out,
			   struct error *err)
{
	bool from_stdin = path == NULL || strcmp(path, "-") == 0;
	struct stat status = { 0 };
	enum rc rc = RC_OK;

	*out = (struct ndjson_reader){ .name = from_stdin ? "the standard input" : path,
				       .fd = STDIN_FILENO };
	if (!from_stdin)
		out->fd = trusted_path_open(path);
	if (out->fd < 0 || fstat(out->fd, &status) < 0)
		return fail(out->name, err);
	if (!S_ISREG(status.st_mode))
		rc = spool(out, progress, err);
	if (rc == RC_OK && fstat(out->fd, &status) < 0)
		rc = fail(out->name, err);
	if (rc == RC_OK)
		rc = ndjson_reader_rewind(out, err);
	out->size = (uint64_t)status.st_size;
	if (rc != RC_OK)
		ndjson_reader_close(out);
	return rc;
}

void ndjson_reader_close(struct ndjson_reader *reader)
{
	if (reader->fd > STDIN_FILENO)
		(void)close(reader->fd);
	reader->fd = -1;
	buf_free(&reader->buf);
}

enum rc ndjson_reader_rewind(struct ndjson_reader *reader, struct error *err)
{
	buf_clear(&reader->buf);
	reader->used = 0;
	reader->number = 0;
	reader->at = 0;
	reader->ended = false;
	return lseek(reader->fd, 0, SEEK_SET) < 0 ? fail(reader->name, err) : RC_OK;
}

static enum rc fill(struct ndjson_reader *reader, struct error *err)
{
	ssize_t got;

	buf_drop(&reader->buf, reader->used);
	reader->used = 0;
	do
		got = read(reader->fd, buf_reserve(&reader->buf, PIECE), PIECE);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail(reader->name, err);
	reader->ended = got == 0;
	reader->buf.len += (size_t)got;
	reader->at += (uint64_t)got;
	return RC_OK;
}

enum rc ndjson_reader_next(struct ndjson_reader *reader, struct slice *out, struct error *err)
{
	size_t looked = 0;
	bool too_long = false;
	enum rc rc = RC_OK;

	assert(reader->fd >= 0);
	while (rc == RC_OK) {
		const char *from = reader->buf.data + reader->used;
		size_t len = reader->buf.len - reader->used;
		const char *end = len > looked ? memchr(from + looked, '\n', len - looked) : NULL;

		if (end || (reader->ended && (len || too_long))) {
			size_t line = end ? (size_t)(end - from) : len;

			*out = slice_make(from, line);
			reader->used += line + (end ? 1 : 0);
			reader->number++;
			return too_long || line > NDJSON_LINE_MAX ? RC_TOO_LARGE : RC_OK;
		}
		if (reader->ended)
			return RC_NOT_FOUND;
		if (len > NDJSON_LINE_MAX) {
			too_long = true;
			reader->used = reader->buf.len;
			len = 0;
		}
		looked = len;
		rc = fill(reader, err);
	}
	return rc;
}
