/* The lock and the control socket of a database, beside it and in a runtime
 * directory. */
#include "ipc/control.h"
#include "ipc/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_master_files.XXXXXX";
static char db[64];

static enum rc take(const char *path, int *lock, struct error *err)
{
	return lock_take(&(struct db_place){ .db = path, .path = path }, lock, err);
}

static enum rc serve(const char *path, const char *dir, int *fd, struct error *err)
{
	return control_listen(&(struct db_place){ .db = path, .path = path, .runtime_dir = dir },
			      fd, err);
}

static enum rc reach(const char *path, const char *dir, int *fd, struct error *err)
{
	return control_connect(&(struct db_place){ .db = path, .path = path, .runtime_dir = dir },
			       fd, err);
}

static void a_lock_is_held_until_its_last_copy_is_closed(void **state)
{
	char alias[96], expected[64];
	struct error err = { "" };
	int lock, copy, other;

	(void)state;
	(void)snprintf(alias, sizeof(alias), "%s/alias", folder);
	assert_int_equal(close(open(db, O_CREAT | O_RDWR | O_CLOEXEC, 0600)), 0);
	assert_int_equal(symlink(db, alias), 0);
	assert_int_equal(take(db, &lock, &err), RC_OK);
	assert_int_equal(take(db, &other, &err), RC_BUSY);
	(void)snprintf(expected, sizeof(expected), "(process %ld)", (long)getpid());
	assert_non_null(strstr(err.text, expected));
	assert_int_equal(take(alias, &other, &err), RC_BUSY);
	copy = dup(lock);
	(void)close(lock);
	assert_int_equal(take(db, &other, &err), RC_BUSY);
	(void)close(copy);
	assert_int_equal(take(alias, &other, &err), RC_OK);
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
	assert_int_equal(take(path, &lock, &err), RC_IO);
	assert_non_null(strstr(err.text, "/none"));
	(void)snprintf(path, sizeof(path), "%s/file", folder);
	assert_int_equal(close(open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600)), 0);
	(void)snprintf(path, sizeof(path), "%s/file/x.db", folder);
	assert_int_equal(take(path, &lock, &err), RC_IO);
	assert_int_equal(take("", &lock, &err), RC_IO);
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
	assert_int_equal(reach(deep, NULL, &fd, &err), RC_NOT_FOUND);
	assert_int_equal(serve(deep, NULL, &listener, &err), RC_OK);
	assert_int_equal(reach(deep, NULL, &fd, &err), RC_OK);
	(void)close(fd);
	(void)close(listener);
	/* Nobody behind it: stale. */
	assert_int_equal(reach(deep, NULL, &fd, &err), RC_NOT_FOUND);
	assert_int_equal(serve(deep, NULL, &listener, &err), RC_OK);
	assert_int_equal(reach(deep, NULL, &fd, &err), RC_OK);
	(void)close(fd);
	(void)close(listener);
	control_remove(&(struct db_place){ .db = deep, .path = deep });
	assert_int_equal(reach(deep, NULL, &fd, &err), RC_NOT_FOUND);
}

static void what_is_no_socket_is_not_removed(void **state)
{
	struct error err = { "" };
	char path[96];
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s.sock", db);
	assert_int_equal(close(open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600)), 0);
	assert_int_equal(serve(db, NULL, &fd, &err), RC_IO);
	assert_non_null(strstr(err.text, "in the way"));
	assert_int_equal(unlink(path), 0);
}

/* ---- In a runtime directory ---- */

static void make_dir(char out[96], const char *name, mode_t mode)
{
	(void)snprintf(out, 96, "%s/%s", folder, name);
	assert_true(mkdir(out, 0700) == 0 || errno == EEXIST);
	assert_int_equal(chmod(out, mode), 0);
}

static void the_runtime_directory_has_the_socket(void **state)
{
	char dir[96], alias[128], beside[128];
	struct error err = { "" };
	struct stat status;
	int listener, fd;

	(void)state;
	make_dir(dir, "run", 0755);
	(void)snprintf(alias, sizeof(alias), "%s/alias", dir);
	(void)snprintf(beside, sizeof(beside), "%s.sock", db);
	assert_int_equal(serve(db, dir, &listener, &err), RC_OK);
	assert_int_equal(lstat(beside, &status), -1);
	assert_int_equal(reach(db, dir, &fd, &err), RC_OK);
	(void)close(fd);
	assert_int_equal(reach(db, NULL, &fd, &err), RC_NOT_FOUND);
	/* The same once the file is there, and by a link to it. */
	assert_int_equal(close(open(db, O_CREAT | O_RDWR | O_CLOEXEC, 0600)), 0);
	assert_int_equal(symlink(db, alias), 0);
	assert_int_equal(reach(db, dir, &fd, &err), RC_OK);
	(void)close(fd);
	assert_int_equal(reach(alias, dir, &fd, &err), RC_OK);
	(void)close(fd);
	(void)close(listener);
	control_remove(&(struct db_place){ .db = db, .path = db, .runtime_dir = dir });
	assert_int_equal(reach(db, dir, &fd, &err), RC_NOT_FOUND);
	assert_int_equal(unlink(alias), 0);
	assert_int_equal(rmdir(dir), 0); /* nothing else was in it */
	assert_int_equal(unlink(db), 0);
}

