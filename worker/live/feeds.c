#include "worker/live/feed_state.h"

#include "base/hash.h"
#include "base/mem.h"
#include "shm/scoreboard.h"
#include "shm/wake.h"

#include <stdlib.h>

#define TABLE_START 64

/* ---- The
 * table -------------------------------------------------------------------------------
 */

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
	feeds->table = mem_array(feeds->size, sizeof(*feeds->table));
	for (size_t i = 0; i < old_size; i++) {
		for (feed = old[i]; feed; feed = next) {
			next = feed->next_in_bucket;
			feed->next_in_bucket = *feeds_bucket(feeds, feed->hash);
			*feeds_bucket(feeds, feed->hash) = feed;
		}
	}
	free(old);
}

static struct feed *feed_new(struct feeds *feeds, struct slice group)
{
	struct feed *feed = mem_alloc(sizeof(*feed));

	feed->feeds = feeds;
	feed->group = mem_copy(group.data, group.len);
	feed->group_len = group.len;
	feed->hash = hash_of(group);
	feed->wanted = feed->told = feeds->known.seq;
	feed->read = feeds->known;
	TAILQ_INIT(&feed->hints);
	TAILQ_INIT(&feed->docs);
	if (feeds->count >= feeds->size)
		feeds_grow(feeds);
	feed->next_in_bucket = *feeds_bucket(feeds, feed->hash);
	*feeds_bucket(feeds, feed->hash) = feed;
	feeds->count++;
	return feed;
}

static void feed_free(struct feed *feed)
{
	struct feeds *feeds = feed->feeds;
	struct feed **at = feeds_bucket(feeds, feed->hash);

	while (*at != feed)
		at = &(*at)->next_in_bucket;
	*at = feed->next_in_bucket;
	feeds->count--;
	if (feed->due)
		TAILQ_REMOVE(&feeds->due, feed, next_due);
	free(feed->group);
	free(feed);
}

void feed_join(struct feeds *feeds, struct membership *membership, struct slice group)
{
	struct feed *feed = feeds->size ? *feeds_bucket(feeds, hash_of(group)) : NULL;

	while (feed && !slice_equal(feed_group(feed), group))
		feed = feed->next_in_bucket;
	if (feed == NULL)
		feed = feed_new(feeds, group);
	membership->feed = feed;
	if (stream_has_docs(membership->stream))
		TAILQ_INSERT_TAIL(&feed->docs, membership, next);
	else
		TAILQ_INSERT_TAIL(&feed->hints, membership, next);
}

static bool feed_is_followed(const struct feed *feed)
{
	return !TAILQ_EMPTY(&feed->hints) || !TAILQ_EMPTY(&feed->docs);
}

bool feed_is_alive(struct feed *feed)
{
	if (feed_is_followed(feed))
		return true;
	if (!feed->reading && !feed->asking)
		feed_free(feed);
	return false;
}

void feed_leave(struct membership *membership)
{
	struct feed *feed = membership->feed;

	if (stream_has_docs(membership->stream))
		TAILQ_REMOVE(&feed->docs, membership, next);
	else
		TAILQ_REMOVE(&feed->hints, membership, next);
	(void)feed_is_alive(feed);
}

struct store_cursor feeds_known(const struct feeds *feeds)
{
	return feeds->known;
}

/* ---- The
 * ring --------------------------------------------------------------------------------
 */

static void feeds_hint(struct feeds *feeds, const struct ring_entry *entry)
{
	struct feed *feed = feeds->size ? *feeds_bucket(feeds, entry->key) : NULL;

	for (; feed; feed = feed->next_in_bucket)
		if (feed->hash == entry->key) {
			feed_keep_up(feed);
			feed_want(feed, entry->number);
		}
	if (entry->last && entry->number > feeds->known.seq)
		feeds->known.seq = entry->number;
}

