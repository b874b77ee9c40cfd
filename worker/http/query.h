/* The query of a URL: name=value pairs, percent-decoded (WHATWG URL,
 * application/x-www-form-urlencoded). */
#ifndef WORKER_HTTP_QUERY_H
#define WORKER_HTTP_QUERY_H

#include "base/rc.h"
#include "base/error.h"
#include "base/slice.h"

#include <stdint.h>

#define QUERY_MAX 128 /* pairs */

struct query_pair {
	struct slice name, value;
};

struct query {
	struct query_pair *pairs; /* and behind them the decoded text */
	size_t count;
};

/* A name without `=` has an empty value. RC_MALFORMED: a broken escape (`err` names the
 * parameter), or too many pairs. Free with query_clear in any case. */
MUST_USE enum rc query_parse(struct slice text, struct query *out, struct error *err);
void query_clear(struct query *query);
/* The next pair of that name after `before` (NULL: the first), or NULL. */
const struct query_pair *query_next(const struct query *query, const char *name,
				    const struct query_pair *before);
/* The value of a name that may occur once. RC_NOT_FOUND: it does not; RC_MALFORMED,
 * with `err`: it occurs twice. */
MUST_USE enum rc query_one(const struct query *query, const char *name, struct slice *value,
			   struct error *err);
/* A number from 1 to `max`, of a name that may occur once: left as it is if it does not
 * occur. RC_MALFORMED, with `err`. */
MUST_USE enum rc query_number(const struct query *query, const char *name, uint64_t max,
			      uint64_t *number, struct error *err);
/* The same of a name that is 0 or 1. */
MUST_USE enum rc query_flag(const struct query *query, const char *name, bool *flag,
			    struct error *err);

#endif
