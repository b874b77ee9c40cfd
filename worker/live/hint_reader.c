/* From the ring to feeds, and from the generation of tokens to streams. Called by
 * worker/worker when the slot is woken. See also writer/hints, which writes the
 * ring. */
#include "worker/live/hint_reader.h"

#include "base/log.h"
#include "base/mem.h"
#include "shm/generation.h"
#include "shm/ring.h"
#include "shm/wake.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define OVERRUNS_MAX 100 /* in a row */

struct hint_reader {
	const struct counters *counters;
	struct feeds *feeds;
	struct streams *streams;
	struct ring_reader ring;
	uint64_t resyncs;            /* shm_resyncs() that were followed */
	uint64_t repairs;            /* the same of shm_repairs() */
	uint64_t newest[RING_LANES]; /* the highest numbers that were read in the ring */
	uint64_t tokens;             /* the generation of tokens that streams were checked for */
};

/* Another process has written to the shared memory. What this one believes may be wrong
 * in ways that it cannot see, so it ends; its successor asks the database. The writer
 * repairs the memory (writer/shm_watch.c). */
static _Noreturn void spoiled(const char *reason)
{
	log_error("ring_spoiled", LOG_TEXT("reason", reason));
	_Exit(EXIT_FAILURE);
}

/* The writer died: between its commit and its first hint it may have left changes that
 * no hint names. Or the database has begun a new epoch. This comes before anything that
 * the ring has after that. True: numbers begin anew, and those that were just read in
 * the ring may be of before. */
static bool check_resyncs(struct hint_reader *reader)
{
	const uint64_t before = reader->resyncs;
	bool restarted;

	reader->resyncs = shm_resyncs(reader->counters->shm);
	restarted = shm_has_restarted(before, reader->resyncs);
	if (restarted)
		memset(reader->newest, 0, sizeof(reader->newest));
	if (reader->resyncs != before) {
		feeds_resync(reader->feeds, restarted);
		streams_recheck_all(reader->streams);
	}
	return restarted;
}

/* What all buckets account for, and so more than any number in the ring. */
static uint64_t committed(struct hint_reader *reader, unsigned lane)
{
	const uint64_t number = ring_committed(reader->counters->shm, lane);

	if (number > reader->newest[lane])
		reader->newest[lane] = number;
	return number;
}

/* The ring has lapped this reader, or there is another writer. */
static void on_overrun(struct hint_reader *reader)
{
	uint64_t numbers[RING_LANES];

	(void)check_resyncs(reader);
	counters_add(reader->counters, METRIC_RING_OVERRUNS, 1);
	for (unsigned lane = 0; lane < RING_LANES; lane++)
		numbers[lane] = committed(reader, lane);
	feeds_overrun(reader->feeds, numbers);
}

static void on_group(struct hint_reader *reader, const struct ring_entry *entry)
{
	const unsigned lane = entry->lane;

	if (entry->number > committed(reader, lane) || entry->before > reader->newest[lane]) {
		if (check_resyncs(reader))
			return;
		spoiled("a hint of a commit that has not been");
	}
	/* A feed that had nothing to do is current up to the commit before. */
	feeds_announce(reader->feeds, lane, entry->before);
	feeds_hint(reader->feeds, entry->key, lane, entry->number);
	if (entry->last)
		feeds_announce(reader->feeds, lane, entry->number);
}

/* After RING_LOST the reader continues at the head, where nothing can be lost unless
 * the writer publishes a whole lap meanwhile. Again and again that does not happen: the
 * head and the entries contradict each other, because another process has written to
 * them, and this loop would never end. */
static void check_overruns(unsigned in_a_row)
{
	if (in_a_row > OVERRUNS_MAX)
		spoiled("no place of the ring can be read");
}

/* Reads all that is in the ring now. Commits without a hint are announced as well:
 * no subscriber here follows their groups. */
static void read_ring(struct hint_reader *reader)
{
	const unsigned lanes = ring_lanes(reader->counters->shm);
	uint64_t published[RING_LANES];
	struct ring_entry entry;
	enum ring_read got;
	unsigned overruns = 0;

	for (unsigned lane = 0; lane < lanes; lane++)
		published[lane] = ring_published(reader->counters->shm, lane);
	while ((got = ring_read(reader->counters->shm, &reader->ring, &entry)) != RING_EMPTY) {
		overruns = got == RING_LOST ? overruns + 1 : 0;
		check_overruns(overruns);
		if (got == RING_LOST)
			on_overrun(reader);
		else
			on_group(reader, &entry);
	}
	if (check_resyncs(reader))
		return;
	for (unsigned lane = 0; lane < lanes; lane++) {
		if (published[lane] > committed(reader, lane))
			spoiled("hints of commits that have not been");
		feeds_announce(reader->feeds, lane, published[lane]);
	}
}

/* All workers are woken when a change of tokens has ended; while one is in progress,
 * that is still to come. */
static void read_tokens(struct hint_reader *reader)
{
	uint64_t tokens = generation_tokens_read(reader->counters->shm);

	if (tokens == GENERATION_NONE || tokens == reader->tokens)
		return;
	reader->tokens = tokens;
	streams_recheck_all(reader->streams);
}

/* The memory was repaired: is there anything that this process has believed before? */
static void check_repairs(struct hint_reader *reader)
{
	const uint64_t repairs = shm_repairs(reader->counters->shm);

	if (repairs == reader->repairs)
		return;
	reader->repairs = repairs;
	for (unsigned lane = 0; lane < RING_LANES; lane++)
		if (reader->newest[lane] > ring_committed(reader->counters->shm, lane))
			spoiled("numbers of commits that have not been");
}

void hint_reader_poll(struct hint_reader *reader)
{
	read_ring(reader);
	read_tokens(reader);
	check_repairs(reader);
}

void hint_reader_wake(struct hint_reader *reader)
{
	struct shm *shm = reader->counters->shm;
	unsigned slot = reader->counters->slot;

	wake_drain(shm, slot);
	read_ring(reader);
	ring_reader_arm(shm, &reader->ring, slot);
	/* Hints that came before the arming did not wake this worker. */
	hint_reader_poll(reader);
}

void hint_reader_beat(struct hint_reader *reader)
{
	/* Another process may have disarmed the slot without waking it. */
	ring_reader_arm(reader->counters->shm, &reader->ring, reader->counters->slot);
	if (!feeds_are_followed(reader->feeds))
		spoiled("a group is not followed any more");
	hint_reader_poll(reader);
}

static void on_restart(void *arg)
{
	const struct hint_reader *reader = arg;

	log_warn("streams_restarted", LOG_NUMBER("streams", streams_count(reader->streams)));
	streams_end(reader->streams);
}

struct hint_reader *hint_reader_new(const struct counters *counters, struct feeds *feeds,
				    struct streams *streams)
{
	struct hint_reader *reader = mem_alloc(sizeof(*reader));

	assert(counters && feeds && streams);
	*reader = (struct hint_reader){ .counters = counters, .feeds = feeds, .streams = streams };
	reader->resyncs = shm_resyncs(counters->shm);
	reader->repairs = shm_repairs(counters->shm);
	reader->tokens = generation_tokens_read(counters->shm);
	ring_reader_start(counters->shm, &reader->ring);
	feeds_on_restart(feeds, on_restart, reader);
	return reader;
}

void hint_reader_free(struct hint_reader *reader)
{
	free(reader);
}
