/* Scans of the table of feeds, after hints were lost. Called by worker/live/hint_reader
 * (overruns) and feeds_epoch.c. */
#include "worker/live/feeds_state.h"

#include "shm/ring.h"

#include <string.h>

static const struct timeval next_turn = { 0, 0 };

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

static void announce_all(struct feeds *feeds, const uint64_t numbers[STORE_LANES_MAX])
{
	for (int lane = 0; lane < STORE_LANES_MAX; lane++)
		feeds_raise(&feeds->shared.announced.seqs[lane], numbers[lane]);
}

static void scan_turn(struct feeds *feeds)
{
	struct feeds_scan *scan = &feeds->scan;
	uint64_t committed[STORE_LANES_MAX];

	for (int i = 0; i < FEEDS_TURN_PLACES && scan->left > 0; i++, scan->left--) {
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

void feeds_scan(struct feeds *feeds, bool all, const uint64_t numbers[STORE_LANES_MAX])
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
	feeds_scan(feeds, false, committed);
}

void feeds_scan_stop(struct feeds *feeds)
{
	feeds->scan.running = false;
	event_del(feeds->scan.next);
}

void feeds_scan_again(struct feeds *feeds)
{
	feeds->scan.at = 0;
	feeds->scan.left = feeds->size;
}

bool feeds_scan_init(struct feeds *feeds, struct event_base *base)
{
	feeds->scan.next = evtimer_new(base, on_scan, feeds);
	return feeds->scan.next != NULL;
}
