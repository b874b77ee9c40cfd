/* The master's state, shared by its files. */
#ifndef MASTER_STATE_H
#define MASTER_STATE_H

#include "master/admin_child.h"
#include "master/child.h"
#include "master/handover.h"
#include "master/listen.h"
#include "master/master.h"
#include "master/signals.h"

/*  OPENING ──────writer ready──────────┐
 *                                      ▼
 *  TAKING_OVER ──predecessors gone──▶ STARTING ──all ready──▶ SERVING
 *
 *  each of these ──SIGTERM, a fault──▶ WORKERS_LEAVE ──all gone──▶ WRITER_LEAVES
 *      ──gone──▶ DONE
 *
 * A start begins in OPENING, an upgrade in TAKING_OVER. A process that dies later does
 * not change the phase: it is replaced within it. */
enum master_phase {
	MASTER_OPENING,     /* the writer opens the database */
	MASTER_TAKING_OVER, /* workers come for those of the run before, whose writer still
			       writes (master/upgrade.h) */
	MASTER_STARTING,    /* all processes come */
	MASTER_SERVING,     /* everyone has been ready once */
	MASTER_WORKERS_LEAVE,
	MASTER_WRITER_LEAVES,
	MASTER_DONE,
	MASTER_PHASES
};

/*  IDLE ──settings read──▶ NEXT ──successor started──▶ STARTING
 *    ▲                     │  ▲ ◀───────paired──────────  │
 *    └──after the last──── ┘  └─ (slots without a worker are passed over) */
enum reload_phase {
	RELOAD_IDLE,
	RELOAD_NEXT,    /* the worker of `slot` is to get a successor */
	RELOAD_STARTING /* the successor in `slot` is not ready yet */
};

struct reload {
	enum reload_phase phase;
	unsigned slot;
	bool asked;               /* since the settings were read last */
	struct channel_sender by; /* who has asked last */
};

/*  IDLE ──asked──▶ DRY_RUN ──went well──▶ EXEC ──the process is the new program
 *    ▲  ◀──────failed───┘                  │
 *    └───────────────failed────────────────┘ */
enum upgrade_phase { UPGRADE_IDLE, UPGRADE_DRY_RUN, UPGRADE_EXEC };

struct upgrade {
	enum upgrade_phase phase;
	bool asked;       /* since the last dry run began */
	pid_t dry_run;    /* the process */
	uint64_t give_up; /* clock_ms() when it is killed */
	int errors;       /* its standard error */
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
	struct signals signals;
	unsigned workers;
	struct child *children;           /* one for each worker slot, then the writer */
	struct predecessor *predecessors; /* one for each of these */
	enum master_phase phase;
	struct reload reload;
	struct upgrade upgrade;
	struct admin_child admin;
	const char *program; /* the path of the binary */
	bool activated;      /* the listening sockets were passed (sd_listen_fds(3)) */
	bool upgraded;       /* this run follows another one in the same process */
	bool announced;      /* SERVING has been reached */
	uint64_t workers_by; /* clock_ms() when workers that have not left are killed */
	uint64_t writer_by;  /* the same for the writer */
	uint64_t notify_at;  /* clock_ms() of the next message to the service manager */
	int status;          /* exit status so far */
};

/* The only place that changes the phase; a move that is not in the drawing above ends
 * the process. */
void master_move(struct master *master, enum master_phase to);
/* Starts the child of a slot (`workers`: the writer). */
void master_spawn(struct master *master, unsigned slot);

/* In a child: closes what is the master's alone, and the listening sockets of all slots
 * but one (-1: of all). */
void master_close_in_child(struct master *master, int kept_slot);

static inline struct child *master_writer(const struct master *master)
{
	return &master->children[master->workers];
}

/* Has the writer of this run been ready, and no stop begun? */
static inline bool master_is_up(const struct master *master)
{
	return master->phase == MASTER_STARTING || master->phase == MASTER_SERVING;
}

static inline bool master_is_stopping(const struct master *master)
{
	return master->phase >= MASTER_WORKERS_LEAVE;
}

#endif
