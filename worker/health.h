/* What a supervisor asks: is the process there, does the database answer. */
#ifndef WORKER_HEALTH_H
#define WORKER_HEALTH_H

#include "worker/http/request.h"

void health_live(struct request *request);
void health_ready(struct request *request);

#endif
