/* Event streams opened and read by one process. */
#ifndef BENCH_SUBSCRIBER_H
#define BENCH_SUBSCRIBER_H

#include "bench/deliveries.h"

#include <netinet/in.h>

struct subscription {
	struct sockaddr_in to;
	const char *source; /* the address that this process connects from: 28,000 ports each; NULL:
			       any */
	const char *path;   /* {g} in it is a group's number */
	const char *greeting; /* a stream is open when it has said this and an empty line */
	unsigned groups;      /* stream i is of group i % groups */
	unsigned first;       /* i of this process's first stream */
	unsigned count;
};

/* Opens all streams, then counts events in `deliveries` until the process is killed. An
 * event is a block with data (WHATWG HTML, 9.2.6). A stream that ends is counted in
 * `closed`. A failure ends the process. */
_Noreturn void subscriber_run(const struct subscription *what, struct deliveries *deliveries);

#endif
