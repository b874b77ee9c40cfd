/* The inside of a reader: tokens, cache codes, open containers and the first failure,
 * for the files that walk a message. */
#ifndef TRANSIT_READER_H
#define TRANSIT_READER_H

#include "transit/cache.h"
#include "transit/emit.h"
#include "transit/scan.h"
#include "transit/transit.h"

/* An array, an object, or an array that stands for a map, between its brackets. */
struct frame {
	char close;
	bool first; /* nothing was read in it yet */
};

struct transit_in {
	enum encoding encoding;
	enum rc rc; /* the first failure */
	struct scan scan;
	const char *start;
	const char *separator; /* the last comma or colon */
	size_t left;           /* of the limit */
	struct emit emit;      /* emit.out is NULL while a value is skipped */
	bool plain;
	struct cache cache;
	struct buf scratch; /* the last string that was not in place */
	struct buf key;     /* the last key of the envelope */
	unsigned depth;
	struct frame frames[TRANSIT_DEPTH_MAX];
	char err[160];
};

/* Notes the failure (the first one stays) and returns it. */
MUST_USE enum rc reader_fail(struct transit_in *in, enum rc rc, const char *at, const char *what);
MUST_USE enum rc reader_malformed(struct transit_in *in, const char *what);
MUST_USE enum rc reader_overrun(struct transit_in *in);
/* Takes `bytes` off the limit. */
MUST_USE static inline enum rc reader_charge(struct transit_in *in, size_t bytes)
{
	if (bytes > in->left)
		return reader_overrun(in);
	in->left -= bytes;
	return in->rc;
}

/* The string at hand as it stands there. */
MUST_USE enum rc reader_raw(struct transit_in *in, struct text *text);
/* What a string of the message at `at` means: cache codes looked up, cacheable text
 * noted. In JSON nothing. */
MUST_USE enum rc reader_resolve(struct transit_in *in, const char *at, bool as_key,
				struct text *text);
/* Both in one. */
MUST_USE enum rc reader_string(struct transit_in *in, bool as_key, struct text *text);
/* The number at hand; `expected` says what is missing where there is none. */
MUST_USE enum rc reader_number(struct transit_in *in, const char *expected, struct slice *number);
bool reader_is_tag(struct slice body); /* `~#` and a name */

/* Enters the container whose bracket is at hand. */
MUST_USE enum rc reader_open(struct transit_in *in, char close);
/* To the next entry of the innermost container, past its comma; where there is none,
 * out of the container. */
MUST_USE enum rc reader_next(struct transit_in *in, bool *more);
/* From a map's key to its value: past the colon, or in an array the comma. */
MUST_USE enum rc reader_to_value(struct transit_in *in);

/* Takes one value and, where in->emit has an output, emits its canonical form
 * (value.c). */
MUST_USE enum rc reader_value(struct transit_in *in);

#endif
