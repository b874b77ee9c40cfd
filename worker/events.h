/* GET /events: opens an event stream. */
#ifndef WORKER_EVENTS_H
#define WORKER_EVENTS_H

struct exchange;

void events_open(struct exchange *exchange);

#endif
