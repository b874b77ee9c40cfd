/* GET /events: from the request to the stream. */
#ifndef WORKER_EVENTS_H
#define WORKER_EVENTS_H

#include "worker/http/request.h"

void events_open(struct request *request);

#endif
