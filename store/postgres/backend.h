/* The PostgreSQL back end, for store_add_backend. */
#ifndef STORE_POSTGRES_BACKEND_H
#define STORE_POSTGRES_BACKEND_H

#include "store/backend.h"

extern const struct backend backend_postgres;

#endif
