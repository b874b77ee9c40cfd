/* The open streams of this worker, for the admin page (shm/live.h). */
#ifndef WORKER_LIVE_PUBLISH_H
#define WORKER_LIVE_PUBLISH_H

#include "worker/live/streams.h"

/* Writes them into the column if they are asked for; to be called each second. */
void streams_publish(const struct streams *streams, struct shm *shm, unsigned column);

#endif
