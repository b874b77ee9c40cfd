/* Files in the making: whole under their name, or not there; lines read from what can
 * be read twice and what cannot; output that never waits. */
#include "cli/ndjson_reader.h"
#include "cli/spool.h"
#include "cli/atomic_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/pocketbook-test-XXXXXX");
	return mkdtemp(folder) && setenv("TMPDIR", folder, 1) == 0 ? 0 : -1;
}

static const char *in_folder(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* Nothing but the target may have been left. */
static int teardown(void **state)
{
	(void)state;
	(void)unlink(in_folder("target"));
	return rmdir(folder);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void assert_file(const char *path, const char *text)
{
	char got[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, got, sizeof(got));

	assert_int_equal(len, strlen(text));
	assert_memory_equal(got, text, strlen(text));
	close(fd);
}

/* ---- Scratch files ---- */

static struct atomic_file open_file(const char *text)
{
	struct atomic_file file;
	struct stat status;

	assert_int_equal(atomic_file_open(in_folder("target"), &file, NULL), RC_OK);
	assert_int_equal(stat(file.path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_size, 0);
	write_file(file.path, text);
	return file;
}

static void what_is_kept_has_its_name(void **state)
{
	struct atomic_file file = open_file("new");

	(void)state;
	assert_int_equal(access(in_folder("target"), F_OK), -1);
	assert_int_equal(atomic_file_commit(&file, false, NULL), RC_OK);
	atomic_file_abort(&file);
	assert_file(in_folder("target"), "new");
}

static void what_is_dropped_is_gone(void **state)
{
	struct atomic_file file = open_file("new"), none = { 0 };

	(void)state;
	atomic_file_abort(&file);
	atomic_file_abort(&none);
	assert_int_equal(access(in_folder("target"), F_OK), -1);
}

static void an_existing_file_is_replaced_only_on_request(void **state)
{
	struct error err = { "" };
	struct atomic_file file;

	(void)state;
	write_file(in_folder("target"), "old");
	file = open_file("new");
	assert_int_equal(atomic_file_commit(&file, false, &err), RC_EXISTS);
	assert_non_null(strstr(err.text, in_folder("target")));
	assert_file(in_folder("target"), "old");
	assert_int_equal(atomic_file_commit(&file, true, NULL), RC_OK);
	atomic_file_abort(&file);
	assert_file(in_folder("target"), "new");
}

static void a_signal_takes_it_away(void **state)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			(void)signal(signals[i], SIG_DFL);
			(void)open_file("new");
			(void)raise(signals[i]);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
		/* teardown sees whether anything was left */
	}
}

static void a_signal_that_is_ignored_stays_so(void **state)
{
	struct atomic_file file;

	(void)state;
	(void)signal(SIGHUP, SIG_IGN);
	file = open_file("new");
	assert_int_equal(raise(SIGHUP), 0);
	assert_file(file.path, "new");
	atomic_file_abort(&file);
	assert_ptr_equal(signal(SIGHUP, SIG_DFL), SIG_IGN);
}

static void the_file_that_would_be_replaced_is_known(void **state)
{
	struct atomic_file file;
	char other[160];

	(void)state;
	file = open_file("new");
	(void)snprintf(other, sizeof(other), "%s/./target", folder);
	assert_false(atomic_file_replaces(&file, other));
	write_file(in_folder("target"), "");
	assert_true(atomic_file_replaces(&file, other));
	assert_false(atomic_file_replaces(&file, folder));
	atomic_file_abort(&file);
}

/* As for a command that becomes another user: another process finishes the file, also
 * if this one is killed. */
static void another_process_finishes_it(void **state)
{
	struct error err = { "" };
	struct atomic_file file;

	(void)state;
	write_file(in_folder("target"), "old");
	file = open_file("new");
	assert_int_equal(atomic_file_keep_rights(&file, &err), RC_OK);
	assert_int_equal(atomic_file_commit(&file, false, &err), RC_EXISTS);
	assert_file(in_folder("target"), "old");
	assert_int_equal(atomic_file_commit(&file, true, &err), RC_OK);
	atomic_file_abort(&file);
	assert_file(in_folder("target"), "new");
}

static void another_process_removes_it(void **state)
{
	struct atomic_file file = open_file("new");
	char path[160];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s", file.path);
	assert_int_equal(atomic_file_keep_rights(&file, NULL), RC_OK);
	/* As if it had been killed: the socket closes, and nothing else is done. */
	(void)close(file.rights);
	assert_int_equal(waitpid(file.keeper, NULL, 0), file.keeper);
	file.rights = -1;
	assert_int_equal(access(path, F_OK), -1);
	atomic_file_abort(&file);
}

/* ---- Lines ---- */

static void assert_line(struct ndjson_reader *lines, const char *text)
{
	struct slice line;

	assert_int_equal(ndjson_reader_next(lines, &line, NULL), RC_OK);
	if (!slice_is(line, text))
		fail_msg("line %llu is \"%.*s\"", (unsigned long long)lines->number, (int)line.len,
			 line.data);
}

static void assert_three_lines(struct ndjson_reader *lines)
{
	struct slice line;

	assert_line(lines, "one");
	assert_line(lines, "");
	assert_line(lines, "three");
	assert_int_equal(lines->number, 3);
	assert_int_equal(ndjson_reader_next(lines, &line, NULL), RC_NOT_FOUND);
	assert_int_equal(lines->at, lines->size);
}

static void a_file_is_read_twice(void **state)
{
	struct progress progress = progress_begin(-1, "import");
	struct ndjson_reader lines;

	(void)state;
	write_file(in_folder("target"), "one\n\nthree");
	assert_int_equal(ndjson_reader_open(in_folder("target"), &progress, &lines, NULL), RC_OK);
	assert_three_lines(&lines);
	assert_int_equal(ndjson_reader_rewind(&lines, NULL), RC_OK);
	assert_three_lines(&lines);
	ndjson_reader_close(&lines);
}

static void so_is_a_pipe(void **state)
{
	struct progress progress = progress_begin(-1, "import");
	struct ndjson_reader lines;
	int ends[2], before = dup(STDIN_FILENO);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "one\n\nthree\n", 11), 11);
	close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
	assert_int_equal(ndjson_reader_open("-", &progress, &lines, NULL), RC_OK);
	assert_three_lines(&lines);
	assert_int_equal(ndjson_reader_rewind(&lines, NULL), RC_OK);
	assert_three_lines(&lines);
	ndjson_reader_close(&lines);
	assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
	close(before);
}

