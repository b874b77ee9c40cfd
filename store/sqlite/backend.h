/* The SQLite back end: one file, its log beside it, one host. */
#ifndef STORE_SQLITE_BACKEND_H
#define STORE_SQLITE_BACKEND_H

#include "store/backend.h"

extern const struct backend backend_sqlite;

#endif
