/* What a process needs in its sandbox to connect again. */
#ifndef STORE_POSTGRES_NEEDS_H
#define STORE_POSTGRES_NEEDS_H

#include "store/backend.h"
#include "store/postgres/conninfo.h"

struct needs {
	struct store_needs found;
	const char *reads[STORE_READS_MAX];
	char *ssl_folder; /* ~/.postgresql */
};

/* `conninfo` must stay. */
void needs_find(struct needs *out, const struct conninfo *conninfo, const struct conninfo *replica);
void needs_clear(struct needs *needs);

#endif
