/* The rights of peers: which requests each kind of peer may send. Everything that the
 * table does not list is refused. */
#ifndef WRITER_RIGHTS_H
#define WRITER_RIGHTS_H

#include "store/store.h"

#include <stdbool.h>

/* PEER_ADMIN: the process of the admin page (admin/admin.h). */
enum peer_kind { PEER_WORKER, PEER_CONTROL, PEER_ADMIN, PEER_KINDS };

/* "worker", "control", "admin" */
const char *peer_kind_name(enum peer_kind peer);

/* `kind` may be any value, also one that is no kind of request. */
bool rights_allow(enum peer_kind peer, enum store_kind kind);
/* May its pushes say themselves when, and by whom, a document was written
 * (store_request.has_meta)? */
bool rights_allow_meta(enum peer_kind peer);
/* May its pushes say which version they write (store_request.keeps_versions)? */
bool rights_allow_versions(enum peer_kind peer);
/* May it ask for the scoreboard (CONTROL_BOARD, peer.h)? */
bool rights_allow_board(enum peer_kind peer);
/* May it have streams ended (ipc/stream_end.h)? */
bool rights_allow_stream_end(enum peer_kind peer);

#endif
