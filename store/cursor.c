/* Cursors as text, for the worker: `EPOCH.SEQ` for a plain place,
 * `EPOCH.SEQ.START.BOUND` within a snapshot, followed by `.r` if a reset caused it;
 * the epoch as 16 hexadecimal digits, numbers in decimal. Places in several lanes are
 * `EPOCH.SEQ~SEQ~...`, a number for each lane; in a span, a lane that has sent more has
 * `SEQ-SHOWN`. Cursors of all lanes have the form of places; in a snapshot they are
 * `EPOCH.SEQ~SEQ~.START.BOUND`, then `.r`, and end with the snapshot's lane. */
#include "store/cursor.h"

#include "base/array.h"
#include "base/number.h"
#include "base/text.h"

#define EPOCH_DIGITS 16

static enum rc parse_epoch(struct slice *text, uint64_t *epoch)
{
	*epoch = 0;
	if (text->len < EPOCH_DIGITS)
		return RC_MALFORMED;
	for (size_t i = 0; i < EPOCH_DIGITS; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = memchr(digits, text->data[i], 16);

		if (digit == NULL)
			return RC_MALFORMED;
		*epoch = *epoch << 4 | (uint64_t)(digit - digits);
	}
	*text = slice_make(text->data + EPOCH_DIGITS, text->len - EPOCH_DIGITS);
	return *epoch ? RC_OK : RC_MALFORMED;
}

/* Takes the part after the next dot; *part is empty at the end of the text. */
static enum rc next_part(struct slice *text, struct slice *part)
{
	const char *dot;

	*part = slice_make(NULL, 0);
	if (text->len == 0)
		return RC_OK;
	if (text->data[0] != '.')
		return RC_MALFORMED;
	dot = memchr(text->data + 1, '.', text->len - 1);
	*part = slice_make(text->data + 1, dot ? (size_t)(dot - text->data) - 1 : text->len - 1);
	*text = slice_make(part->data + part->len, text->len - 1 - part->len);
	return part->len ? RC_OK : RC_MALFORMED;
}

/* Up to `count` numbers, optionally followed by `.r`. */
static enum rc parse_parts(struct slice text, uint64_t *const *numbers, size_t count, bool *reset)
{
	struct slice part;

	for (size_t i = 0; text.len > 0; i++) {
		if (next_part(&text, &part) != RC_OK)
			return RC_MALFORMED;
		if (i == count && slice_is(part, "r"))
			*reset = true;
		else if (i >= count || text_number(part, INT64_MAX, numbers[i]) != RC_OK)
			return RC_MALFORMED;
	}
	return RC_OK;
}

enum rc store_cursor_parse(struct slice text, struct store_cursor *out)
{
	struct store_cursor cursor = { .epoch = 0 };
	char again[STORE_CURSOR_TEXT_MAX];

	if (text.len > 0 && !slice_is(text, "0")) {
		uint64_t *const numbers[] = { &cursor.seq, &cursor.start, &cursor.bound };
		struct slice rest = text;

		if (parse_epoch(&rest, &cursor.epoch) != RC_OK ||
		    parse_parts(rest, numbers, COUNT(numbers), &cursor.reset) != RC_OK)
			return RC_MALFORMED;
		/* Each cursor has one text: any other spelling was not written by
		 * us. */
		if (!slice_equal(slice_make(again, store_cursor_format(&cursor, again)), text))
			return RC_MALFORMED;
	}
	*out = cursor;
	return RC_OK;
}

static char *put_part(char *at, uint64_t number)
{
	*at++ = '.';
	return at + number_put(at, number);
}

static char *put_snapshot(char *at, uint64_t start, uint64_t bound, bool reset)
{
	at = put_part(at, start);
	at = put_part(at, bound);
	if (reset) {
		memcpy(at, ".r", 2);
		at += 2;
	}
	return at;
}

