/* The scalar types that Transit writes as strings, `~` TAG TEXT: the syntax of each
 * text and its projection to plain JSON. */
#ifndef TRANSIT_SCALAR_H
#define TRANSIT_SCALAR_H

#include "base/slice.h"

enum projection {
	AS_TEXT,    /* the text, as a string */
	AS_NUMBER,  /* the text, as a number */
	AS_INTEGER, /* a number up to 2^53, otherwise a string */
	AS_NULL,
	AS_BOOL,
	AS_MISSING_NUMBER, /* null, as JSON has no NaN */
	AS_MILLISECONDS,   /* an RFC 3339 string, from milliseconds */
	AS_DATE            /* an RFC 3339 string, from another one */
};

struct scalar {
	bool (*valid)(struct slice text); /* checks the canonical content after the tag */
	const char *needs;                /* the error text if it is not valid */
	enum projection as;
	bool numeric; /* {"~#tag": 12} is accepted as well as {"~#tag": "12"} */
};

/* Returns NULL for a tag unknown to Transit 0.8. */
const struct scalar *scalar_find(char tag);

#endif
