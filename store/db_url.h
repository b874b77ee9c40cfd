/* The argument of --db: a file, or the URL of a database server. */
#ifndef STORE_DB_URL_H
#define STORE_DB_URL_H

#include "base/error.h"
#include "base/rc.h"

#define DB_SCHEME_MAX 16

struct db_url {
	const char *text;               /* as it was given */
	const char *path;               /* of the database file; NULL: it is a URL */
	char scheme[DB_SCHEME_MAX + 1]; /* names the back end: "sqlite" for a file */
};

/* SCHEME://REST is a URL, anything else a path; a path that looks like a URL can be
 * given as ./PATH. `text` must stay. RC_MALFORMED: it is empty; RC_NOT_FOUND: a URL of
 * a back end that is not built in. Whether the database is there is for store_open to
 * find. A URL never contains a password: that is RC_MALFORMED too. */
MUST_USE enum rc db_url_parse(const char *text, struct db_url *out, struct error *err);

#endif
