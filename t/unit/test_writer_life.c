/* The writer's start and its end, of its own will and otherwise. */
#include "t/unit/writer_kit.h"

#include "base/exit.h"
#include "store/sqlite/backend.h"

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void what_has_arrived_is_done_before_it_leaves(void **state)
{
	struct stage stage;
	struct line link;
	char id[16];

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	line_push(&link, 1000, "a:0", 0, "");
	line_expect(&link, 1000, 1);
	stage_halt(&stage);
	for (unsigned n = 0; n < 100; n++) {
		(void)snprintf(id, sizeof(id), "g:%u", n);
		line_push(&link, n, id, 0, "");
	}
	assert_int_equal(kill(stage.pid, SIGTERM), 0);
	stage_resume(&stage);
	for (unsigned n = 0; n < 100; n++)
		line_expect(&link, n, 1);
	assert_false(line_fill(&link));
	assert_int_equal(stage_join(&stage), EXIT_SUCCESS);
	line_close(&link);
	stage_free(&stage);
}

static void it_leaves_when_the_master_is_gone(void **state)
{
	struct stage stage;
	struct line link;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	stage_halt(&stage);
	line_push(&link, 1, "a:1", 0, "");
	(void)close(stage.channel);
	stage_resume(&stage);
	line_expect(&link, 1, 1);
	stage.channel = -1;
	assert_int_equal(stage_join(&stage), EXIT_SUCCESS);
	line_close(&link);
	stage_free(&stage);
}

static void assert_fatal(struct stage *stage)
{
	char text[4096] = "";
	size_t len = 0;
	ssize_t got;
	int said[2];

	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	stage_spawn(stage, "", said[1]);
	(void)close(said[1]);
	while ((got = read(said[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	(void)close(said[0]);
	assert_int_equal(stage_join(stage), EXIT_FATAL);
	assert_ptr_equal(strstr(text, "pocketbook: "), text);
	assert_non_null(strstr(text, stage->db));
	assert_ptr_equal(strchr(text, '\n'), text + len - 1); /* one line */
	stage_free(stage);
}

static void put(const char *path, off_t at, const char *bytes, size_t len)
{
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	(void)close(fd);
}

static void what_a_new_start_would_not_mend_is_said(void **state)
{
	struct stage stage;

	(void)state;
	stage_prepare(&stage);
	put(stage.db, 0,
	    "this is a shopping list, not a database; it goes on and on and on and on and on and "
	    "on and on ...",
	    96);
	assert_fatal(&stage);

	stage_open(&stage, "");
	assert_int_equal(kill(stage.pid, SIGTERM), 0);
	assert_int_equal(stage_join(&stage), EXIT_SUCCESS);
	put(stage.db, 60, "\x7f\0\0\1",
	    4); /* user_version, https://www.sqlite.org/fileformat.html#the_database_header */
	assert_fatal(&stage);

	stage_prepare(&stage);
	assert_int_equal(mkdir(stage.db, 0700), 0);
	assert_fatal(&stage);
}

#ifdef ENABLE_FAULTS

/* Whatever the moment of its death, a retry with the same op finds the document written
 * once, and no reader is left uninformed. */
static void survive(const char *point)
{
	struct ring_reader reader;
	struct ring_entry entry;
	struct stage stage;
	struct line link;
	char faults[64];
	enum ring_read read = RING_GOT;

	(void)snprintf(faults, sizeof(faults), "%s=kill@2", point);
	stage_open(&stage, faults);
	link = link_open(&stage);
	line_push(&link, 1, "a:1", 0, "one");
	line_expect(&link, 1, 1);
	ring_reader_start(stage.shm, &reader);
	line_push(&link, 2, "a:b:2", 0, "two");
	assert_int_equal(stage_join(&stage), 128 + SIGKILL);
	line_close(&link);

	stage_spawn(&stage, "", -1);
	stage_await_ready(&stage);
	while (read != RING_LOST) {
		read = ring_read(stage.shm, &reader, &entry);
		assert_int_not_equal(read, RING_EMPTY);
	}
	link = link_open(&stage);
	line_push(&link, 3, "a:b:2", 0, "two");
	line_expect(&link, 3, 1);
	while (ring_committed(stage.shm, 0) < 2)
		(void)poll(NULL, 0, 1);
	assert_true(ring_bucket(stage.shm, key_of("a"), 0) >= 2);
	assert_true(ring_bucket(stage.shm, key_of("a:b"), 0) >= 2);
	line_push(&link, 4, "a:b:2", 1, "three");
	line_expect(&link, 4, 2);
	do {
		stage_read_entry(&stage, &reader, &entry);
	} while (entry.number < 3);
	assert_true(entry.key == key_of("a") || entry.key == key_of("a:b"));
	line_close(&link);
	stage_close(&stage);
}

static void a_death_at_any_point_loses_nothing(void **state)
{
	static const char *const points[] = { "writer_before_commit", "writer_after_commit",
					      "writer_after_answer",  "ring_before_committed",
					      "ring_in_entry",        "ring_before_wake" };

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		survive(points[i]);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_arrived_is_done_before_it_leaves),
		cmocka_unit_test(it_leaves_when_the_master_is_gone),
		cmocka_unit_test(what_a_new_start_would_not_mend_is_said),
#ifdef ENABLE_FAULTS
		cmocka_unit_test(a_death_at_any_point_loses_nothing),
#endif
	};

	store_add_backend(&backend_sqlite);
	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
