/* A page of changes in the words of the protocol, for pulls and for streams. */
#ifndef WORKER_LIVE_PAGE_H
#define WORKER_LIVE_PAGE_H

#include "store/store.h"
#include "transit/transit.h"

/* Appends {docs, cursor, more, reset}, with `group` in front unless it is empty. A
 * document whose value cannot be read, which is logged, is {id, version, damaged}: it
 * keeps no reader from the others. Returns how many there are. `meta`: others have `by`
 * and `at`.
 */
unsigned page_put(struct buf *out, enum encoding encoding, struct slice group,
		  const struct store_page *page, bool meta);
/* Appends {group, cursor}: the group has changed, or is followed, up to there. */
void page_put_hint(struct buf *out, enum encoding encoding, struct slice group,
		   struct slice cursor);

#endif
