/* The sandbox of the writer: it may write to the database, and answer workers and
 * administrators. */
#ifndef WRITER_CONFINE_H
#define WRITER_CONFINE_H

#include "base/rc.h"
#include "store/backend.h"

/* Call when the database is open, before the first request. A part that the kernel
 * lacks is logged; RC_IO: logged, do not serve. */
MUST_USE enum rc writer_confine(const char *db, const struct store_needs *needs);

#endif
