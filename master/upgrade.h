/* How the program gives way to a new run of itself without letting go of anything:
 * exec(2) in place. The process keeps its id (so that a service manager need not learn
 * another), its children and its descriptors; a record in memory (memfd) says to the
 * new run what they are. SIGUSR2 asks for it; the binary is the one that is at the
 * program's path by then.
 *
 *   old run   dry run: the new binary, in a process beside this one, reads its
 *      │      configuration and the record, checks the database, and ends. If that fails,
 *      │      all stays as it is and the log says why
 *      ▼ exec
 *   new run   for each slot: a new worker is ready ─▶ the predecessor hands over, and leaves
 *             ─▶ the old writer, to which no worker sends any more, leaves
 *             ─▶ the new writer comes
 *
 * So there are never two writers, and pushes that come in between wait in the new
 * workers. Where the parts are: upgrade.c has the old run's part, upgrade_record.c the
 * record, upgrade_adopt.c the new run's part. */
#ifndef MASTER_UPGRADE_H
#define MASTER_UPGRADE_H

#include "base/buf.h"
#include "master/state.h"

/* The descriptor of the record; in a dry run with a T behind it. An old binary sets it
 * for a new one and finds no reader under another name, so neither this name nor the
 * head and the words of the record may change: an upgrade from the release before would
 * fail. */
#define UPGRADE_VARIABLE "POCKETBOOK_RENEWAL"

/* What the new run finds. The texts live as long as it. */
struct upgrade_record {
	struct buf text; /* the record, cut into words */
	bool dry_run;    /* this run is one */
	const char *program;
	const char *db;
	bool remote;             /* the database is a server's, not a file */
	const char *runtime_dir; /* NULL: none */
	const char *user;        /* NULL: none */
	const char **listen;
	size_t listen_count;
	const char *metrics; /* NULL: none */
	const char *admin;   /* the same */
	int admin_listener;  /* -1: none */
	struct child admin_child;
	unsigned workers;
	bool activated;
	bool loopback; /* all sockets for clients listen there */
	/* What the processes have open, as in shm_serves; 0: unknown. */
	uint64_t database, logs;
	int lock, control;
	int *fds;
	size_t fd_count;
	struct child *children; /* the workers, then the writer */
	unsigned child_count;
};

/* Writes the record; its descriptor, or -1 with errno. */
int upgrade_record_write(const struct master *master);
/* What the record names stays open over an exec, or not. */
void upgrade_record_keep_open(const struct master *master, int fd, bool open);
/* Reads the record, and forgets the variable. RC_MALFORMED: it is of a version of the
 * program that this one cannot follow. */
MUST_USE enum rc upgrade_record_read(struct upgrade_record *out, struct error *err);
void upgrade_record_clear(struct upgrade_record *record);

/* The old run: takes an upgrade that was asked for as far as it goes now; does not
 * return if the dry run has gone well. */
void upgrade_advance(struct master *master);

/* The new run: puts back into the settings what only a start can change, and logs each
 * option that would have changed if `log`. */
void upgrade_keep_settings(const struct upgrade_record *record, struct master_settings *settings,
			   bool log);
/* What a dry run does after reading the record; exit status. */
int upgrade_dry_run(const struct upgrade_record *record, const struct master_settings *settings);
/* Takes the sockets that the record names, and its children as predecessors, for
 * upgrade_adopt_children. */
MUST_USE enum rc upgrade_adopt(const struct upgrade_record *record, struct master *master,
			       struct error *err);
/* Notes the files that the processes of the run before have open: if they were moved
 * meanwhile, the first new process would note others. */
void upgrade_adopt_served(const struct upgrade_record *record, struct shm *shm);
/* Makes the children of the run before the predecessors of this run's. */
void upgrade_adopt_children(const struct upgrade_record *record, struct master *master);
/* In TAKING_OVER: takes it as far as it goes now. */
void upgrade_take_over(struct master *master);
/* May the worker of this slot be started yet? */
bool upgrade_wants(const struct master *master, unsigned slot);

#endif
