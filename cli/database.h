/* The database that a command works on: --db and --runtime-dir.
 *
 * If root runs a command on a database in a directory of another user, the process
 * becomes that user for good before it looks into the directory, so that nothing which
 * that user has put there can make root do what the user may not. Hence a command opens
 * the files of its own first (os/trusted_path.h, cli/atomic_file.h). */
#ifndef CLI_DATABASE_H
#define CLI_DATABASE_H

#include "base/options.h"
#include "cli/atomic_file.h"
#include "ipc/place.h"

#include <stdbool.h>

/* Finds out what --db names, in text that lives as long as the options. All return
 * EXIT_SUCCESS, or report the error and return the exit status. database_parse only
 * parses, and the others also become the owner. database_find also checks that a
 * database file exists, for commands that must not create one. database_find_made also
 * checks that it is a database, and neither empty nor of another program, for commands
 * that hand a request to a writer (cli/admin.h), which would fill an empty one.
 * database_find_for is for a command with an open output file, which is finished with
 * the rights of before. */
int database_parse(const struct options *options, struct db_place *out);
int database_name(const struct options *options, struct db_place *out);
int database_find(const struct options *options, struct db_place *out);
int database_find_made(const struct options *options, struct db_place *out);
int database_find_for(const struct options *options, struct atomic_file *output,
		      struct db_place *out);

/* Is there a database, neither empty nor of another program? RC_OK also if that cannot
 * be told now. */
MUST_USE enum rc database_check_made(const struct db_place *place, struct error *err);
/* For commands that make a database if there is none, so that a mistyped name does not
 * pass unnoticed: is there none, and, if so, say that it is made. */
bool database_is_missing(const struct db_place *place);
void database_say_made(const struct db_place *place, bool was_missing);

#endif
