/* The door to the writer process: the only one that commits. */
#ifndef WRITER_WRITER_H
#define WRITER_WRITER_H

#include <stdbool.h>
#include <stdint.h>

struct shm;

/* All that the writer gets from the master. */
struct writer_inheritance {
	struct shm *shm;
	int channel; /* to the master: brings a link for each worker; its end of file sends the
			writer home */
	int control; /* listening Unix socket for the commands of an administrator */
	int lock;    /* the database's lock, held open as long as this process lives */
	const char *db;
	uint64_t retention; /* seconds that tombstones are kept; 0: for ever */
	bool sandbox;       /* to be entered before it serves (writer/confine.h) */
	bool again; /* this server has served before: what a disk refuses now it may take later */
};

/* Opens the database (making or migrating it), says CHANNEL_READY, then serves until
 * SIGTERM (finishes what is queued) or until the master is gone. Answers the exit
 * status: 0 done, EXIT_FATAL when starting anew would not help (its reason is on
 * stderr; of a disk that refuses, unless `again`), else a failure. */
int writer_run(const struct writer_inheritance *inheritance);

#endif
