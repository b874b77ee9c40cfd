#include "writer/writer.h"

#include "ipc/channel.h"
#include "base/clock.h"
#include "base/exit.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "shm/scoreboard.h"
#include "shm/generation.h"
#include "writer/batch.h"
#include "writer/confine.h"
#include "writer/control.h"
#include "writer/group_commit.h"
#include "writer/stats.h"
#include "writer/hints.h"
#include "writer/retention.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define IDLE_MS 1000     /* how often housekeeping looks in while nobody writes */
#define FAREWELL_MS 2000 /* how long the last replies may take */

struct writer {
	const struct writer_inheritance *from;
	struct store *store;
	int signals; /* SIGTERM, as a descriptor */
	struct peer **peers;
	size_t peer_count;
	size_t turn;          /* whose requests are taken first */
	struct pollfd *polls; /* signals, channel, control, then the peers */
	struct batch *batch;
	struct hints hints;
	struct retention retention;
	struct writer_stats stats;
	struct group_commit group_commit;
	bool waiting;   /* the store has not called back yet: no new batch, and the peers' buffers
			   stay as they are */
	bool unsettled; /* commits have been made since housekeeping found the time */
	bool stopping;
	uint64_t stop_by; /* clock_ms(), where stopping */
	int failed;       /* exit status; 0 while all is well */
	enum rc trouble;  /* why the last commit was refused; RC_OK: it was not */
	uint64_t refused; /* requests since the last commit that was not */
};

enum { POLL_SIGNALS, POLL_CHANNEL, POLL_CONTROL, POLL_PEERS };

static void writer_stop(struct writer *writer, const char *reason)
{
	if (writer->stopping)
		return;
	log_info("writer_stop", LOG_TEXT("reason", reason));
	writer->stopping = true;
	writer->stop_by = clock_ms() + FAREWELL_MS;
	scoreboard_set_state(writer->from->shm, scoreboard_writer(writer->from->shm),
			     SLOT_DRAINING);
}

/* ----
 * Peers -------------------------------------------------------------------------------
 */

static void writer_add_peer(struct writer *writer, enum peer_kind kind, int fd)
{
	writer->peers = mem_resize(writer->peers, writer->peer_count + 1, sizeof(struct peer *));
	writer->polls = mem_resize(writer->polls, POLL_PEERS + writer->peer_count + 1,
				   sizeof(struct pollfd));
	writer->peers[writer->peer_count++] = peer_new(kind, fd);
}

/* Closes those that are done, and administrators who let others wait. */
static void writer_sweep(struct writer *writer)
{
	size_t page_cache = 0;

	for (size_t i = 0; i < writer->peer_count; i++) {
		if (peer_is_done(writer->peers[i]) || control_is_idle(writer->peers[i]))
			peer_free(writer->peers[i]);
		else
			writer->peers[page_cache++] = writer->peers[i];
	}
	writer->peer_count = page_cache;
}

static size_t writer_controls(const struct writer *writer)
{
	size_t count = 0;

	for (size_t i = 0; i < writer->peer_count; i++)
		count += writer->peers[i]->kind == PEER_CONTROL;
	return count;
}

static void writer_accept(struct writer *writer)
{
	int fd;

	if (control_accept(writer->from->control, &fd) == RC_OK)
		writer_add_peer(writer, PEER_CONTROL, fd);
}

static void writer_hear_master(struct writer *writer)
{
	struct channel_message message;
	enum rc rc = channel_receive(writer->from->channel, &message);

	if (rc == RC_UNAVAILABLE)
		writer_stop(writer, "the master is gone");
	if (rc != RC_OK)
		return;
	if (message.word == CHANNEL_LINK && message.fd >= 0)
		writer_add_peer(writer, PEER_WORKER, message.fd);
	else if (message.fd >= 0)
		(void)close(message.fd);
	else
		(void)channel_set_level(message.word);
}

/* ----
 * Commits -----------------------------------------------------------------------------
 */

static void writer_flush(struct writer *writer)
{
	for (size_t i = 0; i < writer->peer_count; i++)
		peer_flush(writer->peers[i]);
}

/* A disk that refuses is told of once, and once more when it takes commits again. */
static void writer_refuse(struct writer *writer, enum rc rc)
{
	if (rc != writer->trouble)
		log_error("commit_failed", LOG_TEXT("rc", rc_name(rc)),
			  LOG_NUMBER("requests", writer->batch->count));
	writer->trouble = rc;
	writer->refused += writer->batch->count;
	batch_refuse(writer->batch, rc);
	writer_flush(writer);
}

