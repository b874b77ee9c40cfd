/* The ids of a stream of several groups. Called by subscriber.c. */
#include "worker/live/subscriber.h"

/* What a group may have shown in a lane, where it is at `seq`. A page has the newest
 * state, which may be ahead of what is announced. */
static uint64_t shown_in(const struct membership *membership, unsigned lane, uint64_t seq)
{
	const uint64_t read =
		membership->live ? store_position_seq(&membership->feed->docs_at, (int)lane) : seq;

	if (!membership->docs || (!membership->live && store_position_epoch(&membership->at) == 0))
		return 0;
	return read > seq ? read : seq;
}

/* The place where a group is, and what it may have shown. */
static void span_take(struct store_span *span, const struct membership *membership)
{
	const struct feed *feed = membership->feed;

	for (unsigned lane = feed->lane; feed_has_lane(feed, lane); lane++) {
		const uint64_t seq = membership->live
					     ? feed_delivered(feed, membership->docs, lane)
					     : store_position_seq(&membership->at, (int)lane);
		const uint64_t shown = shown_in(membership, lane, seq);

		if (seq < span->from.seqs[lane])
			span->from.seqs[lane] = seq;
		if (shown > span->shown[lane])
			span->shown[lane] = shown;
	}
}

/* What the client has from an earlier stream. */
static void span_take_shown(struct store_span *span, const struct store_span *since)
{
	for (int lane = 0; lane < since->from.lanes; lane++)
		if (since->shown[lane] > span->shown[lane])
			span->shown[lane] = since->shown[lane];
}

/* From the lowest place of all groups in each lane, to the highest one. False: a group
 * is in the middle of a snapshot, or of another epoch, which is that of the span. */
static bool find_span(const struct subscriber *subscriber, struct store_span *span)
{
	const struct store_places *announced = feeds_announced(subscriber->options->feeds);
	bool whole = true;

	*span = (struct store_span){ .from = *announced };
	for (size_t i = 0; i < subscriber->count; i++) {
		const struct membership *membership = &subscriber->memberships[i];
		const uint64_t epoch = store_position_epoch(&membership->at);

		span_take(span, membership);
		if (membership->live)
			continue;
		if (subscriber->span)
			span_take_shown(span, subscriber->span);
		if (epoch && epoch != announced->epoch)
			span->from.epoch = epoch;
		whole = whole && epoch == announced->epoch &&
			store_position_bound(&membership->at) == 0;
	}
	return whole;
}

/* In several lanes. */
static size_t format_span(const struct subscriber *subscriber, bool whole, struct store_span *span,
			  char out[STORE_SPAN_TEXT_MAX])
{
	const uint64_t epoch = span->from.epoch;
	bool shown = false;

	for (int lane = 0; lane < span->from.lanes; lane++)
		shown = shown || span->shown[lane];
	if (!whole)
		span->from = subscriber->span->from;
	if (!whole && shown && span->from.epoch == 0)
		span->from.epoch = epoch;
	return store_span_format(span, out);
}

size_t subscriber_id(const struct subscriber *subscriber, char out[STORE_SPAN_TEXT_MAX])
{
	const int lane = (int)subscriber->memberships[0].feed->lane;
	struct store_cursor cursor = subscriber->since;
	struct store_span span;
	const bool whole = find_span(subscriber, &span);

	if (subscriber->span)
		return format_span(subscriber, whole, &span, out);
	if (whole)
		cursor = store_places_in(&span.from, lane);
	if (cursor.epoch == 0 && span.shown[lane]) {
		cursor.epoch = span.from.epoch;
		cursor.start = subscriber->start;
	}
	cursor = store_cursor_shown(cursor, span.shown[lane]);
	return store_cursor_format(&cursor, out);
}
