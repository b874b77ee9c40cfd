/* SQLite's file layer, with operations that fail as a test demands. For the tests of
 * the store, in place of kit_setup and kit_teardown. */
#ifndef T_UNIT_DISK_KIT_H
#define T_UNIT_DISK_KIT_H

#include "store_kit.h"

#include <sys/types.h>

/* SQLite's code for each operation; SQLITE_OK: it is done. */
struct disk {
	int log_write;
	int log_sync;
	int db_write;
	int db_sync;
	int grow;        /* of the log's index */
	int error;       /* errno that goes with a failure */
	off_t log_limit; /* the log cannot grow beyond; 0: as it likes */
	unsigned syncs;  /* of the log, done or not */
};

extern struct disk disk;

int disk_setup(void **state);
int disk_teardown(void **state);

#endif
