/* The least schema of an app for a group (--min-schema): older apps must renew
 * themselves before they read and write what newer ones do. */
#ifndef AUTH_MIN_SCHEMA_H
#define AUTH_MIN_SCHEMA_H

#include "base/error.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define MIN_SCHEMA_MAX 1000000000

struct min_schema {
	struct slice group; /* with all groups nested in it; `*`: every group */
	uint64_t number;
};

/* Parses GROUP=N, N from 1 to MIN_SCHEMA_MAX; the group points into the text.
 * RC_MALFORMED with the reason in err. */
MUST_USE enum rc min_schema_parse(const char *text, struct min_schema *out, struct error *err);
/* The first of `all` that an app of this schema does not meet for a group, or (is_doc)
 * for a document; NULL: none. */
const struct min_schema *min_schema_unmet(const struct min_schema *all, size_t count,
					  struct slice name, bool is_doc, uint64_t schema);

#endif
