/* The database that a command works on: --db and --runtime-dir. */
#ifndef CLI_DATABASE_H
#define CLI_DATABASE_H

#include "base/options.h"
#include "ipc/place.h"

/* Finds out what --db names, in text that lives as long as the options. Both return
 * EXIT_SUCCESS, or report the error and return the exit status. database_find also
 * checks that a database file exists, for commands that must not create one. */
int database_name(const struct options *options, struct db_place *out);
int database_find(const struct options *options, struct db_place *out);

#endif
