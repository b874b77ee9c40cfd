/* What a worker may still do once it serves: answer on the sockets that it has, read
 * the database that it has open, and the page's files.
 */
#ifndef WORKER_CONFINE_H
#define WORKER_CONFINE_H

#include "base/rc.h"
#include "store/backend.h"

struct worker_settings;

/* Call when all is open, before the first byte from a client. A kernel that lacks a
 * part is told of in the log; RC_IO: logged, do not serve. */
MUST_USE enum rc worker_confine(const struct worker_settings *settings,
				const struct store_needs *needs);

#endif
