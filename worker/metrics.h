/* GET /metrics on the address that is for it: numbers of all processes for Prometheus
 * (text exposition format 0.0.4). */
#ifndef WORKER_METRICS_H
#define WORKER_METRICS_H

#include "shm/scoreboard.h"

struct exchange;

void metrics_serve(struct exchange *exchange);
/* Everything else on that address. */
void metrics_not_found(struct exchange *exchange);
/* The page itself. */
void metrics_put(struct buf *out, const struct scoreboard_view *view);

#endif
