/* The password of a database server, from the file of --db-password-file. */
#ifndef CLI_DB_PASSWORD_H
#define CLI_DB_PASSWORD_H

#include "base/error.h"
#include "base/options.h"

/* Gives the password to the store, if there is such a file. RC_MALFORMED: the file is
 * none, others may read it, or it has no password; `err` names it, and never has the
 * password. */
MUST_USE enum rc db_password_take(const struct options *options, struct error *err);

#endif
