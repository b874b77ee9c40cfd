/* The part of store_kit that is for PostgreSQL. */
#ifndef T_UNIT_STORE_KIT_POSTGRES_H
#define T_UNIT_STORE_KIT_POSTGRES_H

#include <stddef.h>

/* Adds the back end, copies the URL, and removes the schema that an earlier test
 * left. */
void kit_postgres_setup(const char *url, char *path, size_t size);
/* Runs statements; the first column of the first row of the last, as text, "" if it has
 * none, good until the next call. */
const char *kit_postgres_ask(const char *url, const char *sql);
/* Opens a session that holds the lock of a lane, and ends it. */
void *kit_postgres_hold(const char *url, int lane);
void kit_postgres_release(void *session);

#endif
