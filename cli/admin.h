/* One thing done to the database, whether a server runs on it or not: by its control
 * socket where one does, else under the lock that the server would take, with the
 * database opened here. */
#ifndef CLI_ADMIN_H
#define CLI_ADMIN_H

#include "base/error.h"
#include "ipc/place.h"
#include "store/store.h"

struct admin_answer {
	struct store_reply reply; /* its slices point into bytes */
	struct buf bytes;
};

/* RC_OK: it was done, or refused by itself as answer->reply.rc says; anything else:
 * `err` says what is in the way. Makes the database where there is none. Waits some
 * seconds for a server that is just starting or stopping. A request whose answer got
 * lost with its server is sent again, and counts as done where it proves to have been.
 * Clear the answer in any case. */
MUST_USE enum rc admin_do(const struct db_place *place, const struct store_request *request,
			  struct admin_answer *answer, struct error *err);
/* The same with nobody else on the database; RC_BUSY where a server runs on it. */
MUST_USE enum rc admin_do_alone(const struct db_place *place, const struct store_request *request,
				struct admin_answer *answer, struct error *err);
/* Takes the database's lock, for what replaces or reads it with nobody else there;
 * close it when done. Waits like the others. RC_BUSY: a server runs on it, or another
 * command. */
MUST_USE enum rc admin_lock(const struct db_place *place, int *lock, struct error *err);
#define ADMIN_MARK_LEN 16
/* A mark of one command, of random hex digits, for the `op` of its edits. RC_IO. */
MUST_USE enum rc admin_mark(char out[ADMIN_MARK_LEN + 1], struct error *err);

/* Many requests, one after the other. Without a server the lock is held and the
 * database open in between; with one each goes its own way, and a server may come anew
 * meanwhile. End a session that was begun. */
struct admin_session {
	const struct db_place *place;
	struct store *store; /* NULL: a server has it */
	int lock;
};
MUST_USE enum rc admin_begin(const struct db_place *place, struct admin_session *out,
			     struct error *err);
/* As admin_do. Pushes must bear an `op` for each edit: they may be sent again. */
MUST_USE enum rc admin_next(struct admin_session *session, const struct store_request *request,
			    struct admin_answer *answer, struct error *err);
void admin_end(struct admin_session *session);

void admin_answer_clear(struct admin_answer *answer);

#endif