static void writer_relieve(struct writer *writer)
{
	if (writer->trouble == RC_OK)
		return;
	log_info("commits_resumed", LOG_TEXT("after", rc_name(writer->trouble)),
		 LOG_NUMBER("refused", writer->refused));
	writer->trouble = RC_OK;
	writer->refused = 0;
}

/* A piece of the writer's own purge, which goes last in a batch. */
static void writer_add_purge(struct writer *writer)
{
	struct store_request request;

	if (writer->stopping || writer->batch->count == BATCH_REQUESTS)
		return;
	if (retention_take(&writer->retention, clock_ms(), clock_wall(), &request) &&
	    !batch_add(writer->batch, &request))
		retention_done(&writer->retention, clock_ms(), RC_BUSY, 0);
}

static void writer_end_purge(struct writer *writer, enum rc rc, const struct store_reply *replies)
{
	const struct batch *batch = writer->batch;

	if (batch->origins[batch->count - 1].peer == NULL)
		retention_done(&writer->retention, clock_ms(), rc,
			       replies ? replies[batch->count - 1].purged : 0);
}

static void writer_on_replies(void *arg, enum rc rc, const struct store_reply *replies)
{
	struct writer *writer = arg;
	struct batch *batch = writer->batch;

	writer->waiting = false;
	writer_end_purge(writer, rc, replies);
	writer_stats_commit_end(&writer->stats, replies, batch->count);
	/* Where the outcome is unknown it is for the successor to find out. */
	if (rc != RC_SYNC_FAILED)
		generation_write_end(writer->from->shm);
	if (rc == RC_SYNC_FAILED) {
		log_error("commit_unknown", LOG_NUMBER("requests", batch->count));
		writer->failed = EXIT_FAILURE;
	} else if (rc != RC_OK) {
		writer_refuse(writer, rc);
	} else {
		writer_relieve(writer);
		FAULT("writer_after_commit");
		batch_answer(batch, replies);
		writer_flush(writer);
		FAULT("writer_after_answer");
		hints_collect(&writer->hints, batch->requests, replies, batch->count);
		ring_publish(writer->from->shm, writer->hints.entries, writer->hints.count);
		writer->unsettled = true;
	}
	batch_clear(batch);
	for (size_t i = 0; i < writer->peer_count; i++)
		peer_forget(writer->peers[i]);
}

static void writer_maintain(struct writer *writer)
{
	if (writer_stats_maintain(&writer->stats, writer->store) != RC_OK)
		writer->failed = EXIT_FAILURE;
}

static size_t writer_frames(const struct writer *writer)
{
	size_t count = 0;

	for (size_t i = 0; i < writer->peer_count; i++)
		count += peer_frames(writer->peers[i]);
	return count;
}

/* Counts who came during the commit, before who has been answered can come back. */
static void writer_gather(struct writer *writer, uint64_t begun, size_t answered)
{
	for (size_t i = 0; i < writer->peer_count; i++)
		if (peer_events(writer->peers[i]) & POLLIN)
			peer_read(writer->peers[i]);
	group_commit_end(&writer->group_commit, begun, clock_us(), answered, writer_frames(writer));
}

/* Microseconds that a commit is put off for, so that more share it; 0: there is nothing
 * to wait for. */
static uint64_t writer_pause(const struct writer *writer)
{
	if (writer->stopping || writer->waiting)
		return 0;
	return group_commit_delay(&writer->group_commit, clock_us(), writer_frames(writer));
}

static void writer_commit(struct writer *writer)
{
	uint64_t begun = clock_us();
	size_t asked;

	batch_collect(writer->batch, writer->peers, writer->peer_count, writer->turn);
	writer->turn = writer->peer_count ? (writer->turn + 1) % writer->peer_count : 0;
	writer_add_purge(writer);
	if (writer->batch->count == 0) {
		for (size_t i = 0; i < writer->peer_count; i++)
			peer_forget(writer->peers[i]);
		writer_flush(writer);
		return;
	}
	FAULT("writer_before_commit");
	asked = writer->batch->count;
	writer->waiting = true;
	generation_write_begin(writer->from->shm);
	writer_stats_commit_begin(&writer->stats);
	store_commit(writer->store, writer->batch->requests, writer->batch->count,
		     writer_on_replies, writer);
	if (!writer->waiting && !writer->failed) {
		writer_gather(writer, begun, asked);
		writer_maintain(writer);
	}
}

