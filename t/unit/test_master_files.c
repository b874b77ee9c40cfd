/* The lock and the control socket beside a database. */
#include "master/files.h"
#include "master/master.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_master_files.XXXXXX";
static char db[64];

static void a_lock_is_held_until_its_last_copy_is_closed(void **state)
{
	char alias[96], expected[64];
	struct error err = { "" };
	int lock, copy, other;

	(void)state;
	(void)snprintf(alias, sizeof(alias), "%s/alias", folder);
	assert_int_equal(close(open(db, O_CREAT | O_RDWR | O_CLOEXEC, 0600)), 0);
	assert_int_equal(symlink(db, alias), 0);
	assert_int_equal(master_lock(db, &lock, &err), RC_OK);
	assert_int_equal(master_lock(db, &other, &err), RC_BUSY);
	(void)snprintf(expected, sizeof(expected), "(process %ld)", (long)getpid());
	assert_non_null(strstr(err.text, expected));
	assert_int_equal(master_lock(alias, &other, &err), RC_BUSY);
	copy = dup(lock);
	(void)close(lock);
	assert_int_equal(master_lock(db, &other, &err), RC_BUSY);
	(void)close(copy);
	assert_int_equal(master_lock(alias, &other, &err), RC_OK);
	(void)close(other);
	assert_int_equal(unlink(alias), 0);
	assert_int_equal(unlink(db), 0);
}

static void a_folder_that_is_none_is_named(void **state)
{
	struct error err = { "" };
	char path[96];
	int lock;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/none/x.db", folder);
	assert_int_equal(master_lock(path, &lock, &err), RC_IO);
	assert_non_null(strstr(err.text, "/none"));
	(void)snprintf(path, sizeof(path), "%s/file", folder);
	assert_int_equal(close(open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600)), 0);
	(void)snprintf(path, sizeof(path), "%s/file/x.db", folder);
	assert_int_equal(master_lock(path, &lock, &err), RC_IO);
	assert_int_equal(master_lock("", &lock, &err), RC_IO);
}

static void the_control_socket_is_found_wherever_it_lies(void **state)
{
	char deep[400];
	struct error err = { "" };
	int listener, fd;

	(void)state;
	(void)snprintf(deep, sizeof(deep), "%s", folder);
	for (unsigned n = 0; n < 2; n++) {
		memset(deep + strlen(deep) + 1, 0, 1);
		(void)snprintf(deep + strlen(deep), sizeof(deep) - strlen(deep), "/%0100d", 0);
		assert_int_equal(mkdir(deep, 0700), 0);
	}
	(void)snprintf(deep + strlen(deep), sizeof(deep) - strlen(deep), "/x.db");
	assert_int_equal(master_control_connect(deep, &fd, &err), RC_NOT_FOUND);
	assert_int_equal(files_control_listen(deep, &listener, &err), RC_OK);
	assert_int_equal(master_control_connect(deep, &fd, &err), RC_OK);
	(void)close(fd);
	(void)close(listener);
	/* Nobody behind it: stale. */
	assert_int_equal(master_control_connect(deep, &fd, &err), RC_NOT_FOUND);
	assert_int_equal(files_control_listen(deep, &listener, &err), RC_OK);
	assert_int_equal(master_control_connect(deep, &fd, &err), RC_OK);
	(void)close(fd);
	(void)close(listener);
	files_control_remove(deep);
	assert_int_equal(master_control_connect(deep, &fd, &err), RC_NOT_FOUND);
}

static void what_is_no_socket_is_not_removed(void **state)
{
	struct error err = { "" };
	char path[96];
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s.sock", db);
	assert_int_equal(close(open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600)), 0);
	assert_int_equal(files_control_listen(db, &fd, &err), RC_IO);
	assert_non_null(strstr(err.text, "in the way"));
	assert_int_equal(unlink(path), 0);
}

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(db, sizeof(db), "%s/test.db", folder);
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_is_held_until_its_last_copy_is_closed),
		cmocka_unit_test(a_folder_that_is_none_is_named),
		cmocka_unit_test(the_control_socket_is_found_wherever_it_lies),
		cmocka_unit_test(what_is_no_socket_is_not_removed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
