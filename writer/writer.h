/* The public header of the writer: the only process that commits. */
#ifndef WRITER_WRITER_H
#define WRITER_WRITER_H

#include "store/history.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct db_place;
struct shm;

/* What the master passes to the writer. */
struct writer_inheritance {
	struct shm *shm;
	int channel; /* to the master: brings a link for each worker; the writer stops at its
			end of file */
	int control; /* listening Unix socket for commands of an administrator */
	int lock;    /* the database's lock, held open as long as this process lives; -1: none */
	const struct db_place *place; /* where the lock lies; NULL: there is none */
	const char *db;
	const char *db_replica;              /* URL of a standby; NULL: none */
	uint64_t retention;                  /* seconds that tombstones are kept; 0: for ever */
	struct store_quota quota;            /* for tokens that have none of their own */
	const struct store_history *history; /* which former versions are kept; NULL: none */
	bool sandbox;                        /* to be entered before it serves (writer/confine.h) */
	bool again; /* this server has served before: a disk that refuses now may recover */
};

/* Opens the database (creates or migrates it), sends CHANNEL_READY, then serves until
 * SIGTERM or until the master has gone; requests that have arrived are still answered.
 * Returns the exit status: EXIT_SUCCESS; EXIT_FATAL if another start would find the
 * same fault, with the reason on stderr (a disk that refuses is such a fault unless
 * `again`); else EXIT_FAILURE. */
int writer_run(const struct writer_inheritance *inheritance);

#endif
