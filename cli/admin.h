/* One request to the database, with or without a server: over the control socket of a
 * running server, or else with the database opened in this process, under the lock that
 * a server would take. */
#ifndef CLI_ADMIN_H
#define CLI_ADMIN_H

#include "base/error.h"
#include "ipc/place.h"
#include "store/store.h"

struct admin_answer {
	struct store_reply reply; /* its slices point into bytes */
	struct buf bytes;
};

/* RC_OK: the request was carried out, or refused with answer->reply.rc; anything else:
 * `err` has the reason. Creates the database if it does not exist. Waits some seconds
 * for a server that is starting or stopping. If the server ends before it answers, the
 * request is sent again, and counts as done if it turns out to have been. Clear the
 * answer in any case. */
MUST_USE enum rc admin_do(const struct db_place *place, const struct store_request *request,
			  struct admin_answer *answer, struct error *err);
/* The same, without a server only; RC_BUSY if one runs. */
MUST_USE enum rc admin_do_alone(const struct db_place *place, const struct store_request *request,
				struct admin_answer *answer, struct error *err);
/* admin_do, and says what went wrong, of a refusal `refused`: "the token was refused".
 * The exit status of the command. Clear the answer in any case. */
MUST_USE int admin_ask(const struct db_place *place, const struct store_request *request,
		       const char *refused, struct admin_answer *answer);
/* Takes the database's lock, to replace or read it without any other process. Close
 * *lock when done. Waits like admin_do. RC_BUSY: a server or another command has the
 * database. */
MUST_USE enum rc admin_lock(const struct db_place *place, int *lock, struct error *err);
#define ADMIN_MARK_LEN 16
/* Random hex digits that identify one command, for the `op` of its edits. RC_IO. */
MUST_USE enum rc admin_mark(char out[ADMIN_MARK_LEN + 1], struct error *err);

/* A series of requests. Without a server, the lock is held and the database stays open
 * in between. With a server, each request is one of its own, and the server may be
 * replaced meanwhile. Call admin_end after RC_OK. */
struct admin_session {
	const struct db_place *place;
	bool is_remote;      /* a server has the database */
	struct store *store; /* NULL: it is remote, or its connection was lost */
	int lock;
};
MUST_USE enum rc admin_begin(const struct db_place *place, struct admin_session *out,
			     struct error *err);
/* As admin_do. Edits of pushes must have an `op`, because they may be sent again. */
MUST_USE enum rc admin_next(struct admin_session *session, const struct store_request *request,
			    struct admin_answer *answer, struct error *err);
void admin_end(struct admin_session *session);

void admin_answer_clear(struct admin_answer *answer);

#endif
