/* What the kernel enforces on a worker (os/sandbox.h). Called by worker/worker when the
 * worker begins to serve. */
#include "worker/confine.h"

#include "base/log.h"
#include "os/sandbox.h"
#include "worker/worker.h"

#include <seccomp.h>

/* For sockets that arrive by accept or in a message, the event loop, and files sent to
 * sockets. */
static const int calls[] = {
	SCMP_SYS(accept),      SCMP_SYS(accept4),   SCMP_SYS(setsockopt), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername), SCMP_SYS(shutdown),  SCMP_SYS(sendfile),   SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl), SANDBOX_END
};

enum rc worker_confine(const struct worker_settings *settings, const struct store_needs *needs)
{
	const struct landlock_beneath www = { settings->www, false };
	const struct sandbox sandbox = {
		.calls = calls,
		.store_calls = needs->reader_calls,
		.own_sockets = true, /* by which evhttp takes connections over
					(worker/http/handoff_conn.c) */
		.opens_to_read = settings->www != NULL,
		.beneath = &www,
		.beneath_count = settings->www != NULL,
	};
	struct error err;
	enum rc rc = sandbox_enter(&sandbox, &err);

	if (rc == RC_NOT_FOUND)
		log_info("sandbox_partial", LOG_TEXT("reason", err.text));
	else if (rc != RC_OK)
		log_error("sandbox_failed", LOG_TEXT("reason", err.text));
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}
