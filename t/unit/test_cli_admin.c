/* One request to the database by whatever way there is. The master's doors and the
 * store are played by this test; what goes over the control socket is real. */
#include "base/clock.h"
#include "ipc/frame.h"
#include "cli/admin.h"
#include "cli/audit_note.h"
#include "ipc/control.h"
#include "ipc/lock.h"
#include "store/history.h"
#include "store/store_admin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- The world ---- */

static const struct db_place place = { .db = "test.db", .path = "test.db" };

#define SERVERS_MAX 4

static struct {
	uint64_t now;
	uint64_t step;            /* that the clock goes on with each look */
	int servers[SERVERS_MAX]; /* our ends; each connection goes to the next */
	int connections[SERVERS_MAX];
	size_t server_count;
	size_t connected;
	unsigned lock_busy; /* so many tries fail */
	int lock;           /* given out; -1: none */
	unsigned opened;
	unsigned closed;
	unsigned maintained;
	enum rc maintain_rc;
	enum rc open_rc;
	enum rc commit_rc;
	enum rc reply_rc;
	enum store_kind committed;
} world;

uint64_t clock_ms(void)
{
	return world.now += world.step;
}

void clock_sleep_until(uint64_t deadline)
{
	if (world.now < deadline)
		world.now = deadline;
}

/* Instead of the audit file: the line that would be in it. */
static char recorded[512];

void audit_note(const struct db_place *at, struct buf *line)
{
	assert_string_equal(at->path, place.path);
	(void)snprintf(recorded, sizeof(recorded), "%.*s", (int)line->len, line->data);
	buf_free(line);
}

int64_t clock_wall(void)
{
	return 1000000;
}

enum rc control_connect(const struct db_place *asked, int *fd, struct error *err)
{
	assert_string_equal(asked->db, "test.db");
	if (world.connected == world.server_count)
		return error_set(err, RC_NOT_FOUND, "no server");
	*fd = world.connections[world.connected++];
	return RC_OK;
}

enum rc lock_take(const struct db_place *asked, int *lock, struct error *err)
{
	assert_string_equal(asked->db, "test.db");
	if (world.lock_busy) {
		world.lock_busy--;
		return error_set(err, RC_BUSY, "someone has it");
	}
	*lock = world.lock = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return RC_OK;
}

static bool lock_is_held(void)
{
	return world.lock >= 0 && fcntl(world.lock, F_GETFD) >= 0;
}

enum rc store_open(const char *path, enum store_role role, struct store **out, struct error *err)
{
	assert_string_equal(path, "test.db");
	assert_int_equal(role, STORE_WRITER);
	assert_true(lock_is_held());
	if (world.open_rc != RC_OK)
		return error_set(err, world.open_rc, "cannot open");
	world.opened++;
	*out = (struct store *)&world;
	return RC_OK;
}

void store_close(struct store *store)
{
	assert_ptr_equal(store, &world);
	assert_true(lock_is_held());
	world.closed++;
}

static struct store_reply make_reply(enum store_kind kind, enum rc rc)
{
	static struct store_grant grant = { { "todos", 5 }, true };
	static struct store_token token = { .id = { "0123456789abcdef", 16 },
					    .user = { "ann", 3 },
					    .created = 5,
					    .grants = &grant,
					    .grant_count = 1 };
	struct store_reply reply = { .rc = rc, .kind = kind };

	if (kind == STORE_TOKEN_LIST) {
		reply.tokens = &token;
		reply.token_count = 1;
	}
	return reply;
}

const struct store_history *store_kept_history(const struct store *store)
{
	static const struct store_history kept = { .versions = { .count = 0 } };

	assert_ptr_equal(store, &world);
	return &kept;
}

