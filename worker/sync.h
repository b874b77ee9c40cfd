/* GET and POST /sync. */
#ifndef WORKER_SYNC_H
#define WORKER_SYNC_H

#include "base/rc.h"

struct exchange;

/* Each answers or refuses the request, now or later. */
void sync_pull(struct exchange *exchange);
void sync_push(struct exchange *exchange);

/* ---- For both ---- */

/* The headers of a response with documents or results. */
void sync_set_headers(struct exchange *exchange);
/* Refuses the request, as the store has failed with this code. */
void sync_refuse_failed(struct exchange *exchange, enum rc rc);

#endif
