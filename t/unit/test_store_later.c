/* The back end that answers later, around an SQLite one: what it is asked is answered
 * once, and not before the call returns; and what store_cancel, store_close and
 * store_watch promise. Without fault points there is none. */
#include "store_kit.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/backend.h"
#include "store/sqlite/backend.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRANTS 2

/* What a callback was given; slices are checked while they are good. */
struct answer {
	unsigned count;
	enum rc rc;
	uint64_t number;
	unsigned *order; /* the next place in the order of answers; NULL: of no interest */
	unsigned place;
};

#ifdef ENABLE_FAULTS

static void note(struct answer *answer, enum rc rc)
{
	answer->count++;
	answer->rc = rc;
	if (answer->order)
		answer->place = ++*answer->order;
}

static void on_page(void *arg, enum rc rc, const struct store_page *page)
{
	struct answer *answer = arg;

	note(answer, rc);
	assert_int_equal(page != NULL, rc == RC_OK);
	if (page == NULL)
		return;
	answer->number = page->count;
	for (size_t i = 0; i < page->count; i++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "t:%zu", i + 1);
		assert_true(slice_is(page->docs[i].id, id));
		assert_true(slice_is(page->docs[i].value, "\"a\""));
	}
}

static void on_place(void *arg, enum rc rc, const struct store_cursor *place)
{
	note(arg, rc);
	assert_int_equal(place != NULL, rc == RC_OK);
	if (place)
		((struct answer *)arg)->number = place->seq;
}

static void on_places(void *arg, enum rc rc, const struct store_places *places)
{
	const struct store_cursor place = { .seq = places ? places->seqs[0] : 0 };

	on_place(arg, rc, places ? &place : NULL);
}

static void on_stats(void *arg, enum rc rc, const struct store_stats *stats)
{
	note(arg, rc);
	assert_int_equal(stats != NULL, rc == RC_OK);
	if (stats)
		((struct answer *)arg)->number = stats->documents;
}

static void on_stats_full(void *arg, enum rc rc, const struct store_stats_full *stats)
{
	note(arg, rc);
	assert_int_equal(stats != NULL, rc == RC_OK);
	if (stats)
		((struct answer *)arg)->number = stats->tokens;
}

static void on_token(void *arg, enum rc rc, const struct store_token *token)
{
	note(arg, rc);
	assert_int_equal(token != NULL, rc == RC_OK);
	if (token == NULL)
		return;
	assert_true(slice_is(token->user, "ann"));
	assert_int_equal(token->grant_count, GRANTS);
	assert_true(slice_is(token->grants[1].group, "b"));
	((struct answer *)arg)->number = token->hash[0];
}

static void on_replies(void *arg, enum rc rc, const struct store_reply *replies)
{
	note(arg, rc);
	assert_int_equal(replies != NULL, rc == RC_OK);
	if (replies)
		((struct answer *)arg)->number = replies[0].head.seq;
}

/* ---- A database behind it ---- */

static int later_setup(void **state)
{
	int result;

	(void)setenv("POCKETBOOK_STORE", "later", 1);
	result = kit_setup_folder(state);
	if (result == 0)
		kit_open(*state);
	return result;
}

static int later_teardown(void **state)
{
	(void)unsetenv("POCKETBOOK_STORE");
	return kit_teardown(state);
}

/* A push of one document whose request and value are freed once it is answered. */
struct push {
	struct store_request request;
	struct store_edit edit;
	char id[32];
	char *value;
	struct answer *answer;
};

static void on_pushed(void *arg, enum rc rc, const struct store_reply *replies)
{
	struct push *push = arg;

	on_replies(push->answer, rc, replies);
	if (replies)
		assert_int_equal(replies[0].results[0].status, STORE_OK);
	free(push->value);
	free(push);
}