void store_commit(struct store *store, const struct store_request *requests, size_t count,
		  on_store_replies *on_replies, void *arg)
{
	struct store_reply reply = make_reply(requests->kind, world.reply_rc);

	assert_ptr_equal(store, &world);
	assert_int_equal(count, 1);
	assert_ptr_equal(requests->history, store_kept_history(store));
	world.committed = requests->kind;
	on_replies(arg, world.commit_rc, world.commit_rc == RC_OK ? &reply : NULL);
}

void store_wait(struct store *store)
{
	assert_ptr_equal(store, &world); /* which has answered */
}

enum rc store_maintain(struct store *store)
{
	assert_ptr_equal(store, &world);
	world.maintained++;
	return world.maintain_rc;
}

static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	recorded[0] = '\0';
	world.step = 1;
	world.lock = -1;
	world.committed = STORE_KIND_COUNT;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < world.server_count; i++)
		if (world.servers[i] >= 0)
			close(world.servers[i]);
	assert_false(lock_is_held());
	assert_int_equal(world.opened, world.closed);
	assert_int_equal(world.connected, world.server_count);
	return 0;
}

/* A server for the next connection. */
static int server_new(void)
{
	int ends[2];

	assert_true(world.server_count < SERVERS_MAX);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	world.servers[world.server_count] = ends[0];
	world.connections[world.server_count++] = ends[1];
	return ends[0];
}

/* One that has its answer ready before it is asked; it sends `part` bytes of it (or
 * all) and leaves if that is not all. */
static void server_answers(enum store_kind kind, enum rc rc, size_t part)
{
	struct store_reply reply = make_reply(kind, rc);
	struct buf out = BUF_EMPTY;
	size_t begun = frame_begin(&out, 1);
	int fd = server_new();

	store_reply_pack(&reply, &out);
	frame_end(&out, begun);
	if (part > out.len)
		part = out.len;
	assert_int_equal(write(fd, out.data, part), part);
	if (part < out.len)
		assert_int_equal(shutdown(fd, SHUT_WR), 0);
	buf_free(&out);
}

#define ALL SIZE_MAX

static void server_goes_away(void)
{
	close(server_new());
	world.servers[world.server_count - 1] = -1;
}

/* What the last server was asked, once. */
static void expect_asked(enum store_kind kind)
{
	char bytes[4096];
	ssize_t len =
		recv(world.servers[world.server_count - 1], bytes, sizeof(bytes), MSG_DONTWAIT);
	struct store_request request;
	struct frame frame;

	assert_true(len > 0);
	assert_int_equal(frame_take(slice_make(bytes, (size_t)len), &frame), RC_OK);
	assert_int_equal(frame.size, len);
	assert_int_equal(store_request_unpack(frame.payload, &request), RC_OK);
	assert_int_equal(request.kind, kind);
	store_request_clear(&request);
}

/* ---- What is asked ---- */

struct outcome {
	enum rc rc;
	enum rc reply;
	size_t tokens;
	struct error err;
};

typedef enum rc way(const struct db_place *place, const struct store_request *request,
		    struct admin_answer *answer, struct error *err);

static struct outcome ask(way *ask_by, enum store_kind kind)
{
	struct store_grant grant = { { "todos", 5 }, true };
	struct store_request request = {
		.kind = kind,
		.token = { .id = slice_of("0123456789abcdef"),
			   .user = slice_of("ann"),
			   .grants = &grant,
			   .grant_count = 1 },
	};
	struct outcome outcome = { 0 };
	struct admin_answer answer;

	outcome.rc = ask_by(&place, &request, &answer, &outcome.err);
	outcome.reply = answer.reply.rc;
	outcome.tokens = answer.reply.token_count;
	if (outcome.tokens)
		assert_true(slice_is(answer.reply.tokens[0].user, "ann"));
	admin_answer_clear(&answer);
	assert_int_equal(answer.reply.token_count, 0);
	return outcome;
}

/* ---- Without a server ---- */

