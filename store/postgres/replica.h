/* A hot standby (--db-replica) that reads pages in place of the primary, once it has
 * come as far as the primary was when the page was asked for. */
#ifndef STORE_POSTGRES_REPLICA_H
#define STORE_POSTGRES_REPLICA_H

#include "base/error.h"
#include "store/postgres/heads.h"

struct postgres;
struct replica;

/* The URL for handles that are opened later; NULL: none. With `must_agree` a writer's
 * opening fails if the URL leads to something else than a standby of its database. One
 * that is away never makes it fail. */
void replica_use(const char *url, bool must_agree);

/* A replica for this handle: *out is NULL if none is wanted. It connects in the
 * loop. */
MUST_USE enum rc replica_new(struct postgres *postgres, struct replica **out, struct error *err);
/* NULL is allowed. */
void replica_free(struct replica *replica);
/* Is it, as far as it can be reached now, a standby of the database of `primary`? */
MUST_USE enum rc replica_check(PGconn *primary, struct error *err);

struct line *replica_line(struct replica *replica);
const struct conninfo *replica_conninfo(const struct replica *replica);
/* Asks how far it is. */
void replica_ask(struct replica *replica, on_store_places *on_places, void *arg);
/* Was it there when it was last asked? Its next statement shows that state or a later
 * one. */
bool replica_has(const struct replica *replica, int lane, uint64_t epoch, uint64_t seq);

/* For a writer, which measures how far behind it is: as store_poll and store_run. */
void replica_poll(struct replica *replica, uint64_t *deadline);
void replica_run(struct replica *replica);
/* Milliseconds since it last had all that the primary had; NULL: 0. */
uint64_t replica_lag(const struct replica *replica);

#endif
