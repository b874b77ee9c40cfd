/* One request to the database, by the control socket of its server or, without a
 * server, under the lock. Called by all commands that write (token, doc put, doc rm,
 * import, purge) and by serve for its check of tokens. */
#include "cli/admin.h"

#include "base/clock.h"
#include "cli/audit_note.h"
#include "cli/control_client.h"
#include "cli/say.h"
#include "ipc/control.h"
#include "ipc/lock.h"
#include "store/history.h"
#include "store/store_admin.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define REACH_MS 8000   /* for a server to finish starting or stopping */
#define ANSWER_MS 30000 /* for a server to answer */
#define PAUSE_MS 20     /* between two attempts */

/* ---- With the lock ---- */

struct local {
	struct admin_answer *answer;
	enum rc rc;
};

static void on_replies(void *arg, enum rc rc, const struct store_reply *replies)
{
	struct local *local = arg;

	local->rc = rc;
	if (rc == RC_OK)
		store_reply_pack(replies, &local->answer->bytes);
}

static enum rc refused(const char *db, enum rc rc, struct error *err)
{
	if (rc == RC_UNAVAILABLE)
		return error_set(err, rc,
				 "%.200s: the connection to the database was lost; the change may "
				 "have been made or not",
				 db);
	if (rc == RC_FULL)
		return error_set(err, rc, "%.200s: its disk is full; make room and try again", db);
	if (rc == RC_READ_ONLY)
		return error_set(err, rc,
				 "%.200s: its disk is read-only; make it writable and try again",
				 db);
	return error_set(err, rc,
			 "%.200s: the database refused the change (%s); the disk may be failing",
			 db, rc_name(rc));
}

static enum rc local_commit(struct store *store, const char *db,
			    const struct store_request *request, struct admin_answer *answer,
			    struct error *err)
{
	struct local local = { answer, RC_UNAVAILABLE };
	struct store_request own = *request;

	own.history = request->keeps_former ? &history_all : store_kept_history(store);
	store_commit(store, &own, 1, on_replies, &local);
	store_wait(store);
	if (local.rc == RC_OK)
		local.rc = store_reply_unpack(buf_slice(&answer->bytes), &answer->reply);
	return local.rc == RC_OK ? RC_OK : refused(db, local.rc, err);
}

static enum rc local_do(const char *db, const struct store_request *request,
			struct admin_answer *answer, struct error *err)
{
	struct store *store;
	enum rc rc = store_open(db, STORE_WRITER, &store, err);

	if (rc != RC_OK)
		return rc;
	rc = local_commit(store, db, request, answer, err);
	store_close(store);
	return rc;
}

/* Requests without a server are recorded here, those with one by its writer. */
static void record(const struct db_place *place, const struct store_request *request,
		   const struct store_reply *reply)
{
	struct buf line = BUF_EMPTY;

	audit_put(&line, caller_self(), request, reply);
	audit_note(place, &line);
}

/* ---- By the control socket ---- */

/* RC_UNAVAILABLE: the server went away, perhaps after it carried out the request. */
static enum rc remote_do(int fd, const char *db, const struct store_request *request,
			 struct admin_answer *answer, struct error *err)
{
	struct buf packed = BUF_EMPTY;
	struct slice reply;
	enum rc rc;

	store_request_pack(request, &packed);
	rc = control_client_ask(fd, buf_slice(&packed), clock_ms() + ANSWER_MS, &answer->bytes,
				&reply);
	buf_free(&packed);
	if (rc == RC_OK)
		rc = store_reply_unpack(reply, &answer->reply);
	if (rc == RC_BUSY)
		return error_set(err, RC_BUSY,
				 "%.200s: the server that runs on it does not answer; it may still "
				 "carry out the request",
				 db);
	if (rc == RC_UNAVAILABLE)
		return error_set(err, rc,
				 "%.200s: the server that runs on it went away before it answered",
				 db);
	if (rc == RC_OK && (answer->reply.rc == RC_UNAVAILABLE || answer->reply.rc == RC_BUSY))
		return error_set(
			err, RC_UNAVAILABLE,
			"%.200s: the server that runs on it cannot carry out the request now", db);
	if (rc == RC_OK && (answer->reply.rc == RC_FULL || answer->reply.rc == RC_READ_ONLY ||
			    answer->reply.rc == RC_IO))
		return refused(db, answer->reply.rc, err);
	if (rc != RC_OK)
		return error_set(
			err, rc,
			"%.200s: the server that runs on it sent an answer that this program "
			"does not understand (%s)",
			db, rc_name(rc));
	return RC_OK;
}

/* ---- Either ---- */

/* Connects to the server (*fd) or takes the lock (*lock); the other one is -1, and both
 * are if the database is not a file: its server orders what several processes do. A
 * process that has the lock and no control socket is a server that starts or stops, or
 * another command: worth waiting for. */
static enum rc reach(const struct db_place *place, uint64_t deadline, int *fd, int *lock,
		     struct error *err)
{
	*fd = *lock = -1;
	while (place->path) {
		enum rc rc = control_connect(place, fd, err);

		*lock = -1;
		if (rc != RC_NOT_FOUND)
			return rc;
		*fd = -1;
		rc = lock_take(place, lock, err);
		if (rc != RC_BUSY || clock_ms() >= deadline)
			return rc;
		clock_sleep_until(clock_ms() + PAUSE_MS);
	}
	return RC_OK;
}

/* A request that was sent twice because the first answer was lost: this refusal shows
 * that it was carried out the first time. */