static void without_a_server_it_is_done_under_the_lock(void **state)
{
	struct outcome outcome = ask(admin_do, STORE_TOKEN_LIST);

	(void)state;
	assert_int_equal(outcome.rc, RC_OK);
	assert_int_equal(outcome.reply, RC_OK);
	assert_int_equal(outcome.tokens, 1);
	assert_int_equal(world.committed, STORE_TOKEN_LIST);
	assert_int_equal(world.opened, 1);
	assert_non_null(strstr(recorded, " act=token_list "));
}

static void a_refusal_of_the_request_is_an_answer(void **state)
{
	struct outcome outcome;

	(void)state;
	world.reply_rc = RC_NOT_FOUND;
	outcome = ask(admin_do, STORE_TOKEN_REVOKE);
	assert_int_equal(outcome.rc, RC_OK);
	assert_int_equal(outcome.reply, RC_NOT_FOUND);
	assert_string_equal(recorded, "");
}

static void a_database_that_does_not_open_is_told_in_its_words(void **state)
{
	struct outcome outcome;

	(void)state;
	world.open_rc = RC_NEWER;
	outcome = ask(admin_do, STORE_TOKEN_LIST);
	assert_int_equal(outcome.rc, RC_NEWER);
	assert_string_equal(outcome.err.text, "cannot open");
}

static void a_failed_commit_is_reported(void **state)
{
	struct outcome outcome;

	(void)state;
	world.commit_rc = RC_IO;
	outcome = ask(admin_do, STORE_TOKEN_ADD);
	assert_int_equal(outcome.rc, RC_IO);
	assert_non_null(strstr(outcome.err.text, "test.db"));
}

static const struct {
	enum rc rc;
	const char *words;
} refusals[] = { { RC_FULL, "disk is full" },
		 { RC_READ_ONLY, "disk is read-only" },
		 { RC_IO, "the disk may be failing" } };

#define REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

static void a_disk_that_refuses_is_told_by_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < REFUSALS; i++) {
		struct outcome outcome;

		world.commit_rc = refusals[i].rc;
		outcome = ask(admin_do, STORE_PURGE);
		assert_int_equal(outcome.rc, refusals[i].rc);
		assert_non_null(strstr(outcome.err.text, refusals[i].words));
	}
}

static void so_is_the_disk_of_a_server(void **state)
{
	(void)state;
	for (size_t i = 0; i < REFUSALS; i++) {
		struct outcome outcome;

		server_answers(STORE_PURGE, refusals[i].rc, ALL);
		outcome = ask(admin_do, STORE_PURGE);
		assert_int_equal(outcome.rc, refusals[i].rc);
		assert_non_null(strstr(outcome.err.text, refusals[i].words));
	}
	assert_int_equal(world.opened, 0);
}

static void it_waits_for_who_has_the_lock_briefly(void **state)
{
	(void)state;
	world.lock_busy = 3;
	assert_int_equal(ask(admin_do, STORE_TOKEN_ADD).rc, RC_OK);
	assert_int_equal(world.lock_busy, 0);
	assert_int_equal(world.committed, STORE_TOKEN_ADD);
}

static void it_does_not_wait_for_ever(void **state)
{
	struct outcome outcome;

	(void)state;
	world.lock_busy = 1000000;
	world.step = 3000;
	outcome = ask(admin_do, STORE_TOKEN_ADD);
	assert_int_equal(outcome.rc, RC_BUSY);
	assert_string_equal(outcome.err.text, "someone has it");
	assert_int_equal(world.committed, STORE_KIND_COUNT);
}

/* ---- With a server ---- */

static void with_a_server_it_is_asked_to(void **state)
{
	struct outcome outcome;

	(void)state;
	server_answers(STORE_TOKEN_LIST, RC_OK, ALL);
	outcome = ask(admin_do, STORE_TOKEN_LIST);
	assert_int_equal(outcome.rc, RC_OK);
	assert_int_equal(outcome.tokens, 1);
	expect_asked(STORE_TOKEN_LIST);
	assert_int_equal(world.opened, 0);
	assert_string_equal(recorded, ""); /* its writer does it */
}

