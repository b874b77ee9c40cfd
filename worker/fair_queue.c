/* The shares of tokens in a queue, for writer_link.c. A share exists while its token
 * has requests in the queue, so there are never more shares than requests. */
#include "worker/fair_queue.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

TAILQ_HEAD(item_list, fair_item);
TAILQ_HEAD(share_list, fair_share);

struct fair_share {
	TAILQ_ENTRY(fair_share) next;  /* of all */
	TAILQ_ENTRY(fair_share) after; /* of those that are ready */
	struct item_list ready;        /* not taken yet */
	uint64_t key;
	size_t count, bytes; /* taken or not */
	size_t taken;        /* bytes of those that were taken */
	size_t saved;        /* bytes that it may take */
};

struct fair_queue {
	struct share_list all;
	struct share_list ready; /* with items that were not taken, in the order of their turns */
	size_t count_max, bytes_max;
	size_t count, bytes;
	uint64_t last;     /* key of the last one taken */
	size_t last_bytes; /* taken of that key alone, up to FAIR_MEMORY */
};

struct fair_queue *fair_queue_new(size_t count_max, size_t bytes_max)
{
	struct fair_queue *queue = mem_alloc(sizeof(*queue));

	TAILQ_INIT(&queue->all);
	TAILQ_INIT(&queue->ready);
	queue->count_max = count_max;
	queue->bytes_max = bytes_max;
	queue->last_bytes = FAIR_MEMORY;
	return queue;
}

void fair_queue_free(struct fair_queue *queue)
{
	assert(TAILQ_EMPTY(&queue->all));
	free(queue);
}

static struct fair_share *share_find(const struct fair_queue *queue, uint64_t key)
{
	struct fair_share *share;

	TAILQ_FOREACH(share, &queue->all, next)
	if (share->key == key)
		return share;
	return NULL;
}

static bool fits(size_t share, size_t total, size_t more, size_t max)
{
	if (total >= max)
		return false;
	if (more > max / 4)
		return true;
	return total + more <= max && share + more <= FAIR_TIMES * (max - total - more);
}

bool fair_queue_admits(const struct fair_queue *queue, uint64_t key, size_t bytes)
{
	const struct fair_share *share = share_find(queue, key);

	return fits(share ? share->count : 0, queue->count, 1, queue->count_max) &&
	       fits(share ? share->bytes : 0, queue->bytes, bytes, queue->bytes_max);
}

static struct fair_share *share_new(struct fair_queue *queue, uint64_t key)
{
	struct fair_share *share = mem_alloc(sizeof(*share));

	share->key = key;
	TAILQ_INIT(&share->ready);
	TAILQ_INSERT_TAIL(&queue->all, share, next);
	return share;
}

void fair_queue_add(struct fair_queue *queue, struct fair_item *item, uint64_t key, size_t bytes)
{
	struct fair_share *share = share_find(queue, key);

	if (share == NULL)
		share = share_new(queue, key);
	*item = (struct fair_item){ .share = share, .bytes = bytes };
	if (TAILQ_EMPTY(&share->ready))
		TAILQ_INSERT_TAIL(&queue->ready, share, after);
	TAILQ_INSERT_TAIL(&share->ready, item, next);
	share->count++;
	share->bytes += bytes;
	queue->count++;
	queue->bytes += bytes;
}

/* ---- How far ahead ---- */

static bool others_are_about(const struct fair_queue *queue)
{
	const struct fair_share *first = TAILQ_FIRST(&queue->all);

	return queue->last_bytes < FAIR_MEMORY || (first && TAILQ_NEXT(first, next));
}

/* The first item of all interleaves with no other. */
static void remember(struct fair_queue *queue, const struct fair_item *item)
{
	const uint64_t key = item->share->key;

	if (queue->last != key && queue->last)
		queue->last_bytes = 0;
	else if (queue->last_bytes < FAIR_MEMORY)
		queue->last_bytes += item->bytes;
	queue->last = key;
}

static bool has_enough(const struct fair_share *share)
{
	const struct fair_item *item = TAILQ_FIRST(&share->ready);

	return share->taken > 0 && share->taken + item->bytes > FAIR_AHEAD;
}

/* Moves the shares that have enough behind those that do not; the first one then, or
 * NULL if all have. */
static struct fair_share *share_next(struct fair_queue *queue)
{
	struct fair_share *share = TAILQ_FIRST(&queue->ready), *last;

	if (share == NULL || !others_are_about(queue))
		return share;
	last = TAILQ_LAST(&queue->ready, share_list);
	while (has_enough(share)) {
		TAILQ_REMOVE(&queue->ready, share, after);
		TAILQ_INSERT_TAIL(&queue->ready, share, after);
		if (share == last)
			return NULL;
		share = TAILQ_FIRST(&queue->ready);
	}
	return share;
}

/* ---- Next ---- */

static void share_take(struct fair_queue *queue, struct fair_share *share, struct fair_item *item)
{
	TAILQ_REMOVE(&share->ready, item, next);
	item->taken = true;
	if (!TAILQ_EMPTY(&share->ready))
		return;
	TAILQ_REMOVE(&queue->ready, share, after);
	share->saved = 0;
}

struct fair_item *fair_queue_take(struct fair_queue *queue)
{
	struct fair_share *share;

	while ((share = share_next(queue)) != NULL) {
		struct fair_item *item = TAILQ_FIRST(&share->ready);

		if (item->bytes <= share->saved) {
			share->saved -= item->bytes;
			share->taken += item->bytes;
			remember(queue, item);
			share_take(queue, share, item);
			return item;
		}
		share->saved += FAIR_TURN;
		TAILQ_REMOVE(&queue->ready, share, after);
		TAILQ_INSERT_TAIL(&queue->ready, share, after);
	}
	return NULL;
}

struct fair_item *fair_queue_take_small(struct fair_queue *queue, const struct fair_item *but)
{
	struct fair_share *share;
	struct fair_item *item;

	TAILQ_FOREACH(share, &queue->ready, after)
	{
		item = TAILQ_FIRST(&share->ready);
		if (item->bytes <= FAIR_SMALL && (but == NULL || but->share != share))
			break;
	}
	if (share == NULL)
		return NULL;
	share->saved -= item->bytes < share->saved ? item->bytes : share->saved;
	share->taken += item->bytes;
	TAILQ_REMOVE(&queue->ready, share, after);
	TAILQ_INSERT_TAIL(&queue->ready, share, after);
	remember(queue, item);
	share_take(queue, share, item);
	return item;
}

void fair_queue_remove(struct fair_queue *queue, struct fair_item *item)
{
	struct fair_share *share = item->share;

	if (!item->taken)
		share_take(queue, share, item);
	else
		share->taken -= item->bytes;
	share->count--;
	share->bytes -= item->bytes;
	queue->count--;
	queue->bytes -= item->bytes;
	if (share->count > 0)
		return;
	TAILQ_REMOVE(&queue->all, share, next);
	free(share);
}

size_t fair_queue_count(const struct fair_queue *queue)
{
	return queue->count;
}
