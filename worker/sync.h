/* GET and POST /sync. */
#ifndef WORKER_SYNC_H
#define WORKER_SYNC_H

struct exchange;

void sync_pull(struct exchange *exchange);
void sync_push(struct exchange *exchange);

#endif
