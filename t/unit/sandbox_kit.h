/* Processes in the sandboxes of the server, one for each attempt at something. */
#ifndef T_UNIT_SANDBOX_KIT_H
#define T_UNIT_SANDBOX_KIT_H

#include "store/backend.h"

#include <stdbool.h>
#include <stddef.h>

enum sandbox_kind { WORKER, WORKER_WWW, WRITER, MASTER, KINDS };

/* Outcomes of an attempt; 0: success, otherwise an errno. */
#define KILLED (-1)
#define ANY (-2) /* not tried */

/* clang-format off */
/* The same in all but the master; in workers and in the writer. */
#define EACH(outcome) { outcome, outcome, outcome, ANY }
#define WORKERS(worker, writer) { worker, worker, writer, ANY }
/* clang-format on */

struct attempt {
	const char *name;
	int (*attempt)(void); /* returns 0 or an errno */
	int end[KINDS];
	bool sanitizers_may; /* allowed in builds with sanitizers, whose runtime needs the call */
	bool landlock;       /* Landlock denies it, but to a worker without --www, which the filter
				denies it */
};

/* A folder with a database, a page and a file beside them; paths below it. */
extern char kit_root[];
extern char kit_database[64], kit_page[64], kit_foreign[64], kit_fresh[64], kit_outside[64];
extern int kit_open_database;

/* For cmocka, for each group of tests. */
int kit_set_up(void **state);
int kit_tear_down(void **state);

/* Called within a worker's sandbox before its filter is in force; NULL: nothing. */
extern bool (*kit_before_filter)(void *unused);
/* What the store needs; at first SQLite's. */
extern const struct store_needs *kit_needs;

/* The errno of a call that returned this, or 0. */
int kit_failed(long result);
/* The status (wait(2)) of a process of that kind that has attempted it. */
int kit_status_of(int kind, int (*attempt)(void));
/* Makes all attempts in all sandboxes; prints what ends otherwise, and how often. */
unsigned kit_attempt_all(const struct attempt *attempts, size_t count);

#endif
