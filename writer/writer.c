/* The writer process from its start to its end, called by the master in the child that
 * it has forked. What it does in between is in loop.c and commit.c; its states are
 * drawn in state.h. */
#include "writer/writer.h"

#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "shm/edition.h"
#include "shm/generation.h"
#include "shm/scoreboard.h"
#include "writer/commit.h"
#include "writer/confine.h"
#include "writer/loop.h"
#include "writer/news.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define FAREWELL_MS 2000 /* how long the last replies may take */
#define ASK_AGAIN_MS 500 /* between questions for the head to a store that is out of reach */

/* ---- States ---------------------------------------------------------------------- */

#define TO(state) (1U << WRITER_##state)

void writer_move(struct writer *writer, enum writer_state to)
{
	static const unsigned moves[WRITER_STATES] = {
		[WRITER_OPENING] = TO(SERVING) | TO(DONE) | TO(FAILED),
		[WRITER_SERVING] = TO(COMMITTING) | TO(RECOVERING) | TO(STOPPING) | TO(FAILED),
		[WRITER_COMMITTING] = TO(SERVING) | TO(LAST_COMMIT) | TO(FAILED),
		[WRITER_RECOVERING] = TO(SERVING) | TO(STOPPING) | TO(FAILED),
		[WRITER_STOPPING] = TO(LAST_COMMIT) | TO(DONE) | TO(FAILED),
		[WRITER_LAST_COMMIT] = TO(STOPPING) | TO(FAILED),
	};

	assert(moves[writer->state] & 1U << to);
	writer->state = to;
}

/* The state that a stop leads to. */
static enum writer_state writer_stop_state(const struct writer *writer)
{
	switch (writer->state) {
	case WRITER_OPENING:
		return WRITER_DONE;
	case WRITER_COMMITTING:
		return WRITER_LAST_COMMIT;
	default:
		return WRITER_STOPPING;
	}
}

void writer_stop(struct writer *writer, const char *reason)
{
	if (writer_is_stopping(writer) || writer_has_ended(writer))
		return;
	log_info("writer_stop", LOG_TEXT("reason", reason));
	/* The head is not needed any longer; the next writer will ask. */
	if (writer->state == WRITER_RECOVERING)
		writer->readers_behind = true;
	writer_move(writer, writer_stop_state(writer));
	writer->stop_by = clock_ms() + FAREWELL_MS;
	scoreboard_set_state(writer->from->shm, scoreboard_writer(writer->from->shm),
			     SLOT_DRAINING);
}

void writer_fail(struct writer *writer, int status)
{
	assert(status != EXIT_SUCCESS);
	writer->status = status;
	writer_move(writer, WRITER_FAILED);
}

/* ---- The head -------------------------------------------------------------------- */

void writer_begin_serving(struct writer *writer)
{
	struct shm *shm = writer->from->shm;

	writer_move(writer, WRITER_SERVING);
	writer_stats_update(&writer->stats, writer->store);
	scoreboard_set_state(shm, scoreboard_writer(shm), SLOT_SERVING);
	if (channel_send(writer->from->channel, CHANNEL_READY, -1) != RC_OK)
		writer_stop(writer, "the master is gone");
}

static void writer_on_head(void *arg, enum rc rc, const struct store_places *head)
{
	struct writer *writer = arg;
	const bool opening = writer->state == WRITER_OPENING;

	if (!opening && writer->state != WRITER_RECOVERING)
		return; /* it has been stopped meanwhile */
	if (rc == RC_UNAVAILABLE && !opening) {
		writer->ask_at = clock_ms() + ASK_AGAIN_MS;
		commit_refuse_queue(writer, rc);
		return;
	}
	if (rc != RC_OK) {
		log_error("head_unknown", LOG_TEXT("rc", rc_name(rc)));
		writer_fail(writer, EXIT_FAILURE);
		return;
	}
	if (!writer->readers_behind)
		generation_tokens_end(writer->from->shm); /* before ring_attach wakes readers */
	if (!ring_attach(writer->from->shm, head->seqs))
		shm_watch_repaired(writer->from->shm);
	edition_spoil(writer->from->shm);
	if (!writer->readers_behind)
		edition_account(writer->from->shm, store_edition(writer->store));
	if (opening)
		writer_begin_serving(writer);
	else
		writer_move(writer, WRITER_SERVING);
}

void writer_ask_head(struct writer *writer)
{
	if (writer->state == WRITER_SERVING)
		writer_move(writer, WRITER_RECOVERING);
	assert(writer->state == WRITER_OPENING || writer->state == WRITER_RECOVERING);
	writer->readers_behind = false; /* unless it is set again before the answer */
	writer->ask_at = WRITER_NEVER;
	store_head(writer->store, writer_on_head, writer);
}

/* ---- Start and end --------------------------------------------------------------- */

static bool writer_is_disk(enum rc rc)
{
	return rc == RC_FULL || rc == RC_READ_ONLY || rc == RC_IO;
}

/* Would another start find the same fault? */
static bool writer_open_is_fatal(const struct writer *writer, enum rc rc)
{
	if (rc == RC_BUSY || rc == RC_UNAVAILABLE || rc == RC_SYNC_FAILED)
		return false;
	return !writer->from->again || (!writer_is_disk(rc) && rc != RC_DENIED && rc != RC_MOVED);
}

