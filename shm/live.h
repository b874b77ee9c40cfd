/* The open streams of each worker, for the admin page. Workers write their rows about
 * once a second while the streams are asked for, and nothing otherwise.
 *
 * A slot has two processes while one hands over to the next, so it has two columns that
 * its processes use in turn (usage_column). Each column is written by its process
 * alone, and by a reader it is read as a whole, or not at all: a stamp is odd while it
 * is being written. The process that wrote it may have been taken over: texts are
 * checked by the reader. */
#ifndef SHM_LIVE_H
#define SHM_LIVE_H

#include "shm/shm.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LIVE_ROWS 512 /* of a column; further streams are a number only */
#define LIVE_TOKEN_LEN 16
#define LIVE_USER_MAX 128
#define LIVE_WANTED_MS 10000
#define LIVE_FRESH_MS 3000 /* the age at which a column is of no process any more */

struct live_row {
	uint64_t number; /* of the stream, in its process */
	int64_t since;   /* seconds since 1970: when it was opened */
	uint64_t bytes;  /* that its client has taken; LIVE_UNKNOWN */
	uint32_t groups;
	char token[LIVE_TOKEN_LEN + 1]; /* empty: none */
	char user[LIVE_USER_MAX + 1];   /* the same */
};
#define LIVE_UNKNOWN UINT64_MAX

/* ---- Workers ---- */

/* Are the streams asked for? */
bool live_is_wanted(const struct shm *shm);
/* Writes the column: its process, its number of streams and the rows of the first
 * LIVE_ROWS. */
void live_write(struct shm *shm, unsigned column, const struct live_row *rows, size_t total);

/* ---- The admin page ---- */

/* Rows are wanted for LIVE_WANTED_MS from now. */
void live_want(struct shm *shm);

struct live_column {
	uint64_t written; /* clock_ms() */
	pid_t pid;
	size_t total; /* its streams */
	size_t count; /* rows, the oldest streams */
	struct live_row rows[LIVE_ROWS];
};

/* False: nothing was written lately, or it changes all the time. */
bool live_read(const struct shm *shm, unsigned column, struct live_column *out);

#endif
