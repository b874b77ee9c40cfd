/* Writes the lines of `tail`. Called by cli/tail_follow.c. */
#include "cli/tail_sink.h"

#include "base/array.h"
#include "base/clock.h"
#include "cli/say.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RETRY_MIN_MS 250
#define RETRY_MAX_MS 60000

static bool write_all(int fd, struct slice bytes, off_t at)
{
	while (bytes.len) {
		ssize_t put = pwrite(fd, bytes.data, bytes.len, at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		bytes = slice_make(bytes.data + put, bytes.len - (size_t)put);
		at += put;
	}
	return true;
}

/* ---- A file ---- */

static enum rc fail(const struct tail_sink *sink, const char *what, struct error *err)
{
	return error_set(err, rc_of_errno(errno), "%.200s cannot be %s: %s", sink->file, what,
			 strerror(errno));
}

/* The lines behind the position are those that a process which was killed has written
 * without it: at most one page, after whole lines. Anything else was written by another
 * program, or belongs to another position. */
static bool is_begin_of_line(const char *text, size_t len)
{
	static const char *const begins[] = { "{\"id\":\"", "{\"~:id\":\"", "{\"reset\":true",
					      "{\"~:reset\":true" };

	for (size_t i = 0; i < COUNT(begins); i++) {
		const size_t all = strlen(begins[i]);

		if (memcmp(text, begins[i], len < all ? len : all) == 0)
			return true;
	}
	return false;
}

static bool begins_a_line(const struct tail_sink *sink, uint64_t bytes)
{
	char text[16];
	const ssize_t got = pread(sink->fd, text, sizeof(text), (off_t)bytes);

	if (got <= 0 || !is_begin_of_line(text, (size_t)got))
		return false;
	return bytes == 0 || (pread(sink->fd, text, 1, (off_t)bytes - 1) == 1 && text[0] == '\n');
}

static bool has_few_lines(const struct tail_sink *sink, uint64_t bytes)
{
	char piece[4096];
	size_t lines = 0;
	ssize_t got;

	while ((got = pread(sink->fd, piece, sizeof(piece), (off_t)bytes)) > 0) {
		for (ssize_t i = 0; i < got; i++)
			lines += piece[i] == '\n';
		if (lines > TAIL_SINK_LINES)
			return false;
		bytes += (uint64_t)got;
	}
	return got == 0;
}

static enum rc check_rest(const struct tail_sink *sink, const uint64_t *bytes, struct error *err)
{
	if (bytes == NULL)
		return error_set(err, RC_EXISTS,
				 "%.200s has content that no cursor file counts, and stays as it "
				 "is; put its cursor file back (FILE.cursor, or --cursor-file), or "
				 "name another file",
				 sink->file);
	if (begins_a_line(sink, *bytes) && has_few_lines(sink, *bytes))
		return RC_OK;
	return error_set(
		err, RC_MALFORMED,
		"%.200s has more than the %" PRIu64 " bytes that its cursor file counts, "
		"and not by a 'pocketbook tail' that was killed, so it stays as it is; put "
		"the right cursor file back, or name another file",
		sink->file, *bytes);
}

/* `bytes` is NULL if no position counts them. */
static enum rc check_file(const struct tail_sink *sink, const uint64_t *bytes, struct error *err)
{
	const uint64_t wanted = bytes ? *bytes : 0;
	struct stat status;

	if (fstat(sink->fd, &status) < 0)
		return fail(sink, "read", err);
	if (!S_ISREG(status.st_mode))
		return error_set(err, RC_MALFORMED, "%.200s is not a file; leave --out away",
				 sink->file);
	if ((uint64_t)status.st_size < wanted)
		return error_set(err, RC_MALFORMED,
				 "%.200s has %jd bytes, fewer than the %" PRIu64
				 " that its cursor file counts; put it back, or move both away",
				 sink->file, (intmax_t)status.st_size, wanted);
	return (uint64_t)status.st_size > wanted ? check_rest(sink, bytes, err) : RC_OK;
}

static void sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char name[PATH_MAX] = ".";
	int fd;

	if (slash && (size_t)(slash - path) < sizeof(name) - 1) {
		memcpy(name, path, (size_t)(slash - path) + 1);
		name[slash - path + 1] = 0;
	}
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		(void)close(fd);
	}
}

