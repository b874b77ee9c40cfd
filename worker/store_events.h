/* Runs a store that answers later (store/store.h) from libevent's loop. */
#ifndef WORKER_STORE_EVENTS_H
#define WORKER_STORE_EVENTS_H

struct event_base;
struct store;
struct store_events;

/* Both are the caller's and must outlive it. NULL if libevent refuses. */
struct store_events *store_events_new(struct event_base *base, struct store *store);
/* NULL is fine. */
void store_events_free(struct store_events *events);
/* Updates the event to store_poll: to be called before each turn of the loop. */
void store_events_update(struct store_events *events);

#endif
