/* The writer's commits: replies, and entries of the ring. */
#include "t/unit/writer_kit.h"

#include "base/exit.h"
#include "shm/edition.h"
#include "store/sqlite/backend.h"

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void expect_entry(struct stage *stage, struct ring_reader *reader, const char *group,
			 uint64_t number)
{
	struct ring_entry entry;

	stage_read_entry(stage, reader, &entry);
	assert_int_equal(entry.key, key_of(group));
	assert_int_equal(entry.number, number);
	assert_false(entry.last);
}

/* The newest number of a commit is that of all groups too, in either order. */
static void expect_last(struct stage *stage, struct ring_reader *reader, const char *group,
			uint64_t number)
{
	struct ring_entry one, other;

	stage_read_entry(stage, reader, &one);
	stage_read_entry(stage, reader, &other);
	assert_true((one.key ^ other.key) == (key_of(group) ^ key_of("*")));
	assert_int_equal(one.number, number);
	assert_int_equal(other.number, number);
	assert_true(!one.last && other.last);
}

static void a_push_is_answered_and_its_groups_are_announced(void **state)
{
	const struct store_edit edits[] = { edit_of("a:b:1", 0, "", "1"),
					    edit_of("a:2", 0, "", "2"),
					    edit_of("a:b:3", 7, "", "3"),
					    edit_of("c:1", 0, "", "4") };
	const struct store_request request = push_of(edits, 4);
	struct ring_reader reader;
	struct ring_entry entry;
	struct store_reply reply;
	struct stage stage;
	struct line link;

	(void)state;
	stage_open(&stage, "");
	assert_int_equal(scoreboard_state(stage.shm, scoreboard_writer(stage.shm)), SLOT_SERVING);
	ring_reader_start(stage.shm, &reader);
	link = link_open(&stage);
	line_send(&link, UINT64_MAX, &request);
	line_receive(&link, UINT64_MAX, &reply);
	assert_int_equal(reply.rc, RC_OK);
	assert_int_equal(reply.result_count, 4);
	assert_int_equal(reply.results[2].status, STORE_CONFLICT);
	assert_int_equal(reply.head.seq, reply.results[3].seq);

	expect_entry(&stage, &reader, "a:b", reply.results[0].seq);
	expect_entry(&stage, &reader, "a", reply.results[1].seq);
	expect_last(&stage, &reader, "c", reply.results[3].seq);
	assert_int_equal(ring_read(stage.shm, &reader, &entry), RING_EMPTY);
	assert_int_equal(ring_committed(stage.shm, 0), reply.head.seq);
	store_reply_clear(&reply);
	line_close(&link);
	stage_close(&stage);
}

/* When the reply is sent: it comes before the entries of the ring. */
static void a_reply_finds_the_buckets_raised(void **state)
{
	const struct store_request purge = { .kind = STORE_PURGE,
					     .before = INT64_MAX,
					     .limit = STORE_PURGE_MAX };
	struct store *reader = NULL;
	struct store_reply reply;
	struct stage stage;
	struct line admin;
	uint64_t spoils;

	(void)state;
	stage_open(&stage, "writer_after_answer=kill@4");
	admin = admin_open(&stage);
	assert_int_equal(store_open(stage.db, STORE_READER, &reader, NULL), RC_OK);
	assert_true(edition_is_accounted(stage.shm, store_edition(reader)));
	spoils = edition_spoils(stage.shm);
	line_push(&admin, 1, "a:b:1", 0, "");
	line_expect(&admin, 1, 1);
	assert_int_equal(ring_bucket(stage.shm, key_of("a"), 0), 1);
	assert_true(edition_is_accounted(stage.shm, store_edition(reader)));
	line_push(&admin, 2, "a:b:2", 0, "");
	line_expect(&admin, 2, 1);
	line_send(&admin, 3, &purge); /* of nothing */
	line_receive(&admin, 3, &reply);
	store_reply_clear(&reply);
	assert_int_equal(edition_spoils(stage.shm), spoils);
	line_push(&admin, 4, "c:1", 0, "");
	line_expect(&admin, 4, 1);
	assert_int_equal(stage_join(&stage), 128 + SIGKILL);
	assert_int_equal(ring_bucket(stage.shm, key_of("c"), 0), 3);
	assert_int_equal(ring_bucket(stage.shm, key_of("a:b"), 0), 2);
	assert_true(edition_is_accounted(stage.shm, store_edition(reader)));
	store_close(reader);
	line_close(&admin);
	stage_free(&stage);
}

