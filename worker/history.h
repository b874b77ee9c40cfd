/* GET /history. */
#ifndef WORKER_HISTORY_H
#define WORKER_HISTORY_H

struct exchange;

void history_serve(struct exchange *exchange);

#endif
