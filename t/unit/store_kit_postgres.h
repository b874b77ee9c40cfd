/* The part of store_kit that is for PostgreSQL. */
#ifndef T_UNIT_STORE_KIT_POSTGRES_H
#define T_UNIT_STORE_KIT_POSTGRES_H

#include "base/rc.h"

#include <stddef.h>
#include <stdint.h>

struct store;

/* As long as a test waits for what must come. */
#define KIT_WAIT_MS 20000

/* Adds the back end, copies the URL, and removes the schema that an earlier test
 * left. */
void kit_postgres_setup(const char *url, char *path, size_t size);
/* Runs statements; the first column of the first row of the last, as text, "" if it has
 * none, good until the next call. */
const char *kit_postgres_ask(const char *url, const char *sql);
/* Opens a session that holds the lock of a lane, and ends it. */
void *kit_postgres_hold(const char *url, int lane);
void kit_postgres_release(void *session);

/* For tests of this back end alone, which are skipped without POCKETBOOK_TEST_DB: a
 * test's setup and teardown, and what it begins with. */
int kit_postgres_begin(void **state);
int kit_postgres_end(void **state);
#define POSTGRES_KIT(name) \
	struct kit *name = *state; \
	if (name == NULL) \
	skip()

/* kit_postgres_ask as the superuser. */
const char *kit_superuser(const char *sql);
/* Ends all connections of the program. */
void kit_end_sessions(void);
/* How many connections a handle has. */
uint64_t kit_connections(struct store *store);
/* Runs the handle's loop once. */
void kit_turn(struct store *store);
/* Asks for the head until that is not RC_UNAVAILABLE. */
enum rc kit_until_it_answers(struct store *store);

#endif
