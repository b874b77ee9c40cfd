/* The public header of the master: binds, maps, forks, reaps, drains. Runs in the
 * process that calls it. */
#ifndef MASTER_MASTER_H
#define MASTER_MASTER_H

#include "base/log.h"
#include "base/rc.h"
#include "base/error.h"
#include "ipc/place.h"
#include "master/user.h"
#include "worker/worker.h"

struct master_settings {
	const char *const *listen; /* ADDR:PORT or [ADDR6]:PORT, numeric; port 0: the kernel's
				      choice, the same for all workers */
	size_t listen_count;
	const char *metrics; /* the same for GET /metrics, of all workers together; NULL: none */
	const char *admin;   /* where the admin page listens: the same, or the path of a Unix
				socket (it has a slash); NULL: nowhere */
	unsigned workers;
	uint64_t retention;       /* seconds that tombstones are kept; 0: for ever */
	enum log_level log_level; /* of all processes */
	bool sandbox;             /* all processes enter theirs (os/sandbox.h) */
	struct user user;         /* of all other processes; its name NULL: that of the master */
	struct user worker_user;  /* of workers; its name NULL: the user above */
	const char *greeting;     /* for stderr when all serve; NULL: none */
	struct db_place place;    /* of the database: where the lock and the control socket lie */
	struct worker_settings worker;
	const char *changed; /* by a reload: the names of the options, for the audit file */
	/* What else a dry run checks (master/upgrade.h); exit status, with the reason
	 * on stderr. NULL: nothing */
	int (*dry_run)(const struct master_settings *settings);
};

/* Is every address of the list loopback (127.0.0.0/8 or ::1)? RC_MALFORMED names the
 * entry that cannot be read. */
MUST_USE enum rc master_listen_check(const char *const *listen, size_t count, bool *loopback,
				     struct error *err);

/* Does this run follow another one in the same process (SIGUSR2), whose children still
 * serve? */
bool master_is_upgrade(void);

/* Reads the settings again. The struct that it returns, and the one before, must stay
 * as they are. Anything but RC_OK: `err`. With `out` NULL: the settings that it has
 * just returned are refused, and those before stay in force. */
typedef enum rc on_master_reload(void *arg, const struct master_settings **out, struct error *err);

/* Serves until SIGTERM or SIGINT; returns the exit status. A fault at the start is
 * reported in one line on stderr. On SIGHUP it asks for the settings again and replaces
 * all workers, one by one; settings that only a start can change stay
 * (master/handover.h). On SIGUSR2 it becomes the program that is at its path by then
 * (master/upgrade.h). */
int master_run(const struct master_settings *settings, on_master_reload *on_reload, void *arg);

#endif