static void push(struct kit *kit, const char *id, struct answer *answer)
{
	struct push *push = mem_alloc(sizeof(*push));

	push->value = mem_copy("\"a\"", 3);
	(void)snprintf(push->id, sizeof(push->id), "%s", id);
	push->edit = (struct store_edit){ .id = slice_of(push->id),
					  .plain = true,
					  .value = slice_make(push->value, 3) };
	push->request =
		(struct store_request){ .kind = STORE_PUSH, .edits = &push->edit, .edit_count = 1 };
	push->answer = answer;
	store_commit(kit->writer, &push->request, 1, on_pushed, push);
}

/* Waits as an event loop does, without store_wait. */
static void run_until(struct store *store, const struct answer *answer)
{
	while (answer->count == 0) {
		uint64_t deadline;
		short events;
		int fd;

		store_poll(store, &fd, &events, &deadline);
		assert_int_equal(fd, -1);
		assert_true(deadline < UINT64_MAX);
		while (clock_ms() < deadline)
			(void)usleep(200);
		store_run(store);
	}
}

static void assert_later(struct store *store, struct answer *answer, uint64_t number)
{
	assert_int_equal(answer->count, 0);
	run_until(store, answer);
	store_wait(store);
	assert_int_equal(answer->count, 1);
	assert_int_equal(answer->rc, RC_OK);
	assert_int_equal(answer->number, number);
	*answer = (struct answer){ .count = 0 };
}

static void add_token(struct kit *kit)
{
	struct store_grant grants[GRANTS] = { { slice_of("a"), true }, { slice_of("b"), false } };
	const struct store_request add = {
		.kind = STORE_TOKEN_ADD,
		.token = { .id = slice_of("00000000000000aa"),
			   .user = slice_of("ann"),
			   .hash = { 7 },
			   .grants = grants,
			   .grant_count = GRANTS },
	};
	struct answer answer = { .count = 0 };

	store_commit(kit->writer, &add, 1, on_replies, &answer);
	assert_later(kit->writer, &answer, 2);
}

/* The arguments of reads are gone once the call has returned. */
static void read_all(struct store *store, struct answer answers[6])
{
	char group[] = "t", id[] = "00000000000000aa";
	struct store_query query = { .group = slice_of(group), .limit = 10, .max_bytes = 1000 };

	store_changes(store, &query, on_page, &answers[0]);
	store_latest(store, slice_of(group), on_place, &answers[1]);
	store_head(store, on_places, &answers[2]);
	store_stats(store, on_stats, &answers[3]);
	store_stats_full(store, on_stats_full, &answers[4]);
	store_token_find(store, slice_of(id), on_token, &answers[5]);
	memset(group, 'x', sizeof(group) - 1);
	memset(id, 'x', sizeof(id) - 1);
	memset(&query, 0xff, sizeof(query));
}

static void each_operation_is_answered_once_and_later(void **state)
{
	static const uint64_t numbers[6] = { 2, 2, 2, 2, 1, 7 };
	struct answer answers[6] = { { .count = 0 } }, answer = { .count = 0 };
	struct kit *kit = *state;

	push(kit, "t:1", &answer);
	assert_later(kit->writer, &answer, 1);
	push(kit, "t:2", &answer);
	assert_later(kit->writer, &answer, 2);
	add_token(kit);
	for (struct store *store = kit->reader; store;
	     store = store == kit->reader ? kit->writer : NULL) {
		memset(answers, 0, sizeof(answers));
		read_all(store, answers);
		for (size_t i = 0; i < 6; i++)
			assert_int_equal(answers[i].count, 0);
		store_wait(store);
		for (size_t i = 0; i < 6; i++) {
			assert_int_equal(answers[i].count, 1);
			assert_int_equal(answers[i].rc, RC_OK);
			assert_int_equal(answers[i].number, numbers[i]);
		}
	}
}

static void failures_are_handed_on(void **state)
{
	struct kit *kit = *state;
	struct answer answer = { .count = 0 };

	store_token_find(kit->reader, slice_of("00000000000000bb"), on_token, &answer);
	store_wait(kit->reader);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.rc, RC_NOT_FOUND);
}

