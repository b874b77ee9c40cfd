/* Where much text goes that is being read from a database: it takes everything without
 * delay, so that the reading is never held up. What a pipe does not take within a
 * second goes into a temporary file, and from there into the pipe at the end. */
#ifndef CLI_SPOOL_H
#define CLI_SPOOL_H

#include "base/buf.h"
#include "base/rc.h"
#include "base/error.h"

struct spool {
	int fd;
	const char *name; /* for reasons */
	int spool;        /* -1: not needed so far */
	struct buf waiting;
	enum rc rc; /* the first failure */
	struct error err;
};

/* `fd` and `name` are the caller's. */
struct spool spool_open(int fd, const char *name);
/* RC_IO, RC_FULL: spool->why says what refused; nothing is taken any more. */
MUST_USE enum rc spool_put(struct spool *spool, struct slice bytes);
/* Writes what is left, as fast as it is taken. Answers the first failure of all. */
MUST_USE enum rc spool_finish(struct spool *spool);
/* Frees; the descriptor stays open. */
void spool_close(struct spool *spool);

#endif