size_t store_cursor_format(const struct store_cursor *cursor, char out[STORE_CURSOR_TEXT_MAX])
{
	char *at = out + NUMBER_HEX_DIGITS;

	if (cursor->epoch == 0) {
		memcpy(out, "0", 2);
		return 1;
	}
	number_put_hex(out, cursor->epoch);
	at = put_part(at, cursor->seq);
	if (cursor->bound)
		at = put_snapshot(at, cursor->start, cursor->bound, cursor->reset);
	*at = 0;
	return (size_t)(at - out);
}

/* ---- Places in several lanes ----------------------------------------------------- */

/* The epoch and the numbers of these lanes. `shown`: of a span, else NULL. */
static char *put_places(const struct store_places *places, const uint64_t *shown, int lanes,
			char *out)
{
	char *at = out + NUMBER_HEX_DIGITS;

	number_put_hex(out, places->epoch);
	for (int lane = 0; lane < lanes; lane++) {
		*at++ = lane == 0 ? '.' : '~';
		at += number_put(at, places->seqs[lane]);
		if (shown == NULL || shown[lane] <= places->seqs[lane])
			continue;
		*at++ = '-';
		at += number_put(at, shown[lane]);
	}
	return at;
}

size_t store_places_format(const struct store_places *places, char out[STORE_CURSOR_TEXT_MAX])
{
	char *at;

	if (places->epoch == 0) {
		memcpy(out, "0", 2);
		return 1;
	}
	at = put_places(places, NULL, places->lanes, out);
	*at = 0;
	return (size_t)(at - out);
}

/* `SEQ`, or of a span `SEQ-SHOWN`. */
static enum rc parse_number(struct slice text, uint64_t *seq, uint64_t *shown)
{
	const char *end = shown && text.len ? memchr(text.data, '-', text.len) : NULL;
	const size_t len = end ? (size_t)(end - text.data) : text.len;

	if (text_number(slice_make(text.data, len), INT64_MAX, seq) != RC_OK)
		return RC_MALFORMED;
	return end ? text_number(slice_make(end + 1, text.len - len - 1), INT64_MAX, shown) : RC_OK;
}

/* Each after a mark. `shown`: for those of a span, else NULL. */
static enum rc parse_numbers(struct slice text, struct store_places *places, uint64_t *shown)
{
	while (text.len > 0) {
		const char *end = memchr(text.data + 1, '~', text.len - 1);
		const size_t len = end ? (size_t)(end - text.data) : text.len;

		const int lane = places->lanes++;

		if (lane == STORE_LANES_MAX ||
		    parse_number(slice_make(text.data + 1, len - 1), &places->seqs[lane],
				 shown ? &shown[lane] : NULL) != RC_OK)
			return RC_MALFORMED;
		text = slice_make(text.data + len, text.len - len);
	}
	return RC_OK;
}

enum rc store_places_parse(struct slice text, struct store_places *out)
{
	struct store_places places = { .lanes = 0 };
	char again[STORE_CURSOR_TEXT_MAX];
	struct slice rest = text;

	if (parse_epoch(&rest, &places.epoch) != RC_OK ||
	    parse_numbers(rest, &places, NULL) != RC_OK || places.lanes < 2)
		return RC_MALFORMED;
	if (!slice_equal(slice_make(again, store_places_format(&places, again)), text))
		return RC_MALFORMED;
	*out = places;
	return RC_OK;
}

struct store_cursor store_places_in(const struct store_places *places, int lane)
{
	return (struct store_cursor){ .epoch = places->epoch, .seq = places->seqs[lane] };
}

uint64_t store_places_newest(const struct store_places *places)
{
	uint64_t newest = 0;

	for (int lane = 0; lane < places->lanes; lane++)
		newest = places->seqs[lane] > newest ? places->seqs[lane] : newest;
	return newest;
}

/* ---- Spans ---- */

size_t store_span_format(const struct store_span *span, char out[STORE_SPAN_TEXT_MAX])
{
	char *at;

	if (span->from.epoch == 0)
		return store_places_format(&span->from, out);
	at = put_places(&span->from, span->shown, span->from.lanes, out);
	*at = 0;
	return (size_t)(at - out);
}

