/* Positions of readers: cursors, and their text. Included by store.h. */
#ifndef STORE_CURSOR_H
#define STORE_CURSOR_H

#include "base/rc.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lanes of a database; store.h explains them. */
#define STORE_LANES_MAX 16

/* A place in the sequence, and while a snapshot is being paged how far that must go:
 *
 *   from nothing (epoch 0) ──▶ snapshot (bound > 0), page by page ──▶ plain (bound 0)
 *
 * A snapshot that began when the head was `start` shows what lies behind `seq`, without
 * tombstones up to `start`. Once it has come to `bound` (first = start, then once more
 * the head of that moment) it ends, also if more is written meanwhile; later changes
 * are found by the next pull. Where a purge passed `start` meanwhile, it ends in a
 * place before the horizon, so that the next pull resets. */
struct store_cursor {
	uint64_t epoch; /* 0: from the beginning */
	uint64_t seq;
	uint64_t start; /* 0 unless in a snapshot */
	uint64_t bound;
	bool reset; /* the snapshot is a reset's */
};

#define STORE_CURSOR_TEXT_MAX 400

/* "" and "0" are the beginning. RC_MALFORMED: not a text of store_cursor_format. */
MUST_USE enum rc store_cursor_parse(struct slice text, struct store_cursor *out);
/* Terminates the text and returns its length. The characters need no escaping in
 * JSON, URLs and header fields. */
size_t store_cursor_format(const struct store_cursor *cursor, char out[STORE_CURSOR_TEXT_MAX]);

/* A place in each of several lanes. The id of a stream whose groups are in several
 * lanes has them, and so do the cursor of a push into several lanes and, unless it is
 * in a snapshot, that of the group `*`. */
struct store_places {
	uint64_t epoch;
	int lanes; /* at least 1 */
	uint64_t seqs[STORE_LANES_MAX];
};

/* Of one lane, the same text as that of a cursor. */
size_t store_places_format(const struct store_places *places, char out[STORE_CURSOR_TEXT_MAX]);
/* RC_MALFORMED: not a text of store_places_format of several lanes. */
MUST_USE enum rc store_places_parse(struct slice text, struct store_places *out);
/* The place in one of the lanes. */
struct store_cursor store_places_in(const struct store_places *places, int lane);
/* The highest number. */
uint64_t store_places_newest(const struct store_places *places);
/* A cursor for this lane, from the text of any of these. Of places with fewer lanes, as
 * of another database, the rest are at 0. */
MUST_USE enum rc store_cursor_parse_in(struct slice text, int lane, struct store_cursor *out);

/* Where a stream of several groups resumes: in each lane, at the lowest position of its
 * groups. The other groups may have sent documents beyond that position. If a new epoch
 * has lost these, the stream must reset. */
struct store_span {
	struct store_places from;
	uint64_t shown[STORE_LANES_MAX]; /* the highest number sent, if beyond `from` */
};

#define STORE_SPAN_TEXT_MAX 700

/* Without numbers beyond `from`, the same text as store_places_format. */
size_t store_span_format(const struct store_span *span, char out[STORE_SPAN_TEXT_MAX]);
/* RC_MALFORMED: not a text of store_span_format of several lanes. */
MUST_USE enum rc store_span_parse(struct slice text, struct store_span *out);
/* The cursor that resumes one of the lanes. */
struct store_cursor store_span_in(const struct store_span *span, int lane);
/* The cursor that resumes at the same place for a reader that has documents up to
 * `shown`: up to there it reads as at the end of a snapshot, with all tombstones. */
struct store_cursor store_cursor_shown(struct store_cursor from, uint64_t shown);

/* A cursor of the group `*` in a database with several lanes. Its snapshots show one
 * lane after the other, each as struct store_cursor has it:
 *
 *   lanes 0 ... lane - 1    done: their places
 *   lane                    the snapshot: seq, start, bound
 *   lane + 1 ...            have not begun: 0
 *
 * So at most one lane is in the middle, and the text is not longer than that of
 * places. */
struct store_cursors {
	struct store_places at; /* epoch 0: from the beginning */
	int lane;               /* 0 unless in a snapshot, as are the next two */
	uint64_t start;
	uint64_t bound;
	bool reset; /* the snapshot is a reset's */
};

size_t store_cursors_format(const struct store_cursors *cursors, char out[STORE_CURSOR_TEXT_MAX]);
/* `lanes`: of the database. A text for another number of lanes yields its epoch, with
 * all lanes at 0, as its numbers belong to other lanes. RC_MALFORMED: not the text of a
 * cursor or of places. */
MUST_USE enum rc store_cursors_parse(struct slice text, int lanes, struct store_cursors *out);

#endif
