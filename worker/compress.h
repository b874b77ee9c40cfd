/* Which pages may be sent compressed, and their compression. The length of a compressed
 * body tells who sees it how much its parts have in common: so no body may be
 * compressed that has a secret beside a text chosen by a user who may not read the
 * secret (SECURITY.md, "Compressed pages"). */
#ifndef WORKER_COMPRESS_H
#define WORKER_COMPRESS_H

#include "store/store.h"

#define COMPRESS_MIN 4096 /* bytes; a smaller page is sent as it is */

/* All documents lie in the queried group itself, and in none that is nested in it: who
 * may write one of them may read all. `len`: of the page as it is sent. */
bool compress_allows(const struct store_page *page, struct slice group, size_t len);
/* Makes `out`, which is empty, the bytes in gzip; false: that is not smaller, and `out`
 * is empty. */
bool compress_gzip(struct slice bytes, struct buf *out);

#endif
