/* What is told of each request: an id for its error answer and the log, its numbers on the score board, its line in the access log. */
#ifndef WORKER_HTTP_ACCESS_LOG_H
#define WORKER_HTTP_ACCESS_LOG_H

#include "shm/scoreboard.h"
#include "worker/state.h"

#define TRACE_ID_SIZE 17 /* 16 hex digits, terminated */

struct trace {
	uint64_t begun; /* clock_us() */
	char id[TRACE_ID_SIZE];
};

struct trace_answer {
	enum scoreboard_route route;
	const char *method;
	const char *path;   /* decoded, without its query: that may hold a token */
	const char *client; /* its address */
	int status;
	size_t bytes; /* of the body as sent */
};

/* Gives the request an id that no other has, here or in another process, and that tells nothing. */
void trace_begin(struct worker *worker, struct trace *trace);
/* The request was refused: why, for whoever has been given the id. Where many are refused at once the log has some of them, and how many it
 * left out. */
void trace_refused(const struct trace *trace, const struct trace_answer *answer, const char *reason);
/* The request has its answer. */
void trace_end(struct worker *worker, const struct trace *trace, const struct trace_answer *answer);

#endif
