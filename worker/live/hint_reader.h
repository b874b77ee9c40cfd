/* Reads the ring of hints (shm/ring.h), in which the writer publishes its
 * commits, and passes changed groups on to the feeds; makes streams check their tokens
 * if the generation of tokens has changed. */
#ifndef WORKER_LIVE_HINT_READER_H
#define WORKER_LIVE_HINT_READER_H

#include "worker/live/streams.h"

struct hint_reader;

/* Reads from now on: to be called before the feeds ask for the head (feeds_start). All
 * arguments are the caller's and must outlive it. */
struct hint_reader *hint_reader_new(const struct counters *counters, struct feeds *feeds,
				    struct streams *streams);
/* NULL is fine. */
void hint_reader_free(struct hint_reader *reader);
/* The slot was woken: reads all hints, and arms the wake-up. */
void hint_reader_wake(struct hint_reader *reader);
/* The same without wake-ups. For a process whose successor is woken for the slot, to be
 * called from time to time; and before a stream begins, so that feeds_announced keeps
 * up with the commits that do not wake this worker. */
void hint_reader_poll(struct hint_reader *reader);
/* The same each second: also arms the wake-up, and checks that shared memory is as this
 * process has left it. If it is not, or the ring contradicts itself, this and the above
 * end the process. */
void hint_reader_beat(struct hint_reader *reader);

#endif
