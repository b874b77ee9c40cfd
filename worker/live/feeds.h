/* The feeds of a worker, one for each followed group (feed.h): their table, and the
 * position up to which hints have been handed to them. */
#ifndef WORKER_LIVE_FEEDS_H
#define WORKER_LIVE_FEEDS_H

#include "worker/live/feed.h"

struct feeds;

/* The store and the counters are the caller's and must outlive the feeds. `follower`:
 * the number of this process among those that follow groups (shm/followers.h). NULL if
 * libevent refuses. */
struct feeds *feeds_new(struct event_base *base, struct store *store,
			const struct counters *counters, unsigned follower);
/* No membership and no answer of the store may be left. NULL is fine. */
void feeds_free(struct feeds *feeds);

typedef void on_feeds_started(void *arg, enum rc rc);
/* Asks the store for its epoch and head; calls back once, maybe before it returns. From
 * RC_OK on groups can be followed. Hints must be read from before this call on. */
void feeds_start(struct feeds *feeds, on_feeds_started *on_started, void *arg);
typedef void on_feeds_restart(void *arg);
/* Called when a new epoch has begun in which sequence numbers that the feeds have met
 * stand for other commits: all streams must be closed then, so that their clients come
 * back and go on from what they have. */
void feeds_on_restart(struct feeds *feeds, on_feeds_restart *on_restart, void *arg);
/* The epoch, and for each lane the number up to which all hints have been handed to
 * their feeds. */
const struct store_places *feeds_announced(const struct feeds *feeds);

/* Puts the membership on the feed of its group (feed_join), which is made if there is
 * none. */
void feeds_join(struct feeds *feeds, struct membership *membership, struct slice group);

/* A hint: a group of this hash, in this lane, has changed, up to `number`. */
void feeds_hint(struct feeds *feeds, uint64_t hash, unsigned lane, uint64_t number);
/* All hints of the lane up to `number` have been given. */
void feeds_announce(struct feeds *feeds, unsigned lane, uint64_t number);
/* Hints up to `committed` (ring_committed of each lane) were lost: refreshes the feeds
 * that are behind the ring's counters (shm/ring.h), some in each turn of the loop. */
void feeds_overrun(struct feeds *feeds, const uint64_t committed[STORE_LANES_MAX]);
/* Hints may be missing altogether: asks for the head, and refreshes every feed, some in
 * each turn of the loop. */
void feeds_refresh(struct feeds *feeds);
/* Whether the next feeds in turn still have their bits in shared memory
 * (shm/followers.h). If not, another process has written there, and hints were lost
 * unnoticed. To be called each second. */
bool feeds_are_followed(struct feeds *feeds);
/* The same, and a new epoch may have begun (shm_resync, or shm_restart if `restarts`).
 * Before any hint of that epoch. */
void feeds_resync(struct feeds *feeds, bool restarts);

#endif