static void a_server_that_leaves_before_it_answers_is_followed(void **state)
{
	(void)state;
	server_goes_away();
	server_answers(STORE_TOKEN_LIST, RC_OK, 0);
	server_answers(STORE_TOKEN_LIST, RC_OK, 7);
	server_answers(STORE_TOKEN_LIST, RC_OK, ALL);
	assert_int_equal(ask(admin_do, STORE_TOKEN_LIST).rc, RC_OK);
	expect_asked(STORE_TOKEN_LIST);
}

static void a_server_that_left_for_good_leaves_the_lock(void **state)
{
	(void)state;
	server_answers(STORE_TOKEN_LIST, RC_OK, 0);
	world.lock_busy = 2;
	assert_int_equal(ask(admin_do, STORE_TOKEN_LIST).tokens, 1);
	assert_int_equal(world.opened, 1);
}

static void a_server_that_cannot_now_is_asked_again(void **state)
{
	(void)state;
	server_answers(STORE_TOKEN_LIST, RC_UNAVAILABLE, ALL);
	server_answers(STORE_TOKEN_LIST, RC_BUSY, ALL);
	server_answers(STORE_TOKEN_LIST, RC_OK, ALL);
	assert_int_equal(ask(admin_do, STORE_TOKEN_LIST).reply, RC_OK);
}

/* The answer to the first got lost: what the second finds is what the first did. */
static void what_proves_to_be_done_is_done(void **state)
{
	static const struct {
		enum store_kind kind;
		enum rc second;
	} retries[] = { { STORE_TOKEN_ADD, RC_EXISTS }, { STORE_TOKEN_REVOKE, RC_NOT_FOUND } };

	for (size_t i = 0; i < 2; i++) {
		server_answers(retries[i].kind, RC_OK, 3);
		server_answers(retries[i].kind, retries[i].second, ALL);
		assert_int_equal(ask(admin_do, retries[i].kind).reply, RC_OK);
		teardown(state);
		setup(state);
		server_answers(retries[i].kind, retries[i].second, ALL);
		assert_int_equal(ask(admin_do, retries[i].kind).reply, retries[i].second);
		teardown(state);
		setup(state);
	}
}

static void a_server_that_does_not_answer_is_given_up(void **state)
{
	struct outcome outcome;

	(void)state;
	(void)server_new();
	world.step = 29999; /* the first wait is of a millisecond */
	outcome = ask(admin_do, STORE_TOKEN_REVOKE);
	assert_int_equal(outcome.rc, RC_BUSY);
	assert_non_null(strstr(outcome.err.text, "does not answer"));
	expect_asked(STORE_TOKEN_REVOKE);
}

static void an_invalid_answer_is_reported(void **state)
{
	static const char nonsense[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct outcome outcome;

	(void)state;
	assert_int_equal(write(server_new(), nonsense, sizeof(nonsense)), sizeof(nonsense));
	outcome = ask(admin_do, STORE_TOKEN_LIST);
	assert_true(outcome.rc == RC_TOO_LARGE || outcome.rc == RC_MALFORMED);
	assert_non_null(strstr(outcome.err.text, "does not understand"));
}

/* ---- Alone ---- */

static void alone_means_that_no_server_is_asked(void **state)
{
	struct outcome outcome;
	char byte;

	(void)state;
	server_answers(STORE_TOKEN_LIST, RC_OK, ALL);
	outcome = ask(admin_do_alone, STORE_TOKEN_LIST);
	assert_int_equal(outcome.rc, RC_BUSY);
	assert_int_equal(outcome.tokens, 0);
	assert_true(recv(world.servers[0], &byte, 1, MSG_DONTWAIT) <= 0);
	assert_int_equal(world.opened, 0);
}

static void alone_it_is_done_under_the_lock(void **state)
{
	(void)state;
	world.lock_busy = 1;
	assert_int_equal(ask(admin_do_alone, STORE_TOKEN_LIST).tokens, 1);
	assert_int_equal(world.opened, 1);
}

/* ---- Many in a row ---- */

static enum rc ask_next(struct admin_session *session, struct error *err)
{
	struct store_request request = { .kind = STORE_TOKEN_LIST };
	struct admin_answer answer;
	enum rc rc = admin_next(session, &request, &answer, err);

	if (rc == RC_OK)
		assert_int_equal(answer.reply.token_count, 1);
	admin_answer_clear(&answer);
	return rc;
}

static void many_without_a_server_keep_the_database_open(void **state)
{
	struct admin_session session;

	(void)state;
	assert_int_equal(admin_begin(&place, &session, NULL), RC_OK);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(ask_next(&session, NULL), RC_OK);
		assert_int_equal(world.maintained, i);
	}
	assert_int_equal(world.opened, 1);
	assert_int_equal(world.closed, 0);
	admin_end(&session);
	assert_int_equal(world.closed, 1);
}

