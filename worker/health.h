/* GET /healthz: the process runs. GET /readyz: the database answers. */
#ifndef WORKER_HEALTH_H
#define WORKER_HEALTH_H

struct exchange;

void health_live(struct exchange *exchange);
void health_ready(struct exchange *exchange);

#endif
