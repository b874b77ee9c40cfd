/* Tickets for downloads. A browser that saves a file sends no fields of the page's, so
 * that the page, which has a token, asks for a ticket first: a random number that is
 * good for one download within a minute. */
#ifndef ADMIN_TICKET_H
#define ADMIN_TICKET_H

#include "base/rc.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define TICKETS_MAX 8
#define TICKET_LEN 32 /* hex digits */
#define TICKET_MS 60000

struct ticket {
	char text[TICKET_LEN + 1]; /* empty: free */
	uint64_t until;            /* clock_ms() */
};

struct tickets {
	struct ticket list[TICKETS_MAX];
};

/* Makes one, in the place of the oldest if there are too many. RC_IO: no random
 * numbers. */
MUST_USE enum rc ticket_make(struct tickets *tickets, char out[TICKET_LEN + 1]);
/* Was it good? It is not any more. */
bool ticket_use(struct tickets *tickets, struct slice text);

#endif