static void send_deletion(struct line *admin, const char *id, uint64_t base)
{
	struct store_edit edit = edit_of(id, base, "", "");
	struct store_request request;
	struct store_reply reply;

	edit.deleted = true;
	request = push_of(&edit, 1);
	line_send(admin, 1, &request);
	line_receive(admin, 1, &reply);
	assert_int_equal(reply.rc, RC_OK);
	store_reply_clear(&reply);
}

static void a_purge_spoils_all_pages(void **state)
{
	const struct store_request purge = { .kind = STORE_PURGE,
					     .before = INT64_MAX,
					     .limit = STORE_PURGE_MAX };
	struct store_reply reply;
	struct stage stage;
	struct line admin;
	uint64_t spoils;

	(void)state;
	stage_open(&stage, "");
	admin = admin_open(&stage);
	line_push(&admin, 1, "a:1", 0, "");
	line_expect(&admin, 1, 1);
	send_deletion(&admin, "a:1", 1);
	spoils = edition_spoils(stage.shm);
	line_send(&admin, 3, &purge);
	line_receive(&admin, 3, &reply);
	assert_int_equal(reply.purged, 1);
	store_reply_clear(&reply);
	assert_int_not_equal(edition_spoils(stage.shm), spoils);
	line_close(&admin);
	stage_close(&stage);
}

static void a_push_that_changes_nothing_announces_nothing(void **state)
{
	struct ring_reader reader;
	struct store_reply reply;
	struct stage stage;
	struct line link;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	ring_reader_start(stage.shm, &reader);
	line_push(&link, 1, "a:1", 5, "");
	line_receive(&link, 1, &reply);
	assert_int_equal(reply.results[0].status, STORE_CONFLICT);
	store_reply_clear(&reply);
	line_push(&link, 2, "b:1", 0, "");
	line_expect(&link, 2, 1);
	expect_last(&stage, &reader, "b", 1);
	line_close(&link);
	stage_close(&stage);
}

static void what_arrives_together_is_one_commit(void **state)
{
	struct stage stage;
	struct line links[3];
	char id[16];

	(void)state;
	stage_open(&stage, "");
	for (unsigned i = 0; i < 3; i++) {
		links[i] = link_open(&stage);
		line_push(&links[i], 1000 + i, "warm:1", i, "");
		line_expect(&links[i], 1000 + i, i + 1);
	}
	stage_halt(&stage);
	for (unsigned n = 0; n < 300; n++) {
		(void)snprintf(id, sizeof(id), "g:%u", n);
		line_push(&links[n % 3], n, id, 0, "");
	}
	stage_resume(&stage);
	for (unsigned n = 0; n < 300; n++)
		line_expect(&links[n % 3], n, 1);
	assert_int_equal(kill(stage.pid, SIGTERM), 0);
	assert_int_equal(stage_join(&stage), EXIT_SUCCESS);
	assert_int_equal(scoreboard_get(stage.shm, scoreboard_writer(stage.shm), METRIC_COMMITS),
			 3 + 1);
	assert_int_equal(
		scoreboard_get(stage.shm, scoreboard_writer(stage.shm), METRIC_DOCUMENTS_WRITTEN),
		303);
	for (unsigned i = 0; i < 3; i++)
		line_close(&links[i]);
	stage_free(&stage);
}

