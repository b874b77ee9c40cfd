/* Makes changes: an HTTP POST for each group, over a few connections that stay open. */
#ifndef BENCH_POSTER_H
#define BENCH_POSTER_H

#include <netinet/in.h>

struct post {
	struct sockaddr_in to;
	const char *path, *type, *body; /* templates (bench/template.h); type: the media type */
	unsigned groups;
	unsigned connections;
};

struct poster;

/* `what` must stay. What fails here or later ends the process with its reason. */
struct poster *poster_new(const struct post *what);
/* Posts the change to every group, all at once, and waits for the answers, which must
 * be 2xx. */
void poster_change(struct poster *poster, unsigned change);

#endif
