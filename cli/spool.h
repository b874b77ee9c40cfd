/* Output that is read from a database. It accepts everything without delay, so that a
 * slow reader does not prolong the read transaction: what a pipe does not take within a
 * second goes to a temporary file, and from there to the pipe at the end. */
#ifndef CLI_SPOOL_H
#define CLI_SPOOL_H

#include "base/buf.h"
#include "base/rc.h"
#include "base/error.h"
#include "base/text.h"

struct spool {
	int fd;
	const char *name; /* for error messages */
	int spool;        /* the temporary file; -1: none yet */
	bool is_terminal; /* characters that it would act on are escaped */
	struct text_filter filter;
	struct buf waiting;
	enum rc rc; /* the first failure */
	struct error err;
};

/* `fd` and `name` belong to the caller. */
struct spool spool_open(int fd, const char *name);
/* RC_IO, RC_FULL: spool->err has the reason; further output is discarded. */
MUST_USE enum rc spool_put(struct spool *spool, struct slice bytes);
/* Writes the rest, however slow the reader is. Returns the first failure of all calls.
 */
MUST_USE enum rc spool_finish(struct spool *spool);
/* Frees. The descriptor stays open. */
void spool_close(struct spool *spool);

#endif
