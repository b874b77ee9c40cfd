/* The table of feeds. Called by worker/live/hint_reader (hints) and
 * worker/live/subscriber (memberships). */
#include "worker/live/feeds_state.h"

#include "base/array.h"
#include "base/hash.h"
#include "base/mem.h"
#include "shm/followers.h"
#include "shm/ring.h"

#include <assert.h>
#include <stdlib.h>

#define TABLE_START 64
/* Feeds that one turn of the loop works off at most, with a query each, so that a
 * worker with many still answers others in between. */
#define TURN_FEEDS 128

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
	feeds_scan_again(feeds);
}

static struct feed *feeds_add(struct feeds *feeds, struct slice group)
{
	struct feed *feed;

	/* First: see followers.h. */
	followers_add(feeds->shared.counters->shm, feeds->follower, hash_of(group));
	feed = feed_new(&feeds->shared, group);
	if (feeds->count >= feeds->size)
		feeds_grow(feeds);
	feed->next_in_bucket = *feeds_bucket(feeds, feed->hash);
	*feeds_bucket(feeds, feed->hash) = feed;
	feeds->count++;
	return feed;
}

/* Feeds whose hashes share a bucket of the ring lie RING_BUCKETS places apart, or in
 * one place of a smaller table. */
static bool feeds_has_bucket(const struct feeds *feeds, uint64_t hash)
{
	for (size_t at = hash & (feeds->size - 1) & (RING_BUCKETS - 1); at < feeds->size;
	     at += RING_BUCKETS)
		for (const struct feed *feed = feeds->table[at]; feed; feed = feed->next_in_bucket)
			if (feed->hash % RING_BUCKETS == hash % RING_BUCKETS)
				return true;
	return false;
}

static void feeds_remove(struct feeds *feeds, struct feed *feed)
{
	const uint64_t hash = feed->hash;
	struct feed **at = feeds_bucket(feeds, feed->hash);

	while (*at != feed)
		at = &(*at)->next_in_bucket;
	*at = feed->next_in_bucket;
	feeds->count--;
	feed_free(feed);
	if (!feeds_has_bucket(feeds, hash))
		followers_remove(feeds->shared.counters->shm, feeds->follower, hash);
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

static const struct timeval next_turn = { 0, 0 };

/* Works off feeds that are due. */
static void on_turn(evutil_socket_t unused, short what, void *arg)
{
	struct feeds *feeds = arg;
	struct feed_list *due = &feeds->shared.due;
	struct feed_list now = TAILQ_HEAD_INITIALIZER(now);
	struct feed *feed;

	(void)unused;
	(void)what;
	for (int i = 0; i < TURN_FEEDS && (feed = TAILQ_FIRST(due)) != NULL; i++) {
		TAILQ_REMOVE(due, feed, next_due);
		feed->list = &now;
		TAILQ_INSERT_TAIL(&now, feed, next_due);
		feed_settle(feed);
	}
	if (!TAILQ_EMPTY(due))
		event_add(feeds->shared.turn, &next_turn);
	while ((feed = TAILQ_FIRST(&now)) != NULL) {
		TAILQ_REMOVE(&now, feed, next_due);
		feed->list = NULL;
		if (feed_is_unused(feed))
			feeds_remove(feeds, feed);
		else
			feed_turn(feed);
	}
}

static void on_retry(evutil_socket_t unused, short what, void *arg)
{
	struct feeds *feeds = arg;
	struct feed *feed;

	(void)unused;
	(void)what;
	TAILQ_FOREACH(feed, &feeds->shared.later, next_due)
	feed->list = &feeds->shared.due;
	TAILQ_CONCAT(&feeds->shared.due, &feeds->shared.later, next_due);
	event_add(feeds->shared.turn, &next_turn);
}

/* ---- Hints ---- */

void feeds_hint(struct feeds *feeds, uint64_t hash, unsigned lane, uint64_t number)
{
	struct feed *feed = feeds->size ? *feeds_bucket(feeds, hash) : NULL;

	for (; feed; feed = feed->next_in_bucket) {
		if (feed->hash != hash || !feed_has_lane(feed, lane))
			continue;
		feed_advance(feed);
		feed_hint(feed, lane, number);
	}
}

void feeds_announce(struct feeds *feeds, unsigned lane, uint64_t number)
{
	struct feeds_scan *scan = &feeds->scan;

	/* These may be numbers of the next epoch, beyond those that it shares with the
	 * one that is announced: together they would belong to neither epoch. */
	if (feeds->known.epoch)
		feeds_raise(&feeds->held[lane], number);
	else if (!scan->running)
		feeds_raise(&feeds->shared.announced.seqs[lane], number);
	else if (!scan->again)
		feeds_raise(&scan->numbers[lane], number);
}

bool feeds_are_followed(struct feeds *feeds)
{
	const struct shm *shm = feeds->shared.counters->shm;
	bool are = true;

	for (size_t i = 0; i < FEEDS_TURN_PLACES && i < feeds->size; i++) {
		feeds->checked = (feeds->checked + 1) & (feeds->size - 1);
		for (const struct feed *feed = feeds->table[feeds->checked]; feed;
		     feed = feed->next_in_bucket)
			are &= followers_has_bit(shm, feeds->follower, feed->hash);
	}
	return are;
}

/* ---- All of them ---- */

struct feeds *feeds_new(struct event_base *base, struct store *store,
			const struct counters *counters, unsigned follower)
{
	struct feeds *feeds = mem_alloc(sizeof(*feeds));
	struct feed_shared *shared = &feeds->shared;

	feeds->follower = follower;
	shared->store = store;
	shared->counters = counters;
	TAILQ_INIT(&shared->due);
	TAILQ_INIT(&shared->later);
	shared->turn = evtimer_new(base, on_turn, feeds);
	shared->retry = evtimer_new(base, on_retry, feeds);
	if (shared->turn && shared->retry && feeds_scan_init(feeds, base) &&
	    feeds_epoch_init(feeds, base))
		return feeds;
	feeds_free(feeds);
	return NULL;
}

/* Hints may have been read since it was asked for. */
static void on_first_head(void *arg, enum rc rc, const struct store_places *head)
{
	struct feeds *feeds = arg;

	if (rc == RC_OK) {
		assert(head->epoch != 0);
		feeds->shared.announced.epoch = head->epoch;
		feeds->shared.announced.lanes = head->lanes;
		for (int lane = 0; lane < head->lanes; lane++)
			feeds_announce(feeds, (unsigned)lane, head->seqs[lane]);
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

void feeds_on_restart(struct feeds *feeds, on_feeds_restart *on_restart, void *arg)
{
	feeds->on_restart = on_restart;
	feeds->restart_arg = arg;
}

const struct store_places *feeds_announced(const struct feeds *feeds)
{
	return &feeds->shared.announced;
}

void feeds_free(struct feeds *feeds)
{
	if (feeds == NULL)
		return;

	struct event *events[] = { feeds->shared.turn, feeds->shared.retry, feeds->scan.next,
				   feeds->ask_later };

	for (size_t i = 0; i < feeds->size; i++)
		while (feeds->table[i])
			feeds_remove(feeds, feeds->table[i]);
	for (size_t i = 0; i < COUNT(events); i++)
		if (events[i])
			event_free(events[i]);
	free(feeds->table);
	free(feeds);
}
