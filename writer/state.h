/* The writer's state, shared by its files. */
#ifndef WRITER_STATE_H
#define WRITER_STATE_H

#include "writer/audit.h"
#include "writer/batch.h"
#include "writer/group_commit.h"
#include "writer/hints.h"
#include "writer/peers.h"
#include "writer/presence.h"
#include "writer/retention.h"
#include "writer/shm_watch.h"
#include "writer/stats.h"
#include "writer/writer.h"

#define WRITER_NEVER UINT64_MAX

/*  OPENING ──head known──▶ SERVING ──batch sent──▶ COMMITTING
 *     │                    │ ▲  │ ◀────answered──────  │
 *     │      readers behind│ │  │                      │
 *     │                    ▼ │head known               │
 *     │              RECOVERING │                      │
 *     │                    │    │                      │
 *     │ stop               └────┴─ stop                └─ stop
 *     ▼                         ▼                         ▼
 *    DONE ◀──all answered── STOPPING ──batch sent──▶ LAST_COMMIT
 *                               ◀──────answered─────────
 *
 *  Each but DONE ──a failed sync, a database that cannot be used──▶ FAILED */
enum writer_state {
	WRITER_OPENING,     /* the head is not known yet */
	WRITER_SERVING,     /* no answer of the store is outstanding */
	WRITER_COMMITTING,  /* a batch is with the store */
	WRITER_RECOVERING,  /* the store was asked for its head anew, see readers_behind */
	WRITER_STOPPING,    /* what has arrived is still committed and answered */
	WRITER_LAST_COMMIT, /* the same, and a batch is with the store */
	WRITER_DONE,
	WRITER_FAILED,
	WRITER_STATES
};

/* Of the reports of a database that several hosts use (news.c). */
enum watching {
	WATCHING_NOTHING, /* only this host uses it */
	WATCHING_LOST,    /* it is not known what other hosts commit */
	WATCHING_CURRENT
};

struct writer {
	const struct writer_inheritance *from;
	enum writer_state state;
	int status; /* of the process; 0 unless FAILED */
	struct store *store;
	int signals; /* SIGTERM, as a descriptor */
	struct peers peers;
	struct batch *batch; /* the store's until it has answered */
	struct hints hints;
	struct retention retention;
	struct presence presence;
	struct shm_watch shm_watch;
	struct audit_file audit;
	struct writer_stats stats;
	struct group_commit group_commit;
	enum watching watching;
	struct store_places head; /* of the last report that had one */
	/* Do the numbers before it still count? A question that was not answered is
	 * asked again. */
	bool asks_lineage;
	bool needs_lineage;
	/* Readers may have missed a change, as the outcome of a commit is unknown.
	 * Until the ring has been attached to the head anew the generation stays odd.
	 * Not of a shared database. */
	bool readers_behind;
	uint64_t begun_us;  /* clock_us() when the commit under way began */
	uint64_t ask_at;    /* clock_ms() when the head is asked for again, in RECOVERING */
	uint64_t settle_at; /* clock_ms() of the maintenance after the last commit */
	uint64_t stop_by;   /* clock_ms() by which the last replies are sent, once stopping */
	enum rc trouble;    /* why the last commit was refused; RC_OK: it was not */
	uint64_t refused;   /* requests since the last commit that was not */
};

/* The only place that changes the state; a move that is not in the drawing above ends
 * the process. */
void writer_move(struct writer *writer, enum writer_state to);
/* Commits what has arrived and ends then. Nothing if the writer is stopping already. */
void writer_stop(struct writer *writer, const char *reason);
/* Ends without answering what is queued. */
void writer_fail(struct writer *writer, int status);
/* Asks the store for its head, to which the ring is attached when the answer comes. */
void writer_ask_head(struct writer *writer);
/* The ring has been attached for the first time. */
void writer_begin_serving(struct writer *writer);

static inline bool writer_is_shared(const struct writer *writer)
{
	return writer->watching != WATCHING_NOTHING;
}

static inline bool writer_is_committing(const struct writer *writer)
{
	return writer->state == WRITER_COMMITTING || writer->state == WRITER_LAST_COMMIT;
}

static inline bool writer_is_stopping(const struct writer *writer)
{
	return writer->state == WRITER_STOPPING || writer->state == WRITER_LAST_COMMIT;
}

static inline bool writer_has_ended(const struct writer *writer)
{
	return writer->state == WRITER_DONE || writer->state == WRITER_FAILED;
}

#endif