/* ---- The
 * loop --------------------------------------------------------------------------------
 */

static bool writer_has_frames(const struct writer *writer)
{
	for (size_t i = 0; i < writer->peer_count; i++)
		if (peer_has_frame(writer->peers[i]))
			return true;
	return false;
}

static bool writer_has_replies(const struct writer *writer)
{
	for (size_t i = 0; i < writer->peer_count; i++)
		if (writer->peers[i]->out.len > writer->peers[i]->sent)
			return true;
	return false;
}

static int writer_timeout(const struct writer *writer)
{
	uint64_t now = clock_ms();
	int timeout;

	if (writer_has_frames(writer) && !writer->waiting)
		return 0;
	if (writer->stopping && (writer_has_replies(writer) || writer->waiting))
		return now < writer->stop_by ? (int)(writer->stop_by - now) : 0;
	if (writer->stopping)
		return 0;
	if (writer->waiting)
		return -1;
	timeout = retention_timeout(&writer->retention, now);
	if ((writer->unsettled || writer_controls(writer)) && (timeout < 0 || timeout > IDLE_MS))
		timeout = IDLE_MS;
	return timeout < 0 || timeout > SCOREBOARD_BEAT_MS ? SCOREBOARD_BEAT_MS : timeout;
}

/* The same, to the microsecond where a commit is put off; negative: no end. */
static struct timespec writer_timespec(const struct writer *writer)
{
	uint64_t pause = writer_pause(writer);
	int timeout = writer_timeout(writer);

	if (pause)
		return (struct timespec){ .tv_nsec = (long)pause * 1000 };
	return (struct timespec){ .tv_sec = timeout < 0 ? -1 : timeout / 1000,
				  .tv_nsec = timeout < 0 ? 0 : (timeout % 1000) * 1000000L };
}

static nfds_t writer_fill_polls(struct writer *writer)
{
	bool listening = !writer->stopping && writer_controls(writer) < CONTROL_MAX;

	writer->polls[POLL_SIGNALS] = (struct pollfd){ .fd = writer->signals, .events = POLLIN };
	writer->polls[POLL_CHANNEL] =
		(struct pollfd){ .fd = writer->stopping ? -1 : writer->from->channel,
				 .events = POLLIN };
	writer->polls[POLL_CONTROL] =
		(struct pollfd){ .fd = listening ? writer->from->control : -1, .events = POLLIN };
	for (size_t i = 0; i < writer->peer_count; i++) {
		short events = peer_events(writer->peers[i]);

		/* A request that the store holds points into its peer's buffer. */
		if (writer->waiting)
			events &= POLLOUT;
		writer->polls[POLL_PEERS + i] =
			(struct pollfd){ .fd = events ? writer->peers[i]->fd : -1,
					 .events = events };
	}
	return (nfds_t)(POLL_PEERS + writer->peer_count);
}

/* Moves bytes; returns whether there were any to be moved. */
static bool writer_move_bytes(struct writer *writer)
{
	bool any = false;

	for (size_t i = 0; i < writer->peer_count; i++) {
		short got = writer->polls[POLL_PEERS + i].revents;

		if (got & POLLOUT)
			peer_flush(writer->peers[i]);
		if ((got & (POLLIN | POLLHUP | POLLERR)) &&
		    (writer->polls[POLL_PEERS + i].events & POLLIN))
			peer_read(writer->peers[i]);
		else if (got & POLLERR)
			writer->peers[i]->broken = true;
		any = any || got;
	}
	return any;
}

/* Waits for something to do and does all but the committing; returns whether any peer
 * had a part in it. */
