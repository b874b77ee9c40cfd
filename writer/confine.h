/* What the writer may still do once it has the database: write there, and answer
 * workers and administrators. */
#ifndef WRITER_CONFINE_H
#define WRITER_CONFINE_H

#include "base/rc.h"
#include "store/backend.h"

/* Call when the database is open, before the first request. A kernel that lacks a part
 * is told of in the log; RC_IO: logged, do not serve.
 */
MUST_USE enum rc writer_confine(const char *db, const struct store_needs *needs);

#endif
