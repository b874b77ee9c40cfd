/* Processes as threads, for a race detector (ThreadSanitizer sees threads alone): what
 * the ring's producer wrote before it published must be visible to who has read the
 * hint, and the writer with its peers must share nothing but what it says. */
#include "ipc/channel.h"
#include "base/exit.h"
#include "shm/edition.h"
#include "shm/followers.h"
#include "shm/shm.h"
#include "shm/wake.h"
#include "t/unit/writer_kit.h"
#include "writer/writer.h"
#include "store/sqlite/backend.h"

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define READERS 3

/* In a thread there is no cmocka. */
static void must(bool held, const char *what)
{
	if (held)
		return;
	fprintf(stderr, "test_threads: not so: %s\n", what);
	abort();
}

/* ---- The
 * ring --------------------------------------------------------------------------------
 */

#define NUMBERS 20000

struct play {
	struct shm *shm;
	uint64_t written[NUMBERS + 1]; /* plain memory, each word written once, before its hint */
};

static void *produce(void *arg)
{
	struct play *play = arg;

	for (uint64_t number = 1; number <= NUMBERS; number++) {
		struct ring_entry entry = { .key = number % 61, .number = number, .last = true };

		play->written[number] = number * 3;
		ring_commit(play->shm, &entry, 1);
		ring_publish(play->shm, &entry, 1);
	}
	return NULL;
}

struct reader {
	struct play *play;
	unsigned slot;
	struct ring_reader at;
	uint64_t seen, looks;
};

/* Takes the next hint; false: there is none. Everything up to it, or up to what the
 * ring says after a loss, has been written. */
static bool look(struct reader *reader)
{
	const struct play *play = reader->play;
	struct ring_entry entry;
	enum ring_read got = ring_read(play->shm, &reader->at, &entry);
	uint64_t number = got == RING_GOT    ? entry.number
			  : got == RING_LOST ? ring_committed(play->shm, 0)
					     : 0;

	if (number > reader->seen) {
		reader->seen = number;
		must(play->written[number] == number * 3, "what was published is there");
	}
	reader->looks += got != RING_EMPTY;
	return got != RING_EMPTY;
}

static void *follow(void *arg)
{
	struct reader *reader = arg;
	struct shm *shm = reader->play->shm;
	struct pollfd wait = { .fd = wake_fd(shm, reader->slot), .events = POLLIN };

	while (reader->seen < NUMBERS) {
		if (look(reader))
			continue;
		wake_arm(shm, reader->slot);
		if (look(reader))
			continue;
		must(poll(&wait, 1, 60000) == 1, "who sleeps is woken");
		wake_drain(shm, reader->slot);
	}
	return NULL;
}

static void what_is_published_is_visible(void **state)
{
	struct play *play = calloc(1, sizeof(*play));
	struct reader readers[READERS];
	pthread_t threads[READERS], producer;

	(void)state;
	assert_non_null(play);
	assert_int_equal(shm_new(READERS, &play->shm), RC_OK);
	for (unsigned slot = 0; slot < READERS; slot++)
		for (uint64_t bucket = 0; bucket < RING_BUCKETS; bucket++)
			followers_add(play->shm, followers_number(slot, false), bucket);
	ring_attach(play->shm, RING_HEADS(0));
	for (unsigned i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ .play = play, .slot = i };
		ring_reader_start(play->shm, &readers[i].at);
		assert_int_equal(pthread_create(&threads[i], NULL, follow, &readers[i]), 0);
	}
	assert_int_equal(pthread_create(&producer, NULL, produce, play), 0);
	assert_int_equal(pthread_join(producer, NULL), 0);
	for (unsigned i = 0; i < READERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(readers[i].looks > 0);
	}
	shm_free(play->shm);
	free(play);
}

/* ---- Followers ---- */

#define ROUNDS 20000

/* Of each round, one thread commits and the other begins to follow, at the same
 * time. */
struct race {
	struct shm *shm;
	atomic_uint_least64_t database; /* the newest number */
	atomic_uint_least64_t round, committed, seen;
};

static void *commit_each_round(void *arg)
{
	struct race *race = arg;

	for (uint64_t number = 1; number <= ROUNDS; number++) {
		struct ring_entry entry = { .key = 7, .number = number, .last = true };

		while (atomic_load(&race->round) < number)
			;
		/* In no order: what is promised must not depend on it. */
		atomic_store_explicit(&race->database, number, memory_order_relaxed);
		ring_commit(race->shm, &entry, 1);
		ring_publish(race->shm, &entry, 1);
		atomic_store(&race->committed, number);
		while (atomic_load(&race->seen) < number)
			sched_yield();
	}
	return NULL;
}

