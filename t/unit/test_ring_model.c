/* The ring at work: a database of KEYS numbers, a producer that commits and publishes
 * and is killed while doing so, readers that follow by the hints alone. */
#include "ring_kit.h"

#include "shm/wake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KEYS 61
#define READERS 2

struct model {
	struct shm *shm;
	atomic_uint_least64_t docs[KEYS]; /* the newest number of each key */
	atomic_uint_least64_t head;       /* the newest number of all */
	atomic_uint_least64_t end; /* readers leave when they have come to it; 0: not yet known */
};

static uint64_t key_of(uint64_t number)
{
	return number * UINT64_C(0x9e3779b97f4a7c15) % KEYS;
}

/* In another process or thread there is no cmocka. */
static void must(bool held, const char *what)
{
	if (held)
		return;
	fprintf(stderr, "test_ring: not so: %s\n", what);
	abort();
}

static void model_commit(struct model *model, unsigned count)
{
	uint64_t number = atomic_load(&model->head);
	struct ring_entry entries[8];

	for (unsigned i = 0; i < count; i++) {
		number++;
		entries[i] = (struct ring_entry){ .key = key_of(number),
						  .number = number,
						  .last = number % 3 == 0 };
		atomic_store(&model->docs[key_of(number)], number);
	}
	atomic_store(&model->head, number);
	ring_commit(model->shm, entries, count);
	ring_publish(model->shm, entries, count);
}

static void model_resync(struct model *model, uint64_t *known)
{
	uint64_t committed = ring_committed(model->shm, 0);

	for (uint64_t key = 0; key < KEYS; key++) {
		if (ring_bucket(model->shm, key, 0) > known[key])
			known[key] = atomic_load(&model->docs[key]);
		/* Nothing up to `committed` is missing; what the key has beyond it may
		 * or may not be known yet. */
		must(known[key] >= committed || atomic_load(&model->docs[key]) == known[key] ||
			     atomic_load(&model->docs[key]) > committed,
		     "all up to the committed number is known after a loss");
	}
}

static void model_learn(const struct ring_entry *got, uint64_t *known, uint64_t *last)
{
	must(got->key == key_of(got->number) && got->last == (got->number % 3 == 0),
	     "an entry is whole");
	must(*last == 0 || got->number == *last + 1, "no number is skipped without RING_LOST");
	*last = got->number;
	if (got->number > known[got->key])
		known[got->key] = got->number;
}

/* Reads until there is none. */
static void model_follow(struct model *model, struct ring_reader *reader, uint64_t *known,
			 uint64_t *last)
{
	struct ring_entry got;
	enum ring_read read;

	while ((read = ring_read(model->shm, reader, &got)) != RING_EMPTY) {
		if (read == RING_GOT) {
			model_learn(&got, known, last);
		} else {
			model_resync(model, known);
			*last = 0;
		}
	}
}

static bool model_is_current(struct model *model, const uint64_t *known)
{
	if (atomic_load(&model->end) == 0)
		return false;
	for (unsigned key = 0; key < KEYS; key++)
		if (known[key] != atomic_load(&model->docs[key]))
			return false;
	return true;
}

/* Sleeps whenever it may, so a wake-up that is lost would make it sleep for ever. */
static void model_reader(struct model *model, unsigned slot)
{
	struct pollfd fd = { .fd = wake_fd(model->shm, slot), .events = POLLIN };
	struct ring_reader reader;
	uint64_t known[KEYS] = { 0 };
	uint64_t last = 0;

	ring_reader_start(model->shm, &reader);
	for (;;) {
		model_follow(model, &reader, known, &last);
		wake_arm(model->shm, slot);
		model_follow(model, &reader, known, &last);
		if (model_is_current(model, known))
			return;
		must(poll(&fd, 1, -1) == 1, "a slot is woken");
		wake_drain(model->shm, slot);
	}
}

