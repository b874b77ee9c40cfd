/* The body of a push: parsed once, its values brought into canonical form on the way
 * (protocol.md, POST /sync). */
#ifndef WORKER_PUSH_BODY_H
#define WORKER_PUSH_BODY_H

#include "base/error.h"
#include "store/store.h"
#include "transit/transit.h"

struct push_body {
	struct store_edit *all;
	size_t count, room;
	bool atomic;
	struct buf text; /* ids, ops and values, which the edits point into */
};

/* Parses a whole message. `limit`: bytes of all values in canonical form. RC_MALFORMED,
 * RC_TOO_LARGE: `err` names the field, such as "docs[3].base". Free with
 * push_body_clear in any case. */
MUST_USE enum rc push_body_parse(enum encoding encoding, struct slice body, size_t limit,
				 struct push_body *out, struct error *err);
void push_body_clear(struct push_body *body);

#endif
