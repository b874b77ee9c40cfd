/* The parts of the process, for the files of this folder. */
#ifndef ADMIN_STATE_H
#define ADMIN_STATE_H

#include "admin/admin.h"
#include "admin/job.h"
#include "admin/ticket.h"
#include "ipc/place.h"
#include "store/audit.h"
#include "store/store.h"
#include "worker/http/request.h"
#include "worker/worker.h"

struct auth;
struct event_base;
struct store_events;
struct writer_client;

/* SERVING ─▶ DRAINING ─▶ ENDED; admin.c makes these moves */
enum admin_state {
	ADMIN_SERVING,
	ADMIN_DRAINING, /* answers the requests in flight, for a limited time */
	ADMIN_ENDED
};

struct admin {
	const struct admin_inheritance *from;
	const struct worker_settings *settings;
	enum admin_state state;
	struct shm *own; /* to count in: these requests are not those of the server's clients */
	struct counters counters;
	struct access_log access_log;
	struct request_options request_options;
	struct event_base *base;
	struct store *store;  /* answers from the loop */
	struct store *reader; /* of jobs (admin/job.h) */
	struct store_events *store_events;
	struct auth *auth; /* NULL: no token is needed, on a Unix socket */
	struct conns *conns;
	struct writer_client *writer;
	struct jobs jobs;
	struct tickets tickets;
	struct audit_file audit; /* to read its end */
	int folder;              /* of the database file, for copies; -1: the database has none */
};

#endif