static void while_another_has_the_database_it_refuses_and_goes_on(void **state)
{
	/* The lock of who writes: https://www.sqlite.org/walformat.html#wal_locks */
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 120, .l_len = 1 };
	struct store_reply reply;
	struct stage stage;
	struct line link;
	char path[80];
	int fd;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	line_push(&link, 1, "a:1", 0, "");
	line_expect(&link, 1, 1);
	(void)snprintf(path, sizeof(path), "%s-shm", stage.db);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETLKW, &lock), 0);
	line_push(&link, 2, "a:1", 1, "");
	line_receive(&link, 2, &reply);
	assert_int_equal(reply.rc, RC_BUSY);
	assert_int_equal(reply.kind, STORE_PUSH);
	store_reply_clear(&reply);
	(void)close(fd);
	line_push(&link, 3, "a:1", 1, "");
	line_expect(&link, 3, 2);
	line_close(&link);
	stage_close(&stage);
}

static void a_disk_without_room_is_waited_out(void **state)
{
	struct rlimit limit, none;
	struct store_reply reply;
	struct stage stage;
	struct line link;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	line_push(&link, 1, "a:1", 0, "");
	line_expect(&link, 1, 1);
	assert_int_equal(prlimit(stage.pid, RLIMIT_FSIZE, NULL, &limit), 0);
	none = (struct rlimit){ .rlim_cur = 4096, .rlim_max = limit.rlim_max };
	assert_int_equal(prlimit(stage.pid, RLIMIT_FSIZE, &none, NULL), 0);
	line_push(&link, 2, "a:1", 1, "");
	line_receive(&link, 2, &reply);
	assert_int_equal(reply.rc, RC_FULL);
	store_reply_clear(&reply);
	assert_int_equal(prlimit(stage.pid, RLIMIT_FSIZE, &limit, NULL), 0);
	line_push(&link, 3, "a:1", 1, "");
	line_expect(&link, 3, 2);
	line_close(&link);
	stage_close(&stage);
}

#ifdef ENABLE_FAULTS

static void plan(const char *path, const char *faults)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(faults, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void when_the_outcome_is_unknown_it_answers_nobody_and_leaves(void **state)
{
	struct stage stage;
	struct line link;
	char path[80];

	(void)state;
	stage_prepare(&stage);
	(void)snprintf(path, sizeof(path), "%s.plan", stage.db);
	(void)setenv("POCKETBOOK_DISK", path, 1);
	stage_spawn(&stage, "", -1);
	stage_await_ready(&stage);
	link = link_open(&stage);
	line_push(&link, 1, "a:1", 0, "");
	line_expect(&link, 1, 1);
	plan(path, "sync wal EIO\n");
	line_push(&link, 2, "a:1", 1, "op");
	assert_false(line_fill(&link));
	assert_int_equal(stage_join(&stage), EXIT_FAILURE);
	line_close(&link);

	plan(path, "");
	stage_spawn(&stage, "", -1);
	stage_await_ready(&stage);
	link = link_open(&stage);
	line_push(&link, 3, "a:1", 1, "op");
	line_expect(&link, 3, 2);
	line_close(&link);
	stage_close(&stage);
	(void)unsetenv("POCKETBOOK_DISK");
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_push_is_answered_and_its_groups_are_announced),
		cmocka_unit_test(a_reply_finds_the_buckets_raised),
		cmocka_unit_test(a_purge_spoils_all_pages),
		cmocka_unit_test(a_push_that_changes_nothing_announces_nothing),
		cmocka_unit_test(what_arrives_together_is_one_commit),
		cmocka_unit_test(while_another_has_the_database_it_refuses_and_goes_on),
		cmocka_unit_test(a_disk_without_room_is_waited_out),
#ifdef ENABLE_FAULTS
		cmocka_unit_test(when_the_outcome_is_unknown_it_answers_nobody_and_leaves),
#endif
	};

	store_add_backend(&backend_sqlite);
	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