static struct model *model_new(void)
{
	struct model *model = mmap(NULL, sizeof(*model), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(model != MAP_FAILED);
	model->shm = ring_kit_new(READERS);
	return model;
}

static void model_free(struct model *model)
{
	shm_free(model->shm);
	(void)munmap(model, sizeof(*model));
}

/* The last commit and the sign to leave. */
static void model_end(struct model *model)
{
	atomic_store(&model->end, 1);
	model_commit(model, 3);
}

static pid_t fork_process(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static void join(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void fork_readers(struct model *model, pid_t *pids)
{
	for (unsigned slot = 0; slot < READERS; slot++) {
		pids[slot] = fork_process();
		if (pids[slot] == 0) {
			model_reader(model, slot);
			_exit(0);
		}
	}
}

static _Noreturn void produce_for_ever(struct model *model)
{
	ring_attach(model->shm, RING_HEADS(atomic_load(&model->head)));
	for (unsigned n = 0;; n++)
		model_commit(model, n % 8 + 1);
}

static void producers_are_killed_and_readers_neither_err_nor_sleep_on(void **state)
{
	struct model *model = model_new();
	pid_t readers[READERS], producer;
	unsigned seed = 20260101;

	(void)state;
	fork_readers(model, readers);
	for (unsigned life = 0; life < 300; life++) {
		uint64_t until = atomic_load(&model->head) + (uint64_t)(rand_r(&seed) % 3000);
		struct timespec pause = { .tv_nsec = rand_r(&seed) % 300000 };

		producer = fork_process();
		if (producer == 0)
			produce_for_ever(model);
		while (life % 2 && atomic_load(&model->head) < until)
			sched_yield();
		if (life % 2 == 0)
			(void)nanosleep(&pause, NULL); /* also while it attaches */
		assert_int_equal(kill(producer, SIGKILL), 0);
		assert_int_equal(waitpid(producer, NULL, 0), producer);
		shm_resync(model->shm);
	}
	ring_attach(model->shm, RING_HEADS(atomic_load(&model->head)));
	model_end(model);
	for (unsigned slot = 0; slot < READERS; slot++)
		join(readers[slot]);
	assert_true(atomic_load(&model->head) > 10000);
	model_free(model);
}

/* A reader that keeps to the place which the producer is about to overwrite meets
 * entries in the making all the time. */
static void a_reader_about_to_be_lapped_reads_whole_entries_or_none(void **state)
{
	struct model *model = model_new();
	pid_t producer = fork_process();
	unsigned got = 0, lost = 0, back = 0;

	(void)state;
	if (producer == 0)
		produce_for_ever(model);
	while (got < 4000 && lost < 50000000) { /* on a single core there may be few to be got */
		struct ring_entry entry;
		struct ring_reader reader;
		enum ring_read read;

		ring_reader_start(model->shm, &reader);
		back = back % 8 + 1; /* a commit has up to 8 entries, and the head is beyond them
					before they are written */
		reader.next -= RING_SIZE + back;
		read = ring_read(model->shm, &reader, &entry);
		if (read == RING_GOT && entry.number)
			must(entry.key == key_of(entry.number), "an entry is whole");
		got += read == RING_GOT && entry.number;
		lost += read == RING_LOST;
	}
	assert_int_equal(kill(producer, SIGKILL), 0);
	assert_int_equal(waitpid(producer, NULL, 0), producer);
	model_free(model);
}

/* A reader of its own: acknowledges each commit, and sleeps when there is none. */
static void acknowledge(struct shm *shm, unsigned slot, struct ring_reader *reader, int acks,
			uint64_t rounds)
{
	struct pollfd fd = { .fd = wake_fd(shm, slot), .events = POLLIN };
	struct ring_entry got = { 0 };

	while (got.number < rounds) {
		if (ring_read(shm, reader, &got) == RING_GOT) {
			must(write(acks, "", 1) == 1, "the pipe takes a byte");
			continue;
		}
		wake_arm(shm, slot);
		if (ring_read(shm, reader, &got) == RING_GOT) {
			must(write(acks, "", 1) == 1, "the pipe takes a byte");
			continue;
		}
		must(poll(&fd, 1, -1) == 1, "a slot is woken");
		wake_drain(shm, slot);
	}
	_exit(0);
}

/* One commit at a time, the next when both readers have taken it: each needs its
 * wake-up. */
static void no_wake_up_is_lost(void **state)
{
	const uint64_t rounds = 20000;
	struct shm *shm = ring_kit_new(READERS);
	pid_t readers[READERS];
	int acks[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(acks), 0);
	for (unsigned slot = 0; slot < READERS; slot++) {
		struct ring_reader reader;

		ring_reader_start(shm, &reader);
		readers[slot] = fork_process();
		if (readers[slot] == 0)
			acknowledge(shm, slot, &reader, acks[1], rounds);
	}
	for (uint64_t n = 1; n <= rounds; n++) {
		ring_kit_publish(shm, 1, n);
		for (unsigned slot = 0; slot < READERS; slot++)
			assert_int_equal(read(acks[0], &byte, 1), 1);
	}
	for (unsigned slot = 0; slot < READERS; slot++)
		join(readers[slot]);
	(void)close(acks[0]);
	(void)close(acks[1]);
	shm_free(shm);
}

struct thread {
	struct model *model;
	unsigned slot;
};

static void *thread_reader(void *arg)
{
	const struct thread *thread = arg;

	model_reader(thread->model, thread->slot);
	return NULL;
}

/* The same in one process, for ThreadSanitizer. */
static void threads_follow_without_a_race(void **state)
{
	struct model *model = model_new();
	pthread_t readers[READERS];
	struct thread threads[READERS];

	(void)state;
	for (unsigned slot = 0; slot < READERS; slot++) {
		threads[slot] = (struct thread){ model, slot };
		assert_int_equal(
			pthread_create(&readers[slot], NULL, thread_reader, &threads[slot]), 0);
	}
	for (unsigned n = 0; n < 50000; n++) {
		model_commit(model, n % 8 + 1);
		if (n % 16 == 0)
			sched_yield();
		if (n % 5000 == 4999)
			ring_attach(model->shm, RING_HEADS(atomic_load(&model->head)));
	}
	model_end(model);
	for (unsigned slot = 0; slot < READERS; slot++)
		assert_int_equal(pthread_join(readers[slot], NULL), 0);
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(producers_are_killed_and_readers_neither_err_nor_sleep_on),
		cmocka_unit_test(a_reader_about_to_be_lapped_reads_whole_entries_or_none),
		cmocka_unit_test(no_wake_up_is_lost),
		cmocka_unit_test(threads_follow_without_a_race),
	};

	(void)alarm(300); /* a lost wake-up is a sleep without end */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