static void who_begins_to_follow_misses_nothing(void **state)
{
	struct race race = { 0 };
	struct ring_reader reader;
	struct ring_entry got;
	pthread_t thread;

	(void)state;
	assert_int_equal(shm_new(1, &race.shm), RC_OK);
	ring_attach(race.shm, RING_HEADS(0));
	ring_reader_start(race.shm, &reader);
	assert_int_equal(pthread_create(&thread, NULL, commit_each_round, &race), 0);
	for (uint64_t number = 1; number <= ROUNDS; number++) {
		uint64_t known;

		followers_remove(race.shm, 0, 7);
		atomic_store(&race.round, number);
		followers_add(race.shm, 0, 7);
		known = atomic_load_explicit(&race.database, memory_order_relaxed);
		while (atomic_load(&race.committed) < number)
			sched_yield();
		while (ring_read(race.shm, &reader, &got) == RING_GOT)
			known = got.number;
		must(known == number, "a commit is in the database or has a hint");
		atomic_store(&race.seen, number);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	shm_free(race.shm);
}

/* ---- The
 * writer ------------------------------------------------------------------------------
 */

#define PEERS 3
#define PUSHES 100

static void *write_all(void *arg)
{
	static int status;

	status = writer_run(arg);
	return &status;
}

struct peer_thread {
	struct line line;
	unsigned number;
};

/* One document after the other, the next one when the last is answered. */
static void *push_all(void *arg)
{
	struct peer_thread *peer = arg;
	char id[32];

	(void)snprintf(id, sizeof(id), "g%u:1", peer->number);
	for (uint64_t i = 0; i < PUSHES; i++) {
		line_push(&peer->line, i, id, i, "");
		line_expect(&peer->line, i, i + 1);
	}
	return NULL;
}

/* As a worker that looks on: hints, the edition, the score board. */
static void *look_on(void *arg)
{
	struct shm *shm = arg;
	struct ring_reader at = { 0 };
	struct ring_entry entry;
	uint64_t newest = 0;

	while (newest < PEERS * PUSHES) {
		enum ring_read got = ring_read(shm, &at, &entry);

		if (got == RING_GOT && entry.number > newest)
			newest = entry.number;
		else if (got == RING_LOST && ring_committed(shm, 0) > newest)
			newest = ring_committed(shm, 0);
		(void)edition_is_accounted(shm, 1);
		(void)scoreboard_get(shm, scoreboard_writer(shm), METRIC_DOCUMENTS_WRITTEN);
	}
	return NULL;
}

static void the_writer_and_its_peers_share_what_they_say(void **state)
{
	struct stage stage;
	struct peer_thread peers[PEERS];
	pthread_t threads[PEERS], writer, onlooker;
	int ends[2], *status;

	(void)state;
	stage_prepare(&stage);
	assert_int_equal(channel_pair(ends), RC_OK);
	stage.channel = ends[0];
	const struct writer_inheritance inheritance = { .shm = stage.shm,
							.channel = ends[1],
							.control = stage.control,
							.lock = -1,
							.db = stage.db };

	assert_int_equal(pthread_create(&writer, NULL, write_all, (void *)(uintptr_t)&inheritance),
			 0);
	stage_await_ready(&stage);
	assert_int_equal(pthread_create(&onlooker, NULL, look_on, stage.shm), 0);
	for (unsigned i = 0; i < PEERS; i++) {
		peers[i] = (struct peer_thread){ .line = link_open(&stage), .number = i };
		assert_int_equal(pthread_create(&threads[i], NULL, push_all, &peers[i]), 0);
	}
	for (unsigned i = 0; i < PEERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		line_close(&peers[i].line);
	}
	assert_int_equal(pthread_join(onlooker, NULL), 0);
	/* The master is gone: the writer goes home. */
	(void)close(stage.channel);
	assert_int_equal(pthread_join(writer, (void **)&status), 0);
	assert_int_equal(*status, EXIT_SUCCESS);
	(void)close(ends[1]);
	stage_free(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_published_is_visible),
		cmocka_unit_test(who_begins_to_follow_misses_nothing),
		cmocka_unit_test(the_writer_and_its_peers_share_what_they_say),
	};

	store_add_backend(&backend_sqlite);
	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