static void many_stop_where_the_log_cannot_be_kept(void **state)
{
	struct admin_session session;
	struct error err = { "" };

	(void)state;
	world.maintain_rc = RC_SYNC_FAILED;
	assert_int_equal(admin_begin(&place, &session, NULL), RC_OK);
	assert_int_equal(ask_next(&session, &err), RC_SYNC_FAILED);
	assert_non_null(strstr(err.text, "test.db"));
	admin_end(&session);
}

static void many_with_a_server_go_to_it(void **state)
{
	struct admin_session session;

	(void)state;
	(void)server_new();
	server_answers(STORE_TOKEN_LIST, RC_OK, ALL);
	assert_int_equal(admin_begin(&place, &session, NULL), RC_OK);
	assert_int_equal(ask_next(&session, NULL), RC_OK);
	expect_asked(STORE_TOKEN_LIST);
	assert_int_equal(world.opened, 0);
	/* It has gone: the next one is done here. */
	assert_int_equal(ask_next(&session, NULL), RC_OK);
	assert_int_equal(world.opened, 1);
	admin_end(&session);
}

static void many_cannot_begin_where_the_database_does_not_open(void **state)
{
	struct admin_session session;
	struct error err = { "" };

	(void)state;
	world.open_rc = RC_CORRUPT;
	assert_int_equal(admin_begin(&place, &session, &err), RC_CORRUPT);
	assert_string_equal(err.text, "cannot open");
}

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(without_a_server_it_is_done_under_the_lock),
		WORLD_TEST(a_refusal_of_the_request_is_an_answer),
		WORLD_TEST(a_database_that_does_not_open_is_told_in_its_words),
		WORLD_TEST(a_failed_commit_is_reported),
		WORLD_TEST(a_disk_that_refuses_is_told_by_its_reason),
		WORLD_TEST(so_is_the_disk_of_a_server),
		WORLD_TEST(it_waits_for_who_has_the_lock_briefly),
		WORLD_TEST(it_does_not_wait_for_ever),
		WORLD_TEST(with_a_server_it_is_asked_to),
		WORLD_TEST(a_server_that_leaves_before_it_answers_is_followed),
		WORLD_TEST(a_server_that_left_for_good_leaves_the_lock),
		WORLD_TEST(a_server_that_cannot_now_is_asked_again),
		WORLD_TEST(what_proves_to_be_done_is_done),
		WORLD_TEST(a_server_that_does_not_answer_is_given_up),
		WORLD_TEST(an_invalid_answer_is_reported),
		WORLD_TEST(alone_means_that_no_server_is_asked),
		WORLD_TEST(alone_it_is_done_under_the_lock),
		WORLD_TEST(many_without_a_server_keep_the_database_open),
		WORLD_TEST(many_stop_where_the_log_cannot_be_kept),
		WORLD_TEST(many_with_a_server_go_to_it),
		WORLD_TEST(many_cannot_begin_where_the_database_does_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