static void commits_keep_their_order_and_reads_do_not(void **state)
{
	struct kit *kit = *state;
	struct answer pushes[20] = { { .count = 0 } }, heads[20] = { { .count = 0 } };
	unsigned pushed = 0, read = 0, overtaken = 0;

	for (size_t i = 0; i < 20; i++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "t:%zu", i);
		pushes[i].order = &pushed;
		heads[i].order = &read;
		push(kit, id, &pushes[i]);
		store_head(kit->reader, on_places, &heads[i]);
	}
	store_wait(kit->writer);
	store_wait(kit->reader);
	for (size_t i = 0; i < 20; i++) {
		assert_int_equal(pushes[i].place, i + 1);
		overtaken += heads[i].place != i + 1;
	}
	assert_int_not_equal(overtaken, 0);
}

/* ---- The end ---- */

static void a_cancel_answers_everything(void **state)
{
	struct kit *kit = *state;
	struct answer answers[6] = { { .count = 0 } }, pushed[2] = { { .count = 0 } };

	push(kit, "t:1", &pushed[0]);
	push(kit, "t:2", &pushed[1]);
	read_all(kit->writer, answers);
	read_all(kit->reader, answers);
	store_cancel(kit->writer);
	store_cancel(kit->reader);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(answers[i].count, 2);
		assert_int_equal(answers[i].rc, RC_UNAVAILABLE);
	}
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pushed[i].count, 1);
		assert_int_equal(pushed[i].rc, RC_UNAVAILABLE);
	}
	/* kit_teardown closes both. */
}

static void a_commit_that_is_cancelled_may_have_happened(void **state)
{
	struct kit *kit = *state;
	struct answer pushed = { .count = 0 };
	uint64_t deadline;
	short events;
	int fd;

	push(kit, "t:1", &pushed);
	store_poll(kit->writer, &fd, &events, &deadline);
	while (clock_ms() < deadline)
		(void)usleep(200);
	store_run(kit->writer); /* the first step at least */
	store_cancel(kit->writer);
	assert_int_equal(pushed.count, 1);
	assert_int_equal(kit_head(kit->reader).seq, 1);
}

static void after_a_cancel_the_answer_comes_at_once(void **state)
{
	struct kit *kit = *state;
	struct answer answers[6] = { { .count = 0 } }, pushed = { .count = 0 };
	uint64_t deadline;
	short events;
	int fd;

	store_cancel(kit->writer);
	read_all(kit->writer, answers);
	push(kit, "t:1", &pushed);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(answers[i].count, 1);
		assert_int_equal(answers[i].rc, RC_UNAVAILABLE);
	}
	assert_int_equal(pushed.count, 1);
	assert_int_equal(pushed.rc, RC_UNAVAILABLE);
	store_poll(kit->writer, &fd, &events, &deadline);
	assert_int_equal(deadline, UINT64_MAX);
	assert_int_equal(kit_head(kit->reader).seq, 0);
}

/* In a process of its own, which must end by SIGABRT. */
static void assert_aborts(void (*act)(struct kit *kit), struct kit *kit)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		(void)signal(SIGABRT, SIG_DFL);
		act(kit);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void close_outstanding(struct kit *kit)
{
	static struct answer answer;

	store_head(kit->reader, on_places, &answer);
	store_close(kit->reader);
}

static void on_place_close(void *arg, enum rc rc, const struct store_places *places)
{
	(void)rc;
	(void)places;
	store_close(arg);
}

static void close_from_a_callback(struct kit *kit)
{
	store_head(kit->reader, on_place_close, kit->reader);
	store_wait(kit->reader);
}

static void close_from_a_callback_at_once(struct kit *kit)
{
	(void)unsetenv("POCKETBOOK_STORE");
	/* Answers before the call returns. */
	assert_int_equal(store_open(kit->path, STORE_READER, &kit->reader, NULL), RC_OK);
	store_head(kit->reader, on_place_close, kit->reader);
}

