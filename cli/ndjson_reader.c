/* Reads a text file line by line, twice. Called by cli/import_read.c. */
#include "cli/ndjson_reader.h"

#include "cli/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
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
static enum rc spool(struct ndjson_reader *lines, struct progress *progress, struct error *err)
{
	char piece[PIECE];
	ssize_t got = 1;
	uint64_t done = 0;
	int from = lines->fd, to;
	enum rc rc = temp_file_unnamed(&to, err);

	if (rc != RC_OK)
		return rc;
	while (rc == RC_OK && got != 0) {
		got = read(from, piece, sizeof(piece));
		if (got < 0 && errno != EINTR)
			rc = fail(lines->name, err);
		if (got <= 0)
			continue;
		rc = put_all(to, piece, (size_t)got, err);
		done += (uint64_t)got;
		progress_at(progress, "read bytes", done, 0);
	}
	if (from != STDIN_FILENO)
		(void)close(from);
	lines->fd = to;
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
		out->fd = open(path, O_RDONLY | O_CLOEXEC);
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

void ndjson_reader_close(struct ndjson_reader *lines)
{
	if (lines->fd > STDIN_FILENO)
		(void)close(lines->fd);
	lines->fd = -1;
	buf_free(&lines->buf);
}

enum rc ndjson_reader_rewind(struct ndjson_reader *lines, struct error *err)
{
	buf_clear(&lines->buf);
	lines->used = 0;
	lines->number = 0;
	lines->at = 0;
	lines->ended = false;
	return lseek(lines->fd, 0, SEEK_SET) < 0 ? fail(lines->name, err) : RC_OK;
}

static enum rc fill(struct ndjson_reader *lines, struct error *err)
{
	ssize_t got;

	buf_drop(&lines->buf, lines->used);
	lines->used = 0;
	do
		got = read(lines->fd, buf_reserve(&lines->buf, PIECE), PIECE);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail(lines->name, err);
	lines->ended = got == 0;
	lines->buf.len += (size_t)got;
	lines->at += (uint64_t)got;
	return RC_OK;
}

enum rc ndjson_reader_next(struct ndjson_reader *lines, struct slice *out, struct error *err)
{
	size_t looked = 0;
	bool too_long = false;
	enum rc rc = RC_OK;

	while (rc == RC_OK) {
		const char *from = lines->buf.data + lines->used;
		size_t len = lines->buf.len - lines->used;
		const char *end = len > looked ? memchr(from + looked, '\n', len - looked) : NULL;

		if (end || (lines->ended && (len || too_long))) {
			size_t line = end ? (size_t)(end - from) : len;

			*out = slice_make(from, line);
			lines->used += line + (end ? 1 : 0);
			lines->number++;
			return too_long || line > NDJSON_LINE_MAX ? RC_TOO_LARGE : RC_OK;
		}
		if (lines->ended)
			return RC_NOT_FOUND;
		if (len > NDJSON_LINE_MAX) {
			too_long = true;
			lines->used = lines->buf.len;
			len = 0;
		}
		looked = len;
		rc = fill(lines, err);
	}
	return rc;
}
