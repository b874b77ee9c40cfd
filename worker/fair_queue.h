/* A queue that is shared fairly between tokens: which of the requests that wait is
 * next, and whether one more may wait. Used by writer_link.c.
 *
 * Next. Tokens take turns; each may take FAIR_TURN bytes in a turn, and saves up what
 * it does not take as long as it waits for a larger request (deficit round robin,
 * Shreedhar and Varghese). So a small request waits for one turn of each other token,
 * however much these have queued. Requests of one token stay in their order.
 *
 * How far ahead. What was taken and not removed lies before anything that comes later,
 * also before items whose turn is earlier. So a token may have only FAIR_AHEAD bytes
 * taken, or one request, while others are about: some have requests in the queue, or
 * had among the last FAIR_MEMORY bytes.
 *
 * How many. A token may have FAIR_TIMES as much waiting as is still free for all. Alone
 * it gets 7/8 of the queue; the more tokens fill it, the less each may have, and there
 * is always some room for a token that has nothing waiting (dynamic thresholds,
 * Choudhury and Hahne). */
#ifndef WORKER_FAIR_QUEUE_H
#define WORKER_FAIR_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define FAIR_TURN ((size_t)64 << 10)
#define FAIR_SMALL FAIR_TURN
#define FAIR_TIMES 7
#define FAIR_AHEAD ((size_t)1 << 20)
#define FAIR_MEMORY ((size_t)64 << 20)

struct fair_share;
struct fair_queue;

/* To be embedded in what waits. */
struct fair_item {
	TAILQ_ENTRY(fair_item) next;
	struct fair_share *share;
	size_t bytes;
	bool taken; /* by fair_queue_take */
};

struct fair_queue *fair_queue_new(size_t count_max, size_t bytes_max);
/* It must be empty. */
void fair_queue_free(struct fair_queue *queue);

/* May a request of so many bytes wait, of the token with this key? One that is larger
 * than a quarter of the queue may if there is room for any. */
bool fair_queue_admits(const struct fair_queue *queue, uint64_t key, size_t bytes);
void fair_queue_add(struct fair_queue *queue, struct fair_item *item, uint64_t key, size_t bytes);
/* The next one that was not taken yet; NULL if there is none, or all are of tokens that
 * have enough taken. It counts as waiting until it is removed. */
struct fair_item *fair_queue_take(struct fair_queue *queue);
/* The same, of requests of at most FAIR_SMALL bytes alone, and not of the token that
 * `but`, unless it is NULL, is of: for a time when no large one may be taken. */
struct fair_item *fair_queue_take_small(struct fair_queue *queue, const struct fair_item *but);
void fair_queue_remove(struct fair_queue *queue, struct fair_item *item);
/* The number of those that were added and not removed. */
size_t fair_queue_count(const struct fair_queue *queue);

#endif
