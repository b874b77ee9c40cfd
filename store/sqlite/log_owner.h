/* Whether the log beside a database belongs to it. SQLite copies any log that it finds
 * into the database: that of a file which was moved away, or of the same database when
 * a backup has taken its place, would destroy it.
 *
 * What is known of a log's database lies in the row of `meta`, which every commit
 * writes (schema.c):
 *
 *   file    a random number of the file; a backup gets another one
 *   copied  the sequence number up to which the file had all commits without the log
 *           when this commit was made: never more than the file has
 *   cookie  SQLite's number of the schema, which VACUUM also changes, as it moves pages
 *
 * A log with the last row L belongs to a file with the row F if both have the same
 * `file`, and L.copied <= F.seq <= L.seq: the file is in the state from which the log
 * began, or checkpoints have copied a part of the log. A file that is copied as it is
 * keeps its number, and passes if the log contains all that has changed since: then
 * nothing is lost. Rows of an older schema tell nothing. */
#ifndef STORE_SQLITE_LOG_OWNER_H
#define STORE_SQLITE_LOG_OWNER_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>

/* For a connection that has not read anything. RC_MOVED: the log belongs to another
 * file, or to another state of this one; `err` says what to do. *has_log: commits of
 * the database lie in the log. `beside`: a server may be writing to both. */
MUST_USE enum rc log_check_owner(sqlite3 *db, const char *path, bool beside, bool *has_log,
				 struct error *err);

#endif
