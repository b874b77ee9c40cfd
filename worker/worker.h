/* A worker process: serves HTTP and event streams on the sockets of its slot. */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "base/cidr.h"
#include "store/history.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>

struct shm;
struct store;

struct worker_settings {
	const char *db;               /* path of the database */
	const char *db_replica;       /* URL of a standby; NULL: none */
	bool auth;                    /* requests need tokens */
	unsigned max_auth_failures;   /* invalid tokens from one address in a minute, to one worker;
					 0: any number */
	struct store_quota quota;     /* of tokens that have none of their own */
	struct store_history history; /* which former versions the writer keeps */
	bool access_log;              /* a line for each request */
	bool compress;                /* cached pages, for clients that take gzip */
	const char *const *hosts;     /* names of the server besides those of loopback; checked if
					 `auth` is off */
	size_t host_count;
	const char *const *cors; /* other origins whose pages may call; "*" for any */
	size_t cors_count;
	const char *auth_header;   /* a field by which a trusted proxy names the user; NULL */
	const char *groups_header; /* and its groups; NULL iff the other is */
	const struct auth_verifier *verifier; /* of signed tokens; NULL: none are accepted */
	const struct cidr *trusted;           /* proxies whose X-Forwarded-For is believed */
	size_t trusted_count;
	const struct min_schema *min_schemas; /* of apps, by group */
	size_t min_schema_count;
	const char *www; /* folder served in place of the built-in page; NULL: the built-in one */
	size_t max_body; /* bytes of a request body */
	unsigned max_connections; /* of one worker; beyond it connections wait in the queue */
	unsigned max_streams;     /* of one worker; beyond it 429 */
	size_t max_in_flight;     /* bytes of requests and responses in memory, of one worker */
	size_t stream_backlog;    /* bytes that a stream may have queued before it is cut off */
	unsigned header_timeout;  /* seconds for the head of a request to arrive */
	unsigned body_timeout;    /* seconds for a whole request to arrive */
	unsigned idle_timeout;    /* seconds that a connection may stay open unused */
	unsigned metrics_users;   /* users that have metrics of their own; 0: none has */
	unsigned ping_interval;   /* seconds between comment lines on a stream, at most 12: the
				     protocol promises 15 */
};

/* Everything that a worker gets from the master. */
struct worker_inheritance {
	unsigned slot;     /* of the scoreboard, the wake-ups and the ring */
	unsigned follower; /* its number among those that follow groups (shm/followers.h) */
	struct shm *shm;
	const int *listeners; /* this slot's listening sockets; the master keeps them open too */
	size_t listener_count;
	bool metrics;        /* the last of them is for /metrics */
	bool sandbox;        /* to be entered before it serves (worker/confine.h) */
	struct store *store; /* from worker_open; the worker's */
	int channel; /* to the master (ipc/channel.h); the worker drains at its end of file */
	const struct worker_settings *settings;
};

/* The URL of a hot standby for the worker that is opened next; NULL: none. */
void worker_use_replica(const char *url);
/* Opens the database read-only, in the process that becomes the worker, while that has
 * the user who may. Returns 0, or an exit status as below with the reason logged. */
int worker_open(struct shm *shm, const char *db, struct store **out);
/* The database cannot be opened: takes connections from the sockets of the slot for
 * about a second, answers 503 to all requests, and returns. `from` has no
 * store. */
void worker_stand_in(const struct worker_inheritance *from);
/* Runs until SIGTERM, the end of the master, or the end of a handoff to a successor,
 * and closes the store. Returns the exit status: 0; EXIT_FATAL (base/exit.h), logged: a
 * restart would not help; else a failure. */
int worker_run(const struct worker_inheritance *inheritance);

#endif