static void feeds_lost(struct feeds *feeds)
{
	struct worker *worker = feeds->worker;
	uint64_t committed = ring_committed(worker->from->shm);

	scoreboard_add(worker->from->shm, worker->from->slot, METRIC_RING_OVERRUNS, 1);
	for (size_t i = 0; i < feeds->size; i++)
		for (struct feed *feed = feeds->table[i]; feed; feed = feed->next_in_bucket)
			if (ring_bucket(worker->from->shm, feed->hash) > feed->wanted)
				feed_doubt(feed);
	if (committed > feeds->known.seq)
		feeds->known.seq = committed;
	if (worker->auth)
		auth_forget_all(worker->auth);
	streams_recheck_all(worker->streams);
}

static void feeds_token(struct feeds *feeds, uint64_t key)
{
	if (feeds->worker->auth)
		auth_forget(feeds->worker->auth, key);
	streams_recheck(feeds->worker->streams, key);
}

static void on_resync_head(void *arg, enum rc rc, const struct store_cursor *place)
{
	struct feeds *feeds = arg;

	if (rc == RC_OK && place->seq > feeds->known.seq)
		feeds->known.seq = place->seq;
}

void feeds_ask_all(struct feeds *feeds)
{
	for (size_t i = 0; i < feeds->size; i++)
		for (struct feed *feed = feeds->table[i]; feed; feed = feed->next_in_bucket)
			feed_doubt(feed);
	store_head(feeds->worker->store, on_resync_head, feeds);
}

/* The writer died: between its commit and its first hint it may have left changes that
 * nobody told of. */
static void feeds_resync(struct feeds *feeds)
{
	feeds_ask_all(feeds);
	if (feeds->worker->auth)
		auth_forget_all(feeds->worker->auth);
	streams_recheck_all(feeds->worker->streams);
}

/* Takes all that is in the ring now. */
static void feeds_read(struct feeds *feeds)
{
	const struct shm *shm = feeds->worker->from->shm;
	struct ring_entry entry;
	enum ring_read got;

	while ((got = ring_read(shm, &feeds->reader, &entry)) != RING_EMPTY) {
		if (got == RING_LOST)
			feeds_lost(feeds);
		else if (entry.kind == RING_TOKEN)
			feeds_token(feeds, entry.key);
		else
			feeds_hint(feeds, &entry);
	}
}

void feeds_wake(struct feeds *feeds)
{
	const struct worker_inheritance *from = feeds->worker->from;

	wake_drain(from->shm, from->slot);
	feeds_read(feeds);
	wake_arm(from->shm, from->slot);
	/* What came before the arming would wake nobody. */
	feeds_look(feeds);
}

void feeds_look(struct feeds *feeds)
{
	const struct worker_inheritance *from = feeds->worker->from;

	feeds_read(feeds);
	if (shm_resyncs(from->shm) != feeds->resyncs) {
		feeds->resyncs = shm_resyncs(from->shm);
		feeds_resync(feeds);
	}
}

/* ---- All of
 * them --------------------------------------------------------------------------------
 */

static void on_first_head(void *arg, enum rc rc, const struct store_cursor *place)
{
	struct feeds *feeds = arg;

	if (rc == RC_OK)
		feeds->known = *place;
}

struct feeds *feeds_new(struct worker *worker)
{
	struct feeds *feeds = mem_alloc(sizeof(*feeds));

	feeds->worker = worker;
	TAILQ_INIT(&feeds->due);
	feeds->turn = evtimer_new(worker->base, feeds_turn, feeds);
	feeds->resyncs = shm_resyncs(worker->from->shm);
	ring_reader_start(worker->from->shm, &feeds->reader);
	store_head(worker->store, on_first_head, feeds);
	return feeds;
}

void feeds_free(struct feeds *feeds)
{
	if (feeds == NULL)
		return;
	if (feeds->turn)
		event_free(feeds->turn);
	free(feeds->table);
	free(feeds);
}
