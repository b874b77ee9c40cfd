/* The sandbox of a worker: it may answer on the sockets that it has, read the database
 * that it has open, and read the files of the page. */
#ifndef WORKER_CONFINE_H
#define WORKER_CONFINE_H

#include "base/rc.h"
#include "store/backend.h"

#include <stdbool.h>

struct worker_settings;

/* To be called when everything is open, before the first byte from a client. `needs`:
 * the system calls of the store. `before_filter`: as struct sandbox has it. Parts that
 * the kernel lacks are logged. RC_IO, logged: the worker must not serve. */
MUST_USE enum rc worker_confine(const struct worker_settings *settings,
				const struct store_needs *needs, bool (*before_filter)(void *arg),
				void *arg);

#endif
