/* How the program gives way to a new run of itself without letting go of anything:
 * exec(2) in place. The process keeps its id (so that whoever watches it need not learn
 * another), its children and its descriptors; a record in memory (memfd) tells the new
 * run what they are. SIGUSR2 asks for it; the binary is the one that lies at the
 * program's path by then.
 *
 * First comes a trial: the new run in a process beside this one, which reads its
 * configuration, looks at the record, and ends. Only where that goes well does the exec
 * follow; else all stays as it is, and the log says why. */
#ifndef MASTER_UPGRADE_H
#define MASTER_UPGRADE_H

#include "base/buf.h"
#include "master/state.h"

#define RENEW_VARIABLE \
	"POCKETBOOK_RENEWAL" /* the record's descriptor; of a trial with a T behind it */

/* What the new run finds. The texts live as long as it. */
struct renewal {
	struct buf text; /* the record, cut into words */
	const char *program;
	const char *db;
	const char *runtime_dir; /* NULL: none */
	bool remote;             /* the database is a server's, not a file */
	const char *user; /* empty: none */
	const char **listen;
	size_t listen_count;
	const char *metrics; /* empty: none */
	unsigned workers;
	bool activated;
	bool loopback; /* all sockets listen there */
	int lock, control;
	int *fds;
	size_t fd_count;
	struct child *olds;
	unsigned old_count;
};

/* Is this run a trial? */
bool renew_is_trial(void);
/* Reads the record, and forgets the variable. RC_MALFORMED: of another version of this
 * program. */
MUST_USE enum rc renew_read(struct renewal *out, struct error *err);
void renew_clear(struct renewal *renewal);
/* Puts back into the settings what a reload cannot change, and tells of each that would
 * have changed. */
void renew_keep(const struct renewal *renewal, struct master_settings *settings, bool tell);
/* All of a trial but reading the record; exit status. */
int renew_try(const struct renewal *renewal, const struct master_settings *settings);
/* Takes over what the run before left. */
MUST_USE enum rc renew_adopt(struct renewal *renewal, struct master *master, struct error *err);

/* Writes the record; its descriptor, or -1 with errno. */
int renew_write(const struct master *master);
/* What the record names stays open over an exec, or not. */
void renew_keep_open(const struct master *master, int record, bool open);

/* An upgrade was asked for (master->renew.asked): takes it as far as it goes now; does
 * not return where the trial has gone well. */
void renew_advance(struct master *master);

#endif
