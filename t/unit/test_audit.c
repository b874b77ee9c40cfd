/* The audit file: what has a line, what is in it, and where the line goes. */
#include "base/array.h"
#include "store/audit.h"
#include "writer/rights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Lines ---- */

static const struct caller ann = { .pid = 4711, .uid = 0, .login = 1000, .command = "token add" };
static struct store_grant grants[] = { { { "todos", 5 }, true }, { { "a b", 3 }, false } };
static struct store_token token = { .id = { "0123456789abcdef", 16 },
				    .user = { "Zo\xc3\xab\n", 5 },
				    .hash = "this hash is not for the reader",
				    .expires = 0x60000000,
				    .grants = grants,
				    .grant_count = 2 };
static const struct store_edit edits[] = { { .id = { "todos:1", 7 },
					     .value = { "\"private\"", 9 } },
					   { .id = { "todos:2", 7 }, .deleted = true },
					   { .id = { "todos:3", 7 } } };

static struct store_request request_of(enum store_kind kind)
{
	return (struct store_request){ .kind = kind,
				       .edits = edits,
				       .edit_count = COUNT(edits),
				       .token = token,
				       .old = { "fedcba9876543210", 16 },
				       .old_ends = 0x60000000,
				       .before = 0x60000000,
				       .limit = 1000 };
}

static const char *line_of(const struct caller *caller, const struct store_request *request,
			   enum rc rc)
{
	static char line[2048];
	static struct store_result results[] = { { .status = STORE_OK, .seq = 5 },
						 { .status = STORE_OK, .seq = 6 },
						 { .status = STORE_CONFLICT } };
	const struct store_reply reply = { .rc = rc,
					   .kind = request->kind,
					   .results = results,
					   .result_count = COUNT(results),
					   .tokens = &token,
					   .token_count = 1,
					   .purged = 7 };
	struct buf out = BUF_EMPTY;

	audit_put(&out, caller, request, &reply);
	assert_in_range(out.len, 0, sizeof(line) - 1);
	memcpy(line, out.data ? out.data : "", out.len);
	line[out.len] = '\0';
	buf_free(&out);
	return line;
}

static void each_request_of_administrators_has_a_line(void **state)
{
	unsigned acts = 0;

	(void)state;
	for (unsigned kind = 0; kind < STORE_KIND_COUNT; kind++) {
		const struct store_request request = request_of((enum store_kind)kind);
		const char *act = audit_act((enum store_kind)kind), *line;
		char wanted[64];

		if (!rights_allow(PEER_CONTROL, (enum store_kind)kind))
			continue;
		if (act == NULL)
			fail_msg("the request %u has no line in the audit file", kind);
		line = line_of(&ann, &request, RC_OK);
		(void)snprintf(wanted, sizeof(wanted), "Z act=%s pid=4711 uid=0 login=1000 ", act);
		assert_non_null(strstr(line, wanted));
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
		assert_memory_equal(line, "time=2", 6);
		/* No secrets, and no contents. */
		assert_null(strstr(line, "hash"));
		assert_null(strstr(line, "private"));
		/* Nor a line of what was refused. */
		assert_string_equal(line_of(&ann, &request, RC_DENIED), "");
		acts++;
	}
	assert_true(acts > 0);
}

static void assert_ends(const char *line, const char *end)
{
	const char *from = strstr(line, " command=");

	assert_non_null(from);
	assert_string_equal(from, end);
}

static void a_line_tells_who_and_what(void **state)
{
	const struct caller nobody = { .uid = (uid_t)-1, .login = (uid_t)-1, .command = "serve" };
	struct store_request request = request_of(STORE_TOKEN_ADD);

	(void)state;
	assert_ends(line_of(&ann, &request, RC_OK),
		    " command=\"token add\" token=0123456789abcdef user=\"Zo\xc3\xab\\u000a\" "
		    "groups=\"todos:rw, a b:ro\" expires=2021-01-14T08:25:36Z\n");
	request.kind = STORE_TOKEN_ROTATE;
	assert_ends(line_of(&ann, &request, RC_OK),
		    " command=\"token add\" token=fedcba9876543210 new_token=0123456789abcdef "
		    "old_ends=2021-01-14T08:25:36Z user=\"Zo\xc3\xab\\u000a\" "
		    "groups=\"todos:rw, a b:ro\" expires=2021-01-14T08:25:36Z\n");
	request.kind = STORE_PUSH;
	assert_ends(line_of(&ann, &request, RC_OK),
		    " command=\"token add\" written=2 deleted=1 first=todos:1\n");
	request.kind = STORE_PURGE;
	assert_ends(line_of(&nobody, &request, RC_OK),
		    " command=serve tombstones=7 deleted_before=2021-01-14T08:25:36Z\n");
	assert_null(strstr(line_of(&nobody, &request, RC_OK), "pid="));
}