static enum rc open_file(struct tail_sink *sink, bool is_counted, uint64_t *bytes,
			 struct error *err)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	enum rc rc;

	if (!is_counted)
		*bytes = 0;
	sink->fd = open(sink->file, flags);
	if (sink->fd < 0 && errno == ENOENT) {
		*bytes = 0;
		sink->fd = open(sink->file, flags | O_CREAT | O_EXCL, 0600);
		sync_directory(sink->file);
	}
	if (sink->fd < 0)
		return fail(sink, "opened", err);
	if (flock(sink->fd, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, RC_BUSY, "%.200s is being written by another process",
				 sink->file);
	rc = check_file(sink, is_counted ? bytes : NULL, err);
	if (rc == RC_OK && ftruncate(sink->fd, (off_t)*bytes) < 0)
		rc = fail(sink, "cut", err);
	return rc;
}

enum rc tail_sink_open(struct tail_sink *sink, struct tail_position *position, struct error *err)
{
	enum rc rc;

	if (sink->file == NULL) {
		position->is_counted = false;
		return RC_OK;
	}
	rc = open_file(sink, position->is_counted, &position->bytes, err);
	position->is_counted = true;
	return rc;
}

bool tail_sink_is_renamed(const struct tail_sink *sink)
{
	struct stat open_one, named;

	return sink->fd >= 0 &&
	       !(fstat(sink->fd, &open_one) == 0 && stat(sink->file, &named) == 0 &&
		 open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino);
}

enum rc tail_sink_leave(struct tail_sink *sink, struct error *err)
{
	struct stat named;

	tail_sink_close(sink);
	if (stat(sink->file, &named) == 0 && named.st_size > 0)
		return check_rest(sink, NULL, err);
	return RC_OK;
}

static enum rc put_into_file(const struct tail_sink *sink, struct slice lines, uint64_t *bytes,
			     struct error *err)
{
	if (!write_all(sink->fd, lines, (off_t)*bytes) || fdatasync(sink->fd) < 0)
		return fail(sink, "written", err);
	*bytes += lines.len;
	return RC_OK;
}

/* ---- A command ---- */

static _Noreturn void execute(const char *command, int input)
{
	(void)signal(SIGPIPE, SIG_DFL);
	if (dup2(input, STDIN_FILENO) >= 0)
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* The input is a file without a name, so that a command which does not read all of it
 * is not waited for as with a pipe. */
static enum rc run_once(const char *command, struct slice lines, int *status, struct error *err)
{
	int input = memfd_create("lines", MFD_CLOEXEC);
	pid_t child = -1;

	if (input >= 0 && write_all(input, lines, 0))
		child = fork();
	if (child == 0)
		execute(command, input);
	if (child < 0)
		(void)error_set(err, RC_IO, "cannot run the command: %s", strerror(errno));
	if (input >= 0)
		(void)close(input);
	while (child > 0 && waitpid(child, status, 0) < 0 && errno == EINTR)
		;
	return child < 0 ? RC_IO : RC_OK;
}

static void say_failure(int status, unsigned wait_ms)
{
	const bool is_killed = WIFSIGNALED(status);

	say("the command %s %d; it gets the same lines again in %u.%02u s",
	    is_killed ? "was killed by signal" : "ended with status",
	    is_killed ? WTERMSIG(status) : WEXITSTATUS(status), wait_ms / 1000,
	    wait_ms % 1000 / 10);
}

static enum rc put_into_command(const char *command, struct slice lines, struct error *err)
{
	unsigned wait_ms = RETRY_MIN_MS;
	bool failed = false;
	int status = 0;

	for (;;) {
		enum rc rc = run_once(command, lines, &status, err);

		if (rc != RC_OK)
			return rc;
		if (status == 0)
			break;
		failed = true;
		say_failure(status, wait_ms);
		clock_sleep_until(clock_ms() + wait_ms);
		wait_ms = wait_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : wait_ms * 2;
	}
	if (failed)
		say("the command has taken the lines");
	return RC_OK;
}

/* ---- All sinks ---- */

enum rc tail_sink_put(const struct tail_sink *sink, struct slice lines, uint64_t *bytes,
		      struct error *err)
{
	if (sink->command)
		return put_into_command(sink->command, lines, err);
	if (sink->file)
		return put_into_file(sink, lines, bytes, err);
	/* By stdio, which escapes the lines if this is a terminal (cli/terminal.h). */
	if (fwrite(lines.data, 1, lines.len, stdout) != lines.len || fflush(stdout) != 0)
		return error_set(err, RC_IO, "cannot write to the standard output: %s",
				 strerror(errno));
	return RC_OK;
}

void tail_sink_close(struct tail_sink *sink)
{
	if (sink->fd >= 0)
		(void)close(sink->fd);
	sink->fd = -1;
}
