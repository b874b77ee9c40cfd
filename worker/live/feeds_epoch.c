/* What feeds do in a new epoch. Called by worker/live/hint_reader, and by
 * worker/live/handoff_stream for streams that are ahead of this process.
 *
 * A database server that has crashed, or that a standby has replaced, begins a new
 * epoch, and may have lost the last commits: then numbers that feeds have met are, or
 * will be, those of other commits. */
#include "worker/live/feeds_state.h"

#include <string.h>

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
		feeds_raise(&known->seqs[lane], feeds->shared.announced.seqs[lane]);
	for (size_t i = 0; i < feeds->size; i++)
		for (struct feed *feed = feeds->table[i]; feed; feed = feed->next_in_bucket)
			for (unsigned lane = feed->lane; feed_has_lane(feed, lane); lane++)
				feeds_raise(&known->seqs[lane], feed_known(feed, lane));
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
		feeds_raise(&feeds->head.seqs[lane], feeds->held[lane]);
		feeds->held[lane] = 0;
	}
	feeds_scan(feeds, true, feeds->head.seqs);
	if (feeds->ask_again)
		feeds_refresh(feeds);
}

static void restart(struct feeds *feeds)
{
	feeds_scan_stop(feeds);
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

bool feeds_epoch_init(struct feeds *feeds, struct event_base *base)
{
	feeds->ask_later = evtimer_new(base, on_ask_later, feeds);
	return feeds->ask_later != NULL;
}
