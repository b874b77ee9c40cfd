/* What is told of each request: an id for its error answer and the log, its numbers on
 * the score board, its line in the access log. */
#ifndef WORKER_HTTP_ACCESS_LOG_H
#define WORKER_HTTP_ACCESS_LOG_H

#include "shm/scoreboard.h"
#include "worker/state.h"

#define ACCESS_LOG_ID_SIZE 17 /* 16 hex digits, terminated */

struct access_log {
	uint64_t begun; /* clock_us() */
	char id[ACCESS_LOG_ID_SIZE];
};

struct access_log_response {
	enum scoreboard_route route;
	const char *method;
	const char *path;   /* decoded, without its query: that may hold a token */
	const char *client; /* its address */
	int status;
	size_t bytes; /* of the body as sent */
};

/* Gives the request an id that no other has, here or in another process, and that tells
 * nothing. */
void access_log_begin(struct worker *worker, struct access_log *access_log);
/* The request was refused: why, for whoever has been given the id. Where many are
 * refused at once the log has some of them, and how many it left out. */
void access_log_refused(const struct access_log *access_log,
			const struct access_log_response *answer, const char *reason);
/* The request has its answer. */
void access_log_end(struct worker *worker, const struct access_log *access_log,
		    const struct access_log_response *answer);

#endif
