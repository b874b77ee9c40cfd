/* The trace that each request leaves: an id for its error response and the log, its
 * counts on the scoreboard, its line in the access log. */
#ifndef WORKER_HTTP_ACCESS_LOG_H
#define WORKER_HTTP_ACCESS_LOG_H

#include "worker/http/counters.h"

#define ACCESS_LOG_ID_SIZE 17 /* 16 hex digits, terminated */

struct access_log {
	const struct counters *counters;
	bool lines; /* one for each request (--access-log) */
};

struct access_log_entry {
	uint64_t begun; /* clock_us() */
	char id[ACCESS_LOG_ID_SIZE];
};

struct access_log_response {
	enum scoreboard_route route;
	const char *method;
	const char *path;   /* decoded, without its query: that may hold a token */
	const char *client; /* its address */
	const char *token;  /* the id of its token, not secret; NULL, "": it has none */
	struct slice user;  /* of the token */
	int status;
	size_t bytes; /* of the body as sent */
};

/* Gives the request an id that is unique, here and in other processes, and reveals
 * nothing. */
void access_log_begin(const struct access_log *log, struct access_log_entry *entry);
/* Logs why the request was refused. If many are refused at once the log has some of
 * them, and the number that was left out. */
void access_log_refused(const struct access_log_entry *entry,
			const struct access_log_response *response, const char *reason);
/* Counts the response and, if asked for, logs it. */
void access_log_end(const struct access_log *log, const struct access_log_entry *entry,
		    const struct access_log_response *response);

#endif