static void a_line_that_is_too_long_is_passed_over(void **state)
{
	struct progress progress = progress_begin(-1, "import");
	struct ndjson_reader lines;
	struct slice line;
	FILE *file = fopen(in_folder("target"), "we");

	(void)state;
	fputs("one\n", file);
	for (size_t i = 0; i < NDJSON_LINE_MAX + 1; i++)
		fputc('x', file);
	fputs("\n\nthree\n", file);
	for (size_t i = 0; i < NDJSON_LINE_MAX; i++)
		fputc('y', file);
	fclose(file);
	assert_int_equal(ndjson_reader_open(in_folder("target"), &progress, &lines, NULL), RC_OK);
	assert_line(&lines, "one");
	assert_int_equal(ndjson_reader_next(&lines, &line, NULL), RC_TOO_LARGE);
	assert_line(&lines, "");
	assert_line(&lines, "three");
	assert_int_equal(lines.number, 4);
	assert_int_equal(ndjson_reader_next(&lines, &line, NULL), RC_OK);
	assert_int_equal(line.len, NDJSON_LINE_MAX);
	assert_int_equal(ndjson_reader_next(&lines, &line, NULL), RC_NOT_FOUND);
	ndjson_reader_close(&lines);
}

/* ---- Output ---- */

#define PIECES 5000
#define PIECE 100

static void what_nobody_reads_yet_is_kept(void **state)
{
	struct spool spool;
	char piece[PIECE + 1];
	int ends[2];
	pid_t child;
	int status;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	spool = spool_open(ends[1], "the pipe");
	for (int i = 0; i < PIECES; i++) {
		(void)snprintf(piece, sizeof(piece), "%0*d", PIECE, i);
		assert_int_equal(spool_put(&spool, slice_make(piece, PIECE)), RC_OK);
	}
	assert_true(spool.spool >= 0);
	child = fork();
	if (child == 0) {
		_exit(spool_finish(&spool) == RC_OK ? 0 : 1);
	}
	close(ends[1]);
	for (int i = 0; i < PIECES; i++) {
		char got[PIECE + 1] = "";
		size_t len = 0;
		ssize_t more = 1;

		while (len < PIECE && more > 0) {
			more = read(ends[0], got + len, PIECE - len);
			len += more > 0 ? (size_t)more : 0;
		}
		assert_int_equal(strtol(got, NULL, 10), i);
		assert_int_equal(len, PIECE);
	}
	assert_int_equal(read(ends[0], piece, 1), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	spool_close(&spool);
	close(ends[0]);
}

static void what_cannot_be_written_is_told_once_and_for_all(void **state)
{
	struct spool spool;
	int ends[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	spool = spool_open(ends[1], "the pipe");
	assert_int_equal(spool_put(&spool, slice_of("x")), RC_OK);
	assert_int_equal(spool_finish(&spool), RC_IO);
	assert_non_null(strstr(spool.err.text, "the pipe"));
	assert_int_equal(spool_put(&spool, slice_of("x")), RC_IO);
	assert_int_equal(spool.spool, -1);
	spool_close(&spool);
	close(ends[1]);
}

#define FOLDER_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(what_is_kept_has_its_name),
		FOLDER_TEST(what_is_dropped_is_gone),
		FOLDER_TEST(an_existing_file_is_replaced_only_on_request),
		FOLDER_TEST(a_signal_takes_it_away),
		FOLDER_TEST(a_signal_that_is_ignored_stays_so),
		FOLDER_TEST(the_file_that_would_be_replaced_is_known),
		FOLDER_TEST(another_process_finishes_it),
		FOLDER_TEST(another_process_removes_it),
		FOLDER_TEST(a_file_is_read_twice),
		FOLDER_TEST(so_is_a_pipe),
		FOLDER_TEST(a_line_that_is_too_long_is_passed_over),
		FOLDER_TEST(what_nobody_reads_yet_is_kept),
		FOLDER_TEST(what_cannot_be_written_is_told_once_and_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