static void writer_open_failed(struct writer *writer, enum rc rc, const struct error *err)
{
	if (writer_open_is_fatal(writer, rc)) {
		(void)dprintf(STDERR_FILENO, "pocketbook: %s\n", err->text);
		writer_fail(writer, EXIT_FATAL);
		return;
	}
	if (rc == RC_MOVED) {
		struct shm *shm = writer->from->shm;

		log_error("database_moved", LOG_TEXT("reason", err->text));
		scoreboard_set(shm, scoreboard_writer(shm), METRIC_DATABASE_MOVED, 1);
	} else {
		log_error("open_failed", LOG_TEXT("rc", rc_name(rc)),
			  LOG_TEXT("reason", err->text));
	}
	writer_fail(writer, EXIT_FAILURE);
}

/* A database that has been served is not made anew where it is missing, and another one
 * in its place is left alone: workers still read the former one. */
static enum rc writer_find_served(const struct writer *writer, struct error *err)
{
	const char *db = writer->from->db;
	const uint64_t logs = shm_logs(writer->from->shm);
	struct store *reader;
	enum rc rc;

	if (!writer->from->again)
		return RC_OK;
	if (access(db, F_OK) == 0 && logs && !store_has_logs(db, logs))
		return error_set(
			err, RC_MOVED,
			"the log or the wal-index of %.200s, which workers use, was removed "
			"or replaced",
			db);
	rc = store_open(db, STORE_READER, &reader, err);
	if (rc == RC_NOT_FOUND)
		return error_set(err, RC_MOVED, "%.200s was removed or renamed", db);
	if (rc != RC_OK)
		return rc;
	if (!shm_serves(writer->from->shm, store_identity(reader)))
		rc = error_set(err, RC_MOVED, "%.200s is another file now", db);
	store_close(reader);
	return rc;
}

static enum rc writer_open_store(struct writer *writer, struct error *err)
{
	const struct writer_inheritance *from = writer->from;
	enum rc rc = writer_find_served(writer, err);

	store_use_replica(from->db_replica, !from->again);
	if (rc == RC_OK)
		rc = store_open(from->db, STORE_WRITER, &writer->store, err);
	if (rc == RC_OK)
		ring_set_lanes(from->shm, (unsigned)store_lanes(writer->store));
	if (rc == RC_OK && !(shm_serves(from->shm, store_identity(writer->store)) &&
			     shm_serves_logs(from->shm, store_logs(writer->store))))
		rc = error_set(err, RC_MOVED, "%.200s was replaced while it was opened", from->db);
	if (rc == RC_OK)
		rc = presence_start(&writer->presence, from->shm, writer->store, from->lock,
				    from->place, err);
	return rc;
}

/* For commands that write without a server. It serves also if that fails. */
static void writer_keep_history(struct writer *writer)
{
	static const struct store_history none = { .versions = { .count = 0 } };
	const struct store_history *history = writer->from->history;
	const enum rc rc = store_keep_history(writer->store, history ? history : &none);

	if (rc != RC_OK)
		log_warn("history_unkept", LOG_TEXT("rc", rc_name(rc)));
}

static void writer_open(struct writer *writer)
{
	const struct writer_inheritance *from = writer->from;
	struct error err = { "" };
	enum rc rc;

	generation_tokens_begin(from->shm);
	rc = writer_open_store(writer, &err);
	if (rc != RC_OK) {
		writer_open_failed(writer, rc, &err);
		return;
	}
	writer_keep_history(writer);
	if (audit_file_open(from->place, &writer->audit, &err) != RC_OK)
		log_error("audit_failed", LOG_TEXT("reason", err.text));
	if (from->sandbox && writer_confine(from->db, store_needs(writer->store)) != RC_OK) {
		writer_fail(writer, EXIT_FAILURE);
		return;
	}
	retention_start(&writer->retention, from->retention,
			from->history ? &from->history->ages : NULL, clock_ms(), clock_wall());
	if (store_watch(writer->store, news_take, writer))
		writer->watching = WATCHING_LOST;
	else
		writer_ask_head(writer);
}

static int writer_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* A batch that the store has not answered in time is answered here: outcome unknown. */
static void writer_cancel(struct writer *writer)
{
	if (writer->store) {
		(void)store_watch(writer->store, NULL, NULL);
		store_cancel(writer->store);
	}
	if (writer->state == WRITER_STOPPING)
		writer_move(writer, WRITER_DONE);
	assert(writer_has_ended(writer));
}

static void writer_close(struct writer *writer)
{
	batch_clear(writer->batch);
	peers_free(&writer->peers);
	free(writer->batch);
	hints_free(&writer->hints);
	/* The next writer may count generations in other memory. */
	generation_tokens_begin(writer->from->shm);
	store_close(writer->store);
	audit_file_close(&writer->audit);
	if (writer->signals >= 0)
		(void)close(writer->signals);
}

int writer_run(const struct writer_inheritance *inheritance)
{
	struct writer writer = { .from = inheritance,
				 .state = WRITER_OPENING,
				 .stats = { .shm = inheritance->shm },
				 .shm_watch = { .shm = inheritance->shm },
				 .batch = mem_alloc(sizeof(*writer.batch)),
				 .settle_at = WRITER_NEVER,
				 .audit = AUDIT_FILE_NONE,
				 .signals = writer_signals() };

	assert(inheritance->shm && inheritance->db && inheritance->channel >= 0);
	writer.batch->quota = &inheritance->quota;
	if (inheritance->history && inheritance->history->versions.count)
		writer.batch->history = inheritance->history;
	if (writer.signals < 0)
		writer_fail(&writer, EXIT_FAILURE);
	else
		writer_open(&writer);
	if (!writer_has_ended(&writer))
		loop_run(&writer);
	writer_cancel(&writer);
	writer_close(&writer);
	return writer.status;
}