static void databases_of_one_name_do_not_collide(void **state)
{
	char dir[96], one[96], other[96], path[2][128];
	struct error err = { "" };
	int listeners[2], fd;

	(void)state;
	make_dir(dir, "shared", 0755);
	make_dir(one, "one", 0700);
	make_dir(other, "other", 0700);
	(void)snprintf(path[0], sizeof(path[0]), "%s/x.db", one);
	(void)snprintf(path[1], sizeof(path[1]), "%s/x.db", other);
	assert_int_equal(serve(path[0], dir, &listeners[0], &err), RC_OK);
	assert_int_equal(reach(path[1], dir, &fd, &err), RC_NOT_FOUND);
	assert_int_equal(serve(path[1], dir, &listeners[1], &err), RC_OK);
	assert_int_equal(reach(path[0], dir, &fd, &err), RC_OK);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(listeners[0]), 0);
	assert_int_equal(close(listeners[1]), 0);
}

/* A command that does not know of the runtime directory must find the lock. */
static void the_lock_of_a_file_stays_beside_it(void **state)
{
	char dir[96];
	struct error err = { "" };
	int lock, other;

	(void)state;
	make_dir(dir, "run", 0755);
	assert_int_equal(lock_take(&(struct db_place){ .db = db, .path = db, .runtime_dir = dir },
				   &lock, &err),
			 RC_OK);
	assert_int_equal(take(db, &other, &err), RC_BUSY);
	assert_int_equal(close(lock), 0);
}

static void a_database_server_needs_a_runtime_directory(void **state)
{
	struct db_place place = { .db = "example://host/a" }, other = { .db = "example://host/b" };
	struct error err = { "" };
	char dir[96];
	int lock, busy, listener;

	(void)state;
	assert_int_equal(lock_take(&place, &lock, &err), RC_IO);
	assert_non_null(strstr(err.text, "--runtime-dir"));
	make_dir(dir, "servers", 0755);
	place.runtime_dir = other.runtime_dir = dir;
	assert_int_equal(lock_take(&place, &lock, &err), RC_OK);
	assert_int_equal(lock_take(&place, &busy, &err), RC_BUSY);
	assert_int_equal(lock_take(&other, &busy, &err), RC_OK);
	assert_int_equal(close(busy), 0);
	assert_int_equal(control_listen(&place, &listener, &err), RC_OK);
	assert_int_equal(control_connect(&other, &busy, &err), RC_NOT_FOUND);
	assert_int_equal(close(listener), 0);
	assert_int_equal(close(lock), 0);
}

static void a_runtime_directory_of_others_is_refused(void **state)
{
	struct error err = { "" };
	char dir[96];
	int fd;

	(void)state;
	make_dir(dir, "open", 0777);
	assert_int_equal(serve(db, dir, &fd, &err), RC_DENIED);
	assert_non_null(strstr(err.text, "others may write to"));
	assert_int_equal(reach(db, dir, &fd, &err), RC_DENIED);
	make_dir(dir, "open", 01777);
	assert_int_equal(serve(db, dir, &fd, &err), RC_DENIED);
	make_dir(dir, "open", 0775);
	assert_int_equal(serve(db, dir, &fd, &err), RC_DENIED);
	make_dir(dir, "open", 0755);
	if (chown(dir, 4242, 4242) == 0) { /* as root */
		assert_int_equal(serve(db, dir, &fd, &err), RC_DENIED);
		assert_non_null(strstr(err.text, "belongs to another user (4242)"));
	}
	(void)snprintf(dir, sizeof(dir), "%s/missing", folder);
	assert_int_equal(serve(db, dir, &fd, &err), RC_IO);
	assert_non_null(strstr(err.text, "--runtime-dir: cannot open"));
}

/* A server that root starts for another user: what that user owns will do. */
static void root_accepts_the_owner_of_the_database(void **state)
{
	struct error err = { "" };
	char data[96], dir[96], path[128];
	int fd;

	(void)state;
	if (geteuid() != 0)
		skip();
	make_dir(data, "data", 0700);
	make_dir(dir, "owned", 0755);
	(void)snprintf(path, sizeof(path), "%s/x.db", data);
	assert_int_equal(chown(dir, 4242, 4242), 0);
	assert_int_equal(serve(path, dir, &fd, &err), RC_DENIED);
	assert_int_equal(chown(data, 4242, 4242), 0);
	assert_int_equal(serve(path, dir, &fd, &err), RC_OK);
	assert_int_equal(close(fd), 0);
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
		cmocka_unit_test(the_runtime_directory_has_the_socket),
		cmocka_unit_test(databases_of_one_name_do_not_collide),
		cmocka_unit_test(the_lock_of_a_file_stays_beside_it),
		cmocka_unit_test(a_database_server_needs_a_runtime_directory),
		cmocka_unit_test(a_runtime_directory_of_others_is_refused),
		cmocka_unit_test(root_accepts_the_owner_of_the_database),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