enum rc store_span_parse(struct slice text, struct store_span *out)
{
	struct store_span span = { .from = { .lanes = 0 } };
	char again[STORE_SPAN_TEXT_MAX];
	struct slice rest = text;

	if (parse_epoch(&rest, &span.from.epoch) != RC_OK ||
	    parse_numbers(rest, &span.from, span.shown) != RC_OK || span.from.lanes < 2)
		return RC_MALFORMED;
	if (!slice_equal(slice_make(again, store_span_format(&span, again)), text))
		return RC_MALFORMED;
	*out = span;
	return RC_OK;
}

struct store_cursor store_cursor_shown(struct store_cursor from, uint64_t shown)
{
	if (shown <= from.seq || shown <= from.bound)
		return from;
	/* No reader knows a document whose tombstone is number 1, and 0 is no start. */
	if (from.start == 0)
		from.start = from.seq ? from.seq : 1;
	from.bound = shown > from.start ? shown : from.start;
	return from;
}

struct store_cursor store_span_in(const struct store_span *span, int lane)
{
	return store_cursor_shown(store_places_in(&span->from, lane), span->shown[lane]);
}

enum rc store_cursor_parse_in(struct slice text, int lane, struct store_cursor *out)
{
	struct store_span span;

	if (text.len == 0 || memchr(text.data, '~', text.len) == NULL)
		return store_cursor_parse(text, out);
	if (store_span_parse(text, &span) != RC_OK)
		return RC_MALFORMED;
	*out = store_span_in(&span, lane);
	return RC_OK;
}

/* ---- Cursors of all lanes ---- */

size_t store_cursors_format(const struct store_cursors *cursors, char out[STORE_CURSOR_TEXT_MAX])
{
	char *at;

	if (cursors->bound == 0)
		return store_places_format(&cursors->at, out);
	at = put_places(&cursors->at, NULL, cursors->lane + 1, out);
	*at++ = '~';
	at = put_snapshot(at, cursors->start, cursors->bound, cursors->reset);
	*at = 0;
	return (size_t)(at - out);
}

static enum rc parse_snapshot(struct slice text, struct store_cursors *out)
{
	struct store_cursors cursors = { .lane = 0 };
	uint64_t *const numbers[] = { &cursors.start, &cursors.bound };
	char again[STORE_CURSOR_TEXT_MAX];
	struct slice rest = text, places;
	const char *dot;

	if (parse_epoch(&rest, &cursors.at.epoch) != RC_OK || rest.len == 0)
		return RC_MALFORMED;
	dot = memchr(rest.data + 1, '.', rest.len - 1);
	if (dot == NULL || dot[-1] != '~')
		return RC_MALFORMED;
	places = slice_make(rest.data, (size_t)(dot - rest.data) - 1);
	rest = slice_make(dot, rest.len - places.len - 1);
	if (parse_numbers(places, &cursors.at, NULL) != RC_OK || cursors.at.lanes == 0 ||
	    parse_parts(rest, numbers, COUNT(numbers), &cursors.reset) != RC_OK)
		return RC_MALFORMED;
	cursors.lane = cursors.at.lanes - 1;
	if (!slice_equal(slice_make(again, store_cursors_format(&cursors, again)), text))
		return RC_MALFORMED;
	*out = cursors;
	return RC_OK;
}

enum rc store_cursors_parse(struct slice text, int lanes, struct store_cursors *out)
{
	struct store_cursors cursors = { .lane = 0 };
	struct store_cursor one = { .epoch = 0 };
	bool fits = true;

	if (store_places_parse(text, &cursors.at) == RC_OK)
		fits = cursors.at.lanes == lanes;
	else if (parse_snapshot(text, &cursors) == RC_OK)
		fits = cursors.at.lanes <= lanes;
	else if (store_cursor_parse(text, &one) == RC_OK)
		cursors.at.epoch = one.epoch;
	else
		return RC_MALFORMED;
	if (!fits)
		cursors = (struct store_cursors){ .at = { .epoch = cursors.at.epoch } };
	cursors.at.lanes = lanes;
	*out = cursors;
	return RC_OK;
}
