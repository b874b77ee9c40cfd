/* The table of feeds. Called by worker/live/hint_reader (hints) and
 * worker/live/subscriber (memberships). */
#include "worker/live/feeds.h"

#include "base/array.h"
#include "base/hash.h"
#include "base/mem.h"
#include "shm/followers.h"
#include "shm/ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_START 64
/* What one turn of the loop does at most, so that a worker with many feeds still
 * answers others in between: places of the table that are compared, and feeds that are
 * worked off, with a query each. */
#define TURN_PLACES 2048
#define TURN_FEEDS 128

/* Goes once around the table, from any place. While it is under way, `announced`
 * waits: it may not pass a commit whose lost hint a feed has not been compared for. A
 * commit is in the buckets before it is in `committed` (shm/ring.h), so all up to a
 * number that was read from there at the beginning is accounted for at the end. If
 * hints are lost again meanwhile, another round follows: with restarts instead, hints
 * that are lost again and again would keep the last places from ever being reached. */
struct feeds_scan {
	bool running, again;
	bool all, all_again;               /* compares nothing, refreshes every feed */
	size_t at, left;                   /* places of the table */
	uint64_t numbers[STORE_LANES_MAX]; /* to be announced at the end */
	struct event *next;
};

struct feeds {
	struct feed_shared shared;
	unsigned follower;
	struct feed **table;
	size_t size, count;
	size_t checked; /* the place that feeds_are_followed came to */
	struct feeds_scan scan;
	bool asking, ask_again;   /* for the head, to refresh all */
	struct event *ask_later;  /* the store did not answer that */
	struct store_places head; /* the answer, while its epoch is looked into */
	struct store_places
		known; /* the newest numbers that feeds had met before; epoch 0: unset */
	uint64_t held[STORE_LANES_MAX]; /* to be announced after that */
	bool restarts;                  /* all numbers are void */
	on_feeds_started *on_started;
	void *arg;
	on_feeds_restart *on_restart;
	void *restart_arg;
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
	/* A scan that is under way has lost its place. */
	feeds->scan.at = 0;
	feeds->scan.left = feeds->size;
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

static void raise(uint64_t *seq, uint64_t number)
{
	if (number > *seq)
		*seq = number;
}

static void announce_all(struct feeds *feeds, const uint64_t numbers[STORE_LANES_MAX])
{
	for (int lane = 0; lane < STORE_LANES_MAX; lane++)
		raise(&feeds->shared.announced.seqs[lane], numbers[lane]);
}

void feeds_announce(struct feeds *feeds, unsigned lane, uint64_t number)
{
	struct feeds_scan *scan = &feeds->scan;

	/* These may be numbers of the next epoch, beyond those that it shares with the
	 * one that is announced: together they would belong to neither epoch. */
	if (feeds->known.epoch)
		raise(&feeds->held[lane], number);
	else if (!scan->running)
		raise(&feeds->shared.announced.seqs[lane], number);
	else if (!scan->again)
		raise(&scan->numbers[lane], number);
}

/* ---- Scans ---- */

/* Behind the ring's counters. */
static bool has_missed(const struct feeds *feeds, const struct feed *feed)
{
	const struct shm *shm = feeds->shared.counters->shm;

	for (unsigned i = 0; i < feed->lanes; i++)
		if (ring_bucket(shm, feed->hash, feed->lane + i) > feed->in[i].hinted)
			return true;
	return false;
}

static void scan_place(struct feeds *feeds)
{
	const struct feeds_scan *scan = &feeds->scan;

	for (struct feed *feed = feeds->table[scan->at]; feed; feed = feed->next_in_bucket)
		if (scan->all || has_missed(feeds, feed))
			feed_refresh(feed);
}

static void scan_begin(struct feeds *feeds, bool all, const uint64_t numbers[STORE_LANES_MAX])
{
	struct feeds_scan *scan = &feeds->scan;

	scan->running = true;
	scan->again = scan->all_again = false;
	scan->all = all;
	memcpy(scan->numbers, numbers, sizeof(scan->numbers));
	scan->left = feeds->size;
	event_add(scan->next, &next_turn);
}

static void scan_turn(struct feeds *feeds)
{
	struct feeds_scan *scan = &feeds->scan;
	uint64_t committed[STORE_LANES_MAX];

	for (int i = 0; i < TURN_PLACES && scan->left > 0; i++, scan->left--) {
		scan_place(feeds);
		scan->at = (scan->at + 1) & (feeds->size - 1);
	}
	if (scan->left > 0) {
		event_add(scan->next, &next_turn);
		return;
	}
	scan->running = false;
	announce_all(feeds, scan->numbers);
	if (!scan->again)
		return;
	for (unsigned lane = 0; lane < STORE_LANES_MAX; lane++)
		committed[lane] = ring_committed(feeds->shared.counters->shm, lane);
	scan_begin(feeds, scan->all_again, committed);
}

static void on_scan(evutil_socket_t unused, short what, void *arg)
{
	(void)unused;
	(void)what;
	scan_turn(arg);
}

/* Begins a scan, or has another one follow the one that is under way. The first turn is
 * this one. */
static void scan(struct feeds *feeds, bool all, const uint64_t numbers[STORE_LANES_MAX])
{
	struct feeds_scan *scan = &feeds->scan;

	if (scan->running) {
		scan->again = true;
		scan->all_again = scan->all_again || all;
		return;
	}
	scan_begin(feeds, all, numbers);
	scan_turn(feeds);
}

/* The numbers were read first: `announced` must not pass a commit that is counted in
 * its bucket only after the bucket has been compared. */
void feeds_overrun(struct feeds *feeds, const uint64_t committed[STORE_LANES_MAX])
{
	scan(feeds, false, committed);
}

static void scan_stop(struct feeds *feeds)
{
	feeds->scan.running = false;
	event_del(feeds->scan.next);
}

/* ---- Epochs ---- */

/* A database server that has crashed, or that a standby has replaced, begins a new
 * epoch, and may have lost the last commits: then numbers that feeds have met are, or
 * will be, those of other commits. */
typedef void feed_action(struct feed *feed);

static void each_feed(struct feeds *feeds, feed_action *action)
{
	for (size_t i = 0; i < feeds->size; i++)
		for (struct feed *feed = feeds->table[i]; feed; feed = feed->next_in_bucket)
			action(feed);
}

/* Notes the newest numbers that any feed has met. */
static void note_known(struct feeds *feeds)
{
	struct store_places *known = &feeds->known;

	if (known->epoch == 0)
		*known = feeds->shared.announced;
	for (int lane = 0; lane < known->lanes; lane++)
		raise(&known->seqs[lane], feeds->shared.announced.seqs[lane]);
	for (size_t i = 0; i < feeds->size; i++)
		for (struct feed *feed = feeds->table[i]; feed; feed = feed->next_in_bucket)
			for (unsigned lane = feed->lane; feed_has_lane(feed, lane); lane++)
				raise(&known->seqs[lane], feed_known(feed, lane));
}

/* The head is known, or else it is asked for again, but not at once. */
static void refreshed(struct feeds *feeds, enum rc rc)
{
	static const struct timeval later = { 0, 300000 };

	feeds->asking = false;
	if (rc != RC_OK) {
		event_add(feeds->ask_later, &later);
		return;
	}
	feeds->known.epoch = 0;
	for (int lane = 0; lane < STORE_LANES_MAX; lane++) {
		raise(&feeds->head.seqs[lane], feeds->held[lane]);
		feeds->held[lane] = 0;
	}
	scan(feeds, true, feeds->head.seqs);
	if (feeds->ask_again)
		feeds_refresh(feeds);
}

static void restart(struct feeds *feeds)
{
	scan_stop(feeds);
	feeds->on_restart(feeds->restart_arg);
	memset(feeds->held, 0, sizeof(feeds->held));
	feeds->shared.announced = feeds->head;
	each_feed(feeds, feed_restart);
}

static void on_follows(void *arg, enum rc rc, bool follows)
{
	struct feeds *feeds = arg;

	if (rc == RC_OK && follows && !feeds->restarts) {
		feeds->shared.announced.epoch = feeds->head.epoch;
		each_feed(feeds, feed_take_epoch);
	} else if (rc == RC_OK) {
		feeds->restarts = false;
		restart(feeds);
	}
	refreshed(feeds, rc);
}

/* The head is asked for before the first feed asks for its group's newest number. */
static void on_refreshed_head(void *arg, enum rc rc, const struct store_places *head)
{
	struct feeds *feeds = arg;
	const uint64_t epoch = feeds->shared.announced.epoch;

	if (rc == RC_OK)
		feeds->head = *head;
	if (rc == RC_OK && feeds->restarts) {
		on_follows(feeds, rc, false);
		return;
	}
	if (rc != RC_OK || head->epoch == epoch || epoch == 0) {
		refreshed(feeds, rc);
		return;
	}
	feeds->known.epoch = epoch;
	store_follows(feeds->shared.store, &feeds->known, on_follows, feeds);
}

static void on_ask_later(evutil_socket_t unused, short what, void *arg)
{
	(void)unused;
	(void)what;
	feeds_refresh(arg);
}

/* An answer that has not come yet is still about what was known then. */
void feeds_resync(struct feeds *feeds, bool restarts)
{
	note_known(feeds);
	if (restarts) {
		feeds->restarts = true;
		feeds->on_restart(feeds->restart_arg);
	}
	feeds_refresh(feeds);
}

void feeds_refresh(struct feeds *feeds)
{
	feeds->ask_again = feeds->asking;
	if (feeds->asking)
		return;
	if (feeds->known.epoch == 0)
		note_known(feeds);
	feeds->asking = true;
	event_del(feeds->ask_later);
	store_head(feeds->shared.store, on_refreshed_head, feeds);
}

bool feeds_are_followed(struct feeds *feeds)
{
	const struct shm *shm = feeds->shared.counters->shm;
	bool are = true;

	for (size_t i = 0; i < TURN_PLACES && i < feeds->size; i++) {
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
	feeds->scan.next = evtimer_new(base, on_scan, feeds);
	feeds->ask_later = evtimer_new(base, on_ask_later, feeds);
	if (shared->turn && shared->retry && feeds->scan.next && feeds->ask_later)
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
