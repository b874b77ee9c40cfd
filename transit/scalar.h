/* The scalar types that Transit writes as strings, `~` TAG TEXT: what each text must
 * be, and what plain JSON makes of it. */
#ifndef TRANSIT_SCALAR_H
#define TRANSIT_SCALAR_H

#include "base/slice.h"

enum projection {
	AS_TEXT,    /* the text, as a string */
	AS_NUMBER,  /* the text, as a number */
	AS_INTEGER, /* as a number up to 2^53, else as a string */
	AS_NULL,
	AS_BOOL,
	AS_MISSING_NUMBER, /* null, JSON having no NaN */
	AS_MILLISECONDS,   /* an RFC 3339 string of a count of milliseconds */
	AS_DATE            /* an RFC 3339 string of another */
};

struct scalar {
	bool (*valid)(struct slice text); /* canonical content, behind the tag */
	const char *needs;                /* what to say when it is not valid */
	enum projection as;
	bool numeric; /* {"~#tag": 12} is read as well as {"~#tag": "12"} */
};

/* NULL for a tag that Transit 0.8 does not have. */
const struct scalar *scalar_find(char tag);

#endif
