/* Shared by the tests of push bodies: parsing text in which ' stands for a double
 * quote. */
#ifndef T_UNIT_EDITS_KIT_H
#define T_UNIT_EDITS_KIT_H

#include "t/unit/transit_text.h"
#include "worker/push_body.h"

#define LIMIT 1000000

/* push_body_parse() of a copy that is freed before the edits are examined. */
enum rc parse(enum encoding encoding, const char *quoted, size_t limit, struct push_body *out,
	      struct error *err);
/* Fails unless the message is refused with `rc` and a reason that starts with `why`. */
void expect_refused(enum encoding encoding, const char *message, size_t limit, enum rc rc,
		    const char *why_starts);
/* JSON with the names of the envelope as keywords, as every push is in Transit's
 * verbose mode. */
void to_transit(const char *json, char *out, size_t size);

#endif
