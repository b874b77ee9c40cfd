/* The URL of a PostgreSQL database as parameters for libpq: checked, taken apart by
 * host, and completed by what every connection needs. */
#ifndef STORE_POSTGRES_CONNINFO_H
#define STORE_POSTGRES_CONNINFO_H

#include "base/error.h"
#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>

struct conninfo;

#define CONNINFO_PARAMETERS_MAX 80

/* Arrays for PQconnectStartParams, which end with NULL; valid as long as the
 * conninfo. */
struct conninfo_parameters {
	const char *keywords[CONNINFO_PARAMETERS_MAX];
	const char *values[CONNINFO_PARAMETERS_MAX];
};

/* RC_MALFORMED: it is no URL of PostgreSQL, or it holds a password; RC_UNAVAILABLE:
 * libpq is not installed. */
MUST_USE enum rc conninfo_parse(const char *url, struct conninfo **out, struct error *err);
/* NULL is allowed. */
void conninfo_free(struct conninfo *conninfo);

/* The password of every conninfo that is made later. */
void conninfo_use_password(const char *password);
/* Keeps the password of the first connection, for all later ones: the file that it came
 * from may be out of reach of a process in its sandbox. NULL and "": there is none. */
void conninfo_keep_password(struct conninfo *conninfo, const char *password);
/* Connects to hot standbys only; without this, to primaries only. */
void conninfo_want_standby(struct conninfo *conninfo);
/* A parameter of the URL; NULL: it has none of this name. */
const char *conninfo_value(const struct conninfo *conninfo, const char *keyword);
/* Is each host a folder with a socket? */
bool conninfo_is_local(const struct conninfo *conninfo);

/* The number of hosts, at least 1. */
size_t conninfo_hosts(const struct conninfo *conninfo);
/* The parameters for one host. libpq would try several hosts by itself, but not leave a
 * host that does not answer: it ignores connect_timeout in non-blocking mode. */
void conninfo_for_host(const struct conninfo *conninfo, size_t host,
		       struct conninfo_parameters *out);

#endif