static bool writer_wait(struct writer *writer)
{
	struct signalfd_siginfo info;
	const struct timespec timeout = writer_timespec(writer);
	int ready = ppoll(writer->polls, writer_fill_polls(writer),
			  timeout.tv_sec < 0 ? NULL : &timeout, NULL);
	bool moved;

	scoreboard_beat(writer->from->shm, scoreboard_writer(writer->from->shm));
	if (ready < 0)
		return true;
	if (ready == 0 && writer->unsettled && !writer->stopping && !writer->waiting &&
	    !writer_has_frames(writer)) {
		writer_maintain(writer);
		writer->unsettled = false;
	}
	moved = writer_move_bytes(writer);
	/* These two grow the arrays that were polled, so they come last. */
	if (writer->polls[POLL_SIGNALS].revents && read(writer->signals, &info, sizeof(info)) > 0)
		writer_stop(writer, "told to");
	if (writer->polls[POLL_CONTROL].revents)
		writer_accept(writer);
	if (writer->polls[POLL_CHANNEL].revents)
		writer_hear_master(writer);
	return moved;
}

static bool writer_is_done(const struct writer *writer, bool moved)
{
	if (writer->failed)
		return true;
	if (!writer->stopping)
		return false;
	if (clock_ms() >= writer->stop_by)
		return true;
	return !moved && !writer->waiting && !writer_has_frames(writer) &&
	       !writer_has_replies(writer);
}

static void writer_loop(struct writer *writer)
{
	bool moved;

	do {
		moved = writer_wait(writer);
		if (!writer->waiting && writer_pause(writer) == 0) {
			writer_commit(writer);
			writer_sweep(writer);
		}
	} while (!writer_is_done(writer, moved));
}

/* ---- Start and
 * end ---------------------------------------------------------------------------------
 */

static void writer_on_head(void *arg, enum rc rc, const struct store_cursor *head)
{
	struct writer *writer = arg;
	struct shm *shm = writer->from->shm;

	writer->waiting = false;
	if (rc != RC_OK) {
		log_error("head_unknown", LOG_TEXT("rc", rc_name(rc)));
		writer->failed = EXIT_FAILURE;
		return;
	}
	ring_attach(shm, head->seq);
	generation_write_end(shm);
	writer_stats_update(&writer->stats, writer->store);
	scoreboard_set_state(shm, scoreboard_writer(shm), SLOT_SERVING);
	if (channel_send(writer->from->channel, CHANNEL_READY, -1) != RC_OK)
		writer_stop(writer, "the master is gone");
}

static bool writer_is_disk(enum rc rc)
{
	return rc == RC_FULL || rc == RC_READ_ONLY || rc == RC_IO;
}

static int writer_open(struct writer *writer)
{
	struct error err = { "" };
	enum rc rc;

	generation_write_begin(writer->from->shm);
	rc = store_open(writer->from->db, STORE_WRITER, &writer->store, &err);

	retention_start(&writer->retention, writer->from->retention, clock_ms(), clock_wall());
	if (rc == RC_OK && writer->from->sandbox && writer_confine(writer->from->db) != RC_OK)
		return EXIT_FAILURE;
	if (rc == RC_OK) {
		writer->waiting = true;
		store_head(writer->store, writer_on_head, writer);
		return writer->failed;
	}
	if (rc == RC_BUSY || rc == RC_UNAVAILABLE || rc == RC_SYNC_FAILED ||
	    (writer->from->again && writer_is_disk(rc))) {
		log_error("open_failed", LOG_TEXT("rc", rc_name(rc)), LOG_TEXT("reason", err.text));
		return EXIT_FAILURE;
	}
	(void)dprintf(STDERR_FILENO, "pocketbook: %s\n", err.text);
	return EXIT_FATAL;
}

static int writer_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void writer_close(struct writer *writer)
{
	for (size_t i = 0; i < writer->peer_count; i++)
		peer_free(writer->peers[i]);
	free(writer->peers);
	free(writer->polls);
	batch_clear(writer->batch);
	free(writer->batch);
	hints_free(&writer->hints);
	generation_write_begin(
		writer->from->shm); /* whoever comes next may count in other memory */
	store_close(writer->store);
	if (writer->signals >= 0)
		(void)close(writer->signals);
}

int writer_run(const struct writer_inheritance *inheritance)
{
	struct writer writer = { .from = inheritance,
				 .stats = { .shm = inheritance->shm },
				 .signals = writer_signals() };

	writer.batch = mem_alloc(sizeof(*writer.batch));
	writer.batch->shm = inheritance->shm;
	writer.polls = mem_array(POLL_PEERS, sizeof(struct pollfd));
	writer.failed = writer.signals < 0 ? EXIT_FAILURE : writer_open(&writer);
	if (!writer.failed)
		writer_loop(&writer);
	writer_close(&writer);
	return writer.failed;
}