static void commit_by_a_reader(struct kit *kit)
{
	const struct store_request purge = { .kind = STORE_PURGE, .limit = 1 };
	static struct answer answer;

	store_commit(kit->reader, &purge, 1, on_replies, &answer);
}

static void a_broken_promise_ends_the_process(void **state)
{
	assert_aborts(close_outstanding, *state);
	assert_aborts(close_from_a_callback, *state);
	assert_aborts(close_from_a_callback_at_once, *state);
	assert_aborts(commit_by_a_reader, *state);
}

#define LATER_TEST(name) cmocka_unit_test_setup_teardown(name, later_setup, later_teardown)

#endif

/* ---- Commits of other hosts ---- */

/* A back end that reports one with each run. */
struct remote {
	struct store store;
	on_store_news *on_news;
	void *arg;
};

static enum rc remote_open(const struct db_url *db, enum store_role role, struct store **out,
			   struct error *err)
{
	struct remote *remote = mem_alloc(sizeof(*remote));

	(void)db, (void)role, (void)err;
	*out = &remote->store;
	return RC_OK;
}

static void remote_close(struct store *store)
{
	free(store);
}

static bool remote_watch(struct store *store, on_store_news *on_news, void *arg)
{
	struct remote *remote = (struct remote *)store;

	remote->on_news = on_news;
	remote->arg = arg;
	return true;
}

static void remote_run(struct store *store)
{
	struct remote *remote = (struct remote *)store;
	const struct store_change changes[] = { { .group = slice_of("t"), .seq = 5 },
						{ .group = slice_of("t:u"), .seq = 6 } };
	const struct store_news news = { .kind = STORE_NEWS_CHANGES,
					 .changes = changes,
					 .count = 2 };

	if (remote->on_news)
		remote->on_news(remote->arg, &news);
}

static const struct backend backend_remote = {
	.scheme = "sqlite",
	.open = remote_open,
	.close = remote_close,
	.run = remote_run,
	.watch = remote_watch,
};

static void on_news(void *arg, const struct store_news *news)
{
	struct answer *answer = arg;

	assert_int_equal(news->count, 2);
	assert_true(slice_is(news->changes[1].group, "t:u"));
	answer->count++;
	answer->number = news->changes[1].seq;
}

static void watch_remote(struct kit *kit)
{
	struct answer answer = { .count = 0 };
	struct store *store;

	(void)kit;
	store_add_backend(&backend_remote);
	if (store_open("elsewhere", STORE_WRITER, &store, NULL) != RC_OK)
		_exit(1);
	store_run(store);
	if (!store_watch(store, on_news, &answer))
		_exit(3);
	store_run(store);
	store_run(store);
	(void)store_watch(store, NULL, NULL);
	store_run(store);
	store_close(store);
	_exit(answer.count == 2 && answer.number == 6 ? 0 : 2);
}

/* In a process of its own, where no other back end is known. */
static void a_remote_change_reaches_the_watcher(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		watch_remote(NULL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void nothing_is_reported_for_a_file(void **state)
{
	struct kit *kit = *state;
	struct answer answer = { .count = 0 };

	assert_false(store_watch(kit->reader, on_news, &answer));
	kit_put(kit, "t:1", 0, "1");
	store_run(kit->reader);
	assert_int_equal(answer.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: the other tests make the SQLite back end known. */
		cmocka_unit_test(a_remote_change_reaches_the_watcher),
		cmocka_unit_test_setup_teardown(nothing_is_reported_for_a_file, kit_setup,
						kit_teardown),
#ifdef ENABLE_FAULTS
		LATER_TEST(each_operation_is_answered_once_and_later),
		LATER_TEST(failures_are_handed_on),
		LATER_TEST(commits_keep_their_order_and_reads_do_not),
		LATER_TEST(a_cancel_answers_everything),
		LATER_TEST(a_commit_that_is_cancelled_may_have_happened),
		LATER_TEST(after_a_cancel_the_answer_comes_at_once),
		LATER_TEST(a_broken_promise_ends_the_process),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
