/* The master's state, shared by its files. */
#ifndef MASTER_STATE_H
#define MASTER_STATE_H

#include "master/child.h"
#include "master/listen.h"
#include "master/master.h"

/*  OPENING ──writer ready──▶ SERVING ──SIGTERM──▶ WORKERS_LEAVE ──all gone──▶ WRITER_LEAVES
 * ──gone──▶ DONE └──────────SIGTERM or a fault───────────────────▲ TAKING_OVER ──the run before has
 * left──▶ SERVING (master/takeover.h) */
enum master_phase {
	MASTER_OPENING,     /* the writer opens the database */
	MASTER_TAKING_OVER, /* workers come, one by one, for those of the run before; its writer
			       still writes */
	MASTER_SERVING,
	MASTER_WORKERS_LEAVE,
	MASTER_WRITER_LEAVES,
	MASTER_DONE
};

/* What is under way of an upgrade (master/upgrade.h). */
struct renew {
	bool asked;
	pid_t trial;       /* 0: none */
	uint64_t trial_by; /* clock_ms() */
	int words;         /* what it says on its standard error */
};

struct master {
	const struct master_settings *settings; /* of the start */
	struct master_settings
		current; /* in force: what a reload may change is from the last one */
	on_master_reload *on_reload;
	void *reload_arg;
	struct listeners listeners;
	struct shm *shm;
	int lock;
	int control;
	int signals;
	struct child *children; /* one for each worker slot, then the writer */
	struct child
		*leaving; /* one for each worker slot: the one before, which gives it all it has */
	unsigned reload_slot; /* whose worker is replaced next; `workers`: none */
	bool replacing;       /* its successor is not ready yet */
	bool reload_asked;
	unsigned workers;
	struct child *olds; /* of the run before: its workers, then its writer. `linked`: was told
			       to leave, by `start_at` */
	unsigned old_count; /* 0: there was none */
	struct renew renew;
	const char *program; /* where the binary lies */
	bool activated;      /* the sockets were passed by who started the program */
	enum master_phase phase;
	bool terminal;  /* whose end is the master's: it had one at the start, and does not ignore
			   SIGHUP */
	bool announced; /* everyone has been ready once */
	uint64_t workers_by; /* clock_ms() when workers that have not left are killed */
	uint64_t writer_by;  /* the same for the writer */
	uint64_t *leave_by;  /* clock_ms() for each slot, when a leaving worker is killed */
	uint64_t notify_at;  /* clock_ms() when the service manager is told next */
	int status;          /* exit status so far */
};

/* Starts the child of a slot (`workers`: the writer). */
void master_spawn(struct master *master, unsigned slot);
/* Does this process have a controlling terminal? */
bool master_has_terminal(void);
/* Runs until everyone has left. */
void master_serve(struct master *master);

static inline struct child *master_writer(const struct master *master)
{
	return &master->children[master->workers];
}

#endif
