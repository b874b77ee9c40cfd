/* One connection to the server within an event loop: it is made, watched and made again
 * without blocking, and its statements are pipelined. Name resolution is libpq's and
 * may block; a URL with hostaddr avoids it. */
#ifndef STORE_POSTGRES_LINE_H
#define STORE_POSTGRES_LINE_H

#include "base/error.h"
#include "store/postgres/conninfo.h"
#include "store/postgres/params.h"
#include "store/postgres/libpq.h"

struct line;

/* Exactly once for each statement. RC_OK: `result` has the rows. Another rc: `result`
 * is the server's refusal, or NULL: the connection was lost, or there was none
 * (RC_UNAVAILABLE). The result is cleared after the callback. */
typedef void on_line_result(void *arg, enum rc rc, const PGresult *result);
/* A notification (LISTEN), or NULL: the connection has just been made, and earlier
 * notifications may have been missed. From line_run. */
typedef void on_line_notify(void *arg, const char *payload);

struct line_options {
	const struct conninfo *conninfo;
	const char *name;              /* for the log */
	const char *const *setup;      /* run on each new connection; ends with NULL */
	const char *const *statements; /* that line_send names by their index */
	size_t statement_count;
	/* Longer than statement_timeout: a server that does not even report that is
	 * gone. Then all statements that are outstanding fail together. */
	uint64_t answer_ms;
	on_line_notify *on_notify; /* NULL: none */
	void *arg;
};

/* `options` and what it points to must stay. Nothing happens before line_run. */
struct line *line_new(const struct line_options *options);
/* NULL is allowed. Nothing may be outstanding. */
void line_free(struct line *line);
/* Connects, waiting until it has worked with some host or failed with all. */
MUST_USE enum rc line_connect(struct line *line, struct error *err);

/* Sends a statement. Without a connection, on_result is called at once. */
void line_send(struct line *line, unsigned statement, const struct params *params,
	       on_line_result *on_result, void *arg);

/* As store_poll and store_run. */
void line_poll(struct line *line, int *fd, short *events, uint64_t *deadline);
void line_run(struct line *line);
/* Ends the connection, answers all that is outstanding with RC_UNAVAILABLE, and makes
 * no new connection. */
void line_cancel(struct line *line);

/* Whether no statement is outstanding. */
bool line_is_idle(const struct line *line);
bool line_is_ready(const struct line *line);
/* Whether the descriptor may be another one after each line_run, with the same
 * number. */
bool line_is_connecting(const struct line *line);
/* Since line_new: statements answered, and connections made. */
uint64_t line_round_trips(const struct line *line);
uint64_t line_connections(const struct line *line);

#endif
