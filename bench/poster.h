/* Makes changes: an HTTP POST for each group, over a few persistent connections. */
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

/* `what` must remain valid. A failure, here or later, is reported and ends the
 * process. */
struct poster *poster_new(const struct post *what);
/* Posts the change to all groups at once and waits for the responses, which must be
 * 2xx. */
void poster_change(struct poster *poster, unsigned change);

#endif
