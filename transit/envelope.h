/* The maps around documents: the members of a page, a document and a result of a push,
 * as doc/protocol.md names them, in either encoding.
 *
 * A map is written member by member between envelope_open and envelope_close; commas
 * between members are added. Everything is appended to `out`. */
#ifndef TRANSIT_ENVELOPE_H
#define TRANSIT_ENVELOPE_H

#include "transit/transit.h"

#include <stdint.h>

void envelope_open(struct buf *out);
void envelope_close(struct buf *out);
/* A member that is a list; envelope_next goes before each element. */
void envelope_open_list(struct buf *out, enum encoding encoding, const char *name);
void envelope_next(struct buf *out);
void envelope_close_list(struct buf *out);

void envelope_put_text(struct buf *out, enum encoding encoding, const char *name,
		       struct slice text);
void envelope_put_number(struct buf *out, enum encoding encoding, const char *name,
			 uint64_t number);
void envelope_put_flag(struct buf *out, enum encoding encoding, const char *name, bool flag);
void envelope_put_null(struct buf *out, enum encoding encoding, const char *name);
/* "deleted": true, or "value" and the canonical value, `plain` as transit_in_value set
 * it. RC_CORRUPT: the value is not canonical; `out` then has a part of it. */
MUST_USE enum rc envelope_put_content(struct buf *out, enum encoding encoding, bool deleted,
				      struct slice value, bool plain);
/* The members of a document: id, version and content. Fails as envelope_put_content
 * does. */
MUST_USE enum rc envelope_put_members(struct buf *out, enum encoding encoding, struct slice id,
				      uint64_t version, bool deleted, struct slice value,
				      bool plain);
/* A whole document. */
MUST_USE enum rc envelope_put_doc(struct buf *out, enum encoding encoding, struct slice id,
				  uint64_t version, bool deleted, struct slice value, bool plain);

#endif
