/* Internals of a reader: tokens, cache codes, open containers and the first error, for
 * the files that walk a message. */
#ifndef TRANSIT_READER_H
#define TRANSIT_READER_H

#include "transit/cache.h"
#include "transit/emit.h"
#include "transit/scan.h"
#include "transit/transit.h"

/* An open container: an array, an object, or an array that represents a map. */
struct bracket {
	char close;
	bool first; /* no entry has been read */
};

struct transit_in {
	enum encoding encoding;
	enum rc rc; /* the first error */
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
	struct bracket brackets[TRANSIT_DEPTH_MAX];
	char err[160];
};

/* Begins with another message, in the same encoding. */
void reader_begin(struct transit_in *in, struct slice text, size_t limit);

/* Records an error, unless there is one already, and returns the first. */
MUST_USE enum rc reader_fail(struct transit_in *in, enum rc rc, const char *at, const char *what);
MUST_USE enum rc reader_malformed(struct transit_in *in, const char *what);
MUST_USE enum rc reader_overrun(struct transit_in *in);
/* Subtracts `bytes` from the limit. */
MUST_USE static inline enum rc reader_charge(struct transit_in *in, size_t bytes)
{
	if (bytes > in->left)
		return reader_overrun(in);
	in->left -= bytes;
	return in->rc;
}

/* Reads the next string without resolving it. */
MUST_USE enum rc reader_raw(struct transit_in *in, struct text *text);
/* Resolves a string at position `at`: replaces a cache code by its text, enters
 * cacheable text into the cache. Does nothing in JSON. */
MUST_USE enum rc reader_resolve(struct transit_in *in, const char *at, bool as_key,
				struct text *text);
/* Reads and resolves the next string. */
MUST_USE enum rc reader_string(struct transit_in *in, bool as_key, struct text *text);
/* Reads the next number; `expected` is the error text if there is none. */
MUST_USE enum rc reader_number(struct transit_in *in, const char *expected, struct slice *number);
bool reader_is_tag(struct slice body); /* `~#` and a name */

/* Enters the container whose bracket is next. */
MUST_USE enum rc reader_open(struct transit_in *in, char close);
/* Advances to the next entry of the innermost container, past its comma; leaves the
 * container if there is none. */
MUST_USE enum rc reader_next(struct transit_in *in, bool *more);
/* Advances from the key of a map to its value: past the colon, or past the comma in an
 * array. */
MUST_USE enum rc reader_to_value(struct transit_in *in);

/* Reads one value and, unless in->emit.out is NULL, emits its canonical form
 * (value.c). */
MUST_USE enum rc reader_value(struct transit_in *in);

#endif