/* ---- The file ---- */

static char folder[64];
static struct db_place place;

static const char *in_folder(const char *name)
{
	static char paths[2][128];
	static unsigned turn;
	char *path = paths[turn++ % 2];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static int setup(void **state)
{
	static char path[128];

	(void)state;
	strcpy(folder, "/tmp/pocketbook-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/test.db", folder);
	place = (struct db_place){ .db = path, .path = path };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(in_folder("test.db.audit"));
	(void)unlink(in_folder("old"));
	(void)unlink(in_folder("victim"));
	return rmdir(folder);
}

static void assert_file(const char *name, const char *text)
{
	char got[256] = "";
	int fd = open(in_folder(name), O_RDONLY | O_CLOEXEC);

	assert_int_equal(read(fd, got, sizeof(got) - 1), strlen(text));
	assert_string_equal(got, text);
	close(fd);
}

static void append(struct audit_file *file, const char *text, enum rc wanted)
{
	struct error err = { "" };

	assert_int_equal(audit_file_append(file, slice_of(text), &err), wanted);
	assert_int_equal(err.text[0] == '\0', wanted == RC_OK);
}

static void lines_are_appended_to_the_file_of_that_name(void **state)
{
	struct audit_file file;
	struct stat status;

	(void)state;
	assert_int_equal(audit_file_open(&place, &file, NULL), RC_OK);
	append(&file, "one\n", RC_OK);
	append(&file, "", RC_OK);
	assert_int_equal(stat(in_folder("test.db.audit"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(rename(in_folder("test.db.audit"), in_folder("old")), 0);
	append(&file, "two\n", RC_OK);
	assert_file("old", "one\n");
	assert_file("test.db.audit", "two\n");
	assert_int_equal(unlink(in_folder("test.db.audit")), 0);
	append(&file, "three\n", RC_OK);
	assert_file("test.db.audit", "three\n");
	audit_file_close(&file);
	assert_int_equal(audit_file_open(&place, &file, NULL), RC_OK);
	append(&file, "four\n", RC_OK);
	audit_file_close(&file);
	assert_file("test.db.audit", "three\nfour\n");
}

static void links_are_not_followed(void **state)
{
	struct audit_file file;

	(void)state;
	close(open(in_folder("victim"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(symlink(in_folder("victim"), in_folder("test.db.audit")), 0);
	assert_int_equal(audit_file_open(&place, &file, NULL), RC_IO);
	append(&file, "one\n", RC_IO);
	assert_file("victim", "");
	assert_int_equal(unlink(in_folder("test.db.audit")), 0);
	append(&file, "two\n", RC_OK);
	audit_file_close(&file);
	assert_file("test.db.audit", "two\n");
}

static void limit_size(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_line_that_did_not_fit_is_not_continued(void **state)
{
	struct audit_file file;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(audit_file_open(&place, &file, NULL), RC_OK);
	limit_size(6);
	append(&file, "one\n", RC_OK);
	append(&file, "two\n", RC_FULL);
	limit_size(RLIM_INFINITY);
	append(&file, "three\n", RC_OK);
	audit_file_close(&file);
	assert_file("test.db.audit", "one\ntw\nthree\n");
}

static void a_database_of_a_server_has_none(void **state)
{
	const struct db_place server = { .db = "postgresql://example" };
	struct audit_file file;

	(void)state;
	assert_int_equal(audit_file_open(&server, &file, NULL), RC_OK);
	append(&file, "one\n", RC_OK);
	audit_file_close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_of_administrators_has_a_line),
		cmocka_unit_test(a_line_tells_who_and_what),
		cmocka_unit_test_setup_teardown(lines_are_appended_to_the_file_of_that_name, setup,
						teardown),
		cmocka_unit_test_setup_teardown(links_are_not_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_that_did_not_fit_is_not_continued, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_database_of_a_server_has_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
