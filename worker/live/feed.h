/* What keeps the streams of one group current: hints from the ring become events,
 * framed once for all streams of this worker.
 *
 * A feed exists while a stream follows its group. `wanted` is the newest number that
 * the ring told of the group; streams without documents were told of all up to `told`;
 * for those with documents all up to `read` was read from the database and sent. */
#ifndef WORKER_LIVE_FEED_H
#define WORKER_LIVE_FEED_H

#include "worker/live/stream.h"

struct feeds *feeds_new(struct worker *worker);
void feeds_free(struct feeds *feeds);
/* Takes what is new in the ring; called when the slot was woken. */
void feeds_wake(struct feeds *feeds);
/* The same where a successor is woken for the slot: from time to time, without hearing
 * its wake-ups. */
void feeds_look(struct feeds *feeds);
/* The database's epoch and newest known number: all changes up to it are marked on
 * their feeds. */
struct store_cursor feeds_known(const struct feeds *feeds);

/* Puts the membership on the feed of its group, making that where there is none. Every
 * change that is committed after this call reaches the feed; what came before is for
 * the stream to find out. */
void feed_join(struct feeds *feeds, struct membership *membership, struct slice group);
void feed_leave(struct membership *membership);
struct slice feed_group(const struct feed *feed);
/* A stream with documents has read all up to `seq`: makes it live, unless the feed is
 * ahead of that and the stream must read on. */
void feed_go_live(struct membership *membership, uint64_t seq);
/* Where a live stream of the feed has come to: a stream that begins there misses
 * nothing and gets nothing twice. */
struct store_cursor feed_place(const struct feeds *feeds, const struct feed *feed, bool docs);
/* Hints may not have come this way: asks the database about all that is followed, and
 * how far it has come. */
void feeds_ask_all(struct feeds *feeds);
/* All changes of the group up to here were handed to its live streams (with documents
 * or without).
 */
uint64_t feed_done(const struct feeds *feeds, const struct feed *feed, bool docs);

#endif