static void settle(const struct store_request *request, struct store_reply *reply)
{
	if (((request->kind == STORE_TOKEN_ADD || request->kind == STORE_INVITE_ADD) &&
	     reply->rc == RC_EXISTS) ||
	    ((request->kind == STORE_TOKEN_REVOKE || request->kind == STORE_INVITE_REMOVE) &&
	     reply->rc == RC_NOT_FOUND))
		reply->rc = RC_OK;
}

enum rc admin_do(const struct db_place *place, const struct store_request *request,
		 struct admin_answer *answer, struct error *err)
{
	uint64_t deadline = clock_ms() + REACH_MS;
	bool sent_before = false;
	int fd, lock;
	enum rc rc;

	assert(place && place->db && request);
	for (;;) {
		*answer = (struct admin_answer){ .bytes = BUF_EMPTY };
		rc = reach(place, deadline, &fd, &lock, err);
		if (rc != RC_OK)
			return rc;
		if (fd < 0) {
			rc = local_do(place->db, request, answer, err);
			if (rc == RC_OK)
				record(place, request, &answer->reply);
			(void)close(lock);
			break;
		}
		rc = remote_do(fd, place->db, request, answer, err);
		(void)close(fd);
		if (rc != RC_UNAVAILABLE || clock_ms() >= deadline)
			break;
		sent_before = true;
		admin_answer_clear(answer);
		clock_sleep_until(clock_ms() + PAUSE_MS);
	}
	if (rc == RC_OK && sent_before)
		settle(request, &answer->reply);
	return rc;
}

enum rc admin_lock(const struct db_place *place, int *lock, struct error *err)
{
	int fd;
	enum rc rc;

	assert(place && place->db && lock);
	rc = reach(place, clock_ms() + REACH_MS, &fd, lock, err);
	if (rc != RC_OK || fd < 0)
		return rc;
	(void)close(fd);
	return error_set(err, RC_BUSY,
			 "another pocketbook serves the database %.200s; stop it first", place->db);
}

int admin_ask(const struct db_place *place, const struct store_request *request,
	      const char *refused, struct admin_answer *answer)
{
	struct error err;

	if (admin_do(place, request, answer, &err) != RC_OK)
		return say_failed("%s", err.text);
	if (answer->reply.rc != RC_OK)
		return say_failed("%s: %s (%s)", place->db, refused, rc_name(answer->reply.rc));
	return EXIT_SUCCESS;
}

enum rc admin_do_alone(const struct db_place *place, const struct store_request *request,
		       struct admin_answer *answer, struct error *err)
{
	int lock;
	enum rc rc;

	*answer = (struct admin_answer){ .bytes = BUF_EMPTY };
	rc = admin_lock(place, &lock, err);
	if (rc != RC_OK)
		return rc;
	rc = local_do(place->db, request, answer, err);
	(void)close(lock);
	return rc;
}

enum rc admin_mark(char out[ADMIN_MARK_LEN + 1], struct error *err)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return error_set(err, RC_IO, "the system has no random numbers: %s",
				 strerror(errno));
	(void)snprintf(out, ADMIN_MARK_LEN + 1, "%016" PRIx64, number);
	return RC_OK;
}

/* ---- Many ---- */

enum rc admin_begin(const struct db_place *place, struct admin_session *out, struct error *err)
{
	int fd, lock;
	enum rc rc = reach(place, clock_ms() + REACH_MS, &fd, &lock, err);

	*out = (struct admin_session){ .place = place, .lock = -1 };
	if (rc != RC_OK)
		return rc;
	if (fd >= 0) {
		(void)close(fd);
		out->is_remote = true;
		return RC_OK;
	}
	rc = store_open(place->db, STORE_WRITER, &out->store, err);
	if (rc == RC_OK)
		out->lock = lock;
	else
		(void)close(lock);
	return rc;
}

/* Of a database server, whose connection was lost. */
static enum rc open_again(struct admin_session *session, struct error *err)
{
	store_close(session->store);
	session->store = NULL;
	clock_sleep_until(clock_ms() + PAUSE_MS);
	return store_open(session->place->db, STORE_WRITER, &session->store, err);
}

/* A database server may be back, or another one take its place. */
static enum rc commit_until(struct admin_session *session, const struct store_request *request,
			    struct admin_answer *answer, struct error *err)
{
	const uint64_t deadline = clock_ms() + REACH_MS;
	enum rc rc = RC_UNAVAILABLE;

	for (;;) {
		*answer = (struct admin_answer){ .bytes = BUF_EMPTY };
		if (session->store)
			rc = local_commit(session->store, session->place->db, request, answer, err);
		if (rc != RC_UNAVAILABLE || session->place->path || clock_ms() >= deadline)
			return rc;
		admin_answer_clear(answer);
		rc = open_again(session, err);
		if (rc != RC_OK && rc != RC_UNAVAILABLE)
			return rc;
	}
}

enum rc admin_next(struct admin_session *session, const struct store_request *request,
		   struct admin_answer *answer, struct error *err)
{
	enum rc rc;

	assert(session->place && request);
	if (session->is_remote)
		return admin_do(session->place, request, answer, err);
	rc = commit_until(session, request, answer, err);
	if (rc == RC_OK)
		record(session->place, request, &answer->reply);
	if (rc == RC_OK && store_maintain(session->store) != RC_OK)
		rc = refused(session->place->db, RC_SYNC_FAILED, err);
	return rc;
}

void admin_end(struct admin_session *session)
{
	if (session->is_remote)
		return;
	store_close(session->store);
	(void)close(session->lock);
	session->store = NULL;
}

void admin_answer_clear(struct admin_answer *answer)
{
	store_reply_clear(&answer->reply);
	buf_free(&answer->bytes);
	*answer = (struct admin_answer){ .bytes = BUF_EMPTY };
}
