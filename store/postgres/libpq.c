/* Loads libpq. Called by conninfo.c, which is the first to need it. */
#include "store/postgres/libpq.h"

#include "base/array.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

/* Its name has been this one since PostgreSQL 8.2. */
#define LIBRARY "libpq.so.5"

static const struct {
	const char *name;
	void *pointer; /* of struct libpq */
} functions[] = {
#define LIBPQ_ROW(name) { #name, (void *)&name },
	LIBPQ_FUNCTIONS(LIBPQ_ROW)
#undef LIBPQ_ROW
};

/* Until it is loaded there is nothing to free; callers free NULL. */
static void free_no_conn(PGconn *conn)
{
	assert(conn == NULL);
}

static void free_no_result(PGresult *result)
{
	assert(result == NULL);
}

/* Here they are names of members. */
#undef PQfinish
#undef PQclear

struct libpq libpq = { .PQfinish = free_no_conn, .PQclear = free_no_result };

enum rc libpq_load(struct error *err)
{
	static bool is_loaded;
	void *library = is_loaded ? NULL : dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (is_loaded)
		return RC_OK;
	if (library == NULL)
		return error_set(err, RC_UNAVAILABLE,
				 "the client library of PostgreSQL cannot be loaded (%s); install "
				 "it, in Debian the package libpq5",
				 dlerror());
	for (size_t i = 0; i < COUNT(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (function == NULL)
			return error_set(err, RC_UNAVAILABLE,
					 "the client library of PostgreSQL, " LIBRARY
					 ", is too old (no %s); version 15 is needed",
					 functions[i].name);
		/* ISO C knows no conversion between the two kinds of pointers. */
		memcpy(functions[i].pointer, &function, sizeof(function));
	}
	is_loaded = true;
	return RC_OK;
}
