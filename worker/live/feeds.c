/* The table of feeds. Called by worker/live/hint_reader (hints) and
 * worker/live/subscriber (memberships). */
#include "worker/live/feeds.h"

#include "base/hash.h"
#include "base/mem.h"
#include "shm/ring.h"

#include <assert.h>
#include <stdlib.h>

#define TABLE_START 64

struct feeds {
	struct feed_shared shared;
	struct feed **table;
	size_t size, count;
	on_feeds_started *on_started;
	void *arg;
};

/* ---- The table ---- */

static struct feed **feeds_bucket(struct feeds *feeds, uint64_t hash)
{
	return &feeds->table[hash & (feeds->size - 1)];
}

static void feeds_grow(struct feeds *feeds)
{
	struct feed **old = feeds->table;
	size_t old_size = feeds->size;
	struct feed *feed, *next;

	feeds->size = old_size ? old_size * 2 : TABLE_START;
	feeds->table = mem_array(feeds->size, sizeof(struct feed *));
	for (size_t i = 0; i < old_size; i++) {
		for (feed = old[i]; feed; feed = next) {
			next = feed->next_in_bucket;
			feed->next_in_bucket = *feeds_bucket(feeds, feed->hash);
			*feeds_bucket(feeds, feed->hash) = feed;
		}
	}
	free(old);
}

static struct feed *feeds_add(struct feeds *feeds, struct slice group)
{
	struct feed *feed = feed_new(&feeds->shared, group);

	if (feeds->count >= feeds->size)
		feeds_grow(feeds);
	feed->next_in_bucket = *feeds_bucket(feeds, feed->hash);
	*feeds_bucket(feeds, feed->hash) = feed;
	feeds->count++;
	return feed;
}

static void feeds_remove(struct feeds *feeds, struct feed *feed)
{
	struct feed **at = feeds_bucket(feeds, feed->hash);

	while (*at != feed)
		at = &(*at)->next_in_bucket;
	*at = feed->next_in_bucket;
	feeds->count--;
	feed_free(feed);
}

void feeds_join(struct feeds *feeds, struct membership *membership, struct slice group)
{
	struct feed *feed = feeds->size ? *feeds_bucket(feeds, hash_of(group)) : NULL;

	while (feed && !slice_equal(feed_group(feed), group))
		feed = feed->next_in_bucket;
	if (feed == NULL)
		feed = feeds_add(feeds, group);
	feed_join(feed, membership);
}

/* Works off the feeds that are due, one round in each turn of the loop. */
static void on_turn(evutil_socket_t unused, short what, void *arg)
{
	struct feeds *feeds = arg;
	struct feed_list now = TAILQ_HEAD_INITIALIZER(now);
	struct feed *feed;

	(void)unused;
	(void)what;
	TAILQ_CONCAT(&now, &feeds->shared.due, next_due);
	TAILQ_FOREACH(feed, &now, next_due)
	feed_settle(feed);
	while ((feed = TAILQ_FIRST(&now)) != NULL) {
		TAILQ_REMOVE(&now, feed, next_due);
		feed->due = false;
		if (feed_is_unused(feed))
			feeds_remove(feeds, feed);
		else
			feed_turn(feed);
	}
}

/* ---- Hints ---- */

void feeds_hint(struct feeds *feeds, uint64_t hash, uint64_t number)
{
	struct feed *feed = feeds->size ? *feeds_bucket(feeds, hash) : NULL;

	for (; feed; feed = feed->next_in_bucket) {
		if (feed->hash != hash)
			continue;
		feed_advance(feed);
		feed_hint(feed, number);
	}
}

void feeds_announce(struct feeds *feeds, uint64_t number)
{
	if (number > feeds->shared.announced.seq)
		feeds->shared.announced.seq = number;
}

void feeds_overrun(struct feeds *feeds, const struct shm *shm)
{
	/* Read first: `announced` must not pass a commit that is counted in its bucket
	 * only after the bucket has been compared. */
	uint64_t committed = ring_committed(shm);

	for (size_t i = 0; i < feeds->size; i++)
		for (struct feed *feed = feeds->table[i]; feed; feed = feed->next_in_bucket)
			if (ring_bucket(shm, feed->hash) > feed->hinted)
				feed_refresh(feed);
	feeds_announce(feeds, committed);
}

static void on_refreshed_head(void *arg, enum rc rc, const struct store_cursor *head)
{
	if (rc == RC_OK)
		feeds_announce(arg, head->seq);
}

void feeds_refresh(struct feeds *feeds)
{
	for (size_t i = 0; i < feeds->size; i++)
		for (struct feed *feed = feeds->table[i]; feed; feed = feed->next_in_bucket)
			feed_refresh(feed);
	store_head(feeds->shared.store, on_refreshed_head, feeds);
}

/* ---- All of them ---- */

struct feeds *feeds_new(struct event_base *base, struct store *store,
			const struct counters *counters)
{
	struct feeds *feeds = mem_alloc(sizeof(*feeds));

	feeds->shared.store = store;
	feeds->shared.counters = counters;
	TAILQ_INIT(&feeds->shared.due);
	feeds->shared.turn = evtimer_new(base, on_turn, feeds);
	if (feeds->shared.turn == NULL) {
		free(feeds);
		return NULL;
	}
	return feeds;
}

/* Hints may have been read since it was asked for. */
static void on_first_head(void *arg, enum rc rc, const struct store_cursor *head)
{
	struct feeds *feeds = arg;

	if (rc == RC_OK) {
		assert(head->epoch != 0);
		feeds->shared.announced.epoch = head->epoch;
		feeds_announce(feeds, head->seq);
	}
	feeds->on_started(feeds->arg, rc);
}

void feeds_start(struct feeds *feeds, on_feeds_started *on_started, void *arg)
{
	assert(feeds->on_started == NULL);
	feeds->on_started = on_started;
	feeds->arg = arg;
	store_head(feeds->shared.store, on_first_head, feeds);
}

struct store_cursor feeds_announced(const struct feeds *feeds)
{
	return feeds->shared.announced;
}

void feeds_free(struct feeds *feeds)
{
	if (feeds == NULL)
		return;
	for (size_t i = 0; i < feeds->size; i++)
		while (feeds->table[i])
			feeds_remove(feeds, feeds->table[i]);
	event_free(feeds->shared.turn);
	free(feeds->table);
	free(feeds);
}
