/* GET and POST /sync. */
#ifndef WORKER_SYNC_H
#define WORKER_SYNC_H

#include "worker/http/request.h"

void sync_pull(struct request *request);
void sync_push(struct request *request);

#endif
