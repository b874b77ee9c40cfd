/* The writer's event loop, called by writer_run: one ppoll(2) for the master, SIGTERM,
 * the control socket, the store and all peers. It goes on serving while an answer of
 * the store is outstanding; what it commits, and when, is in commit.c. */
#include "writer/loop.h"

#include "base/clock.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "shm/scoreboard.h"
#include "writer/commit.h"
#include "writer/control.h"
#include "writer/streams.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define IDLE_MS 1000 /* between checks for administrators who keep a place and are silent */

enum { POLL_SIGNALS, POLL_CHANNEL, POLL_CONTROL, POLL_STORE, POLL_PEERS };

struct loop {
	struct writer *writer;
	struct pollfd *polls; /* the four above, then the peers */
	size_t polled;        /* peers among them */
	size_t room;
	uint64_t store_by; /* clock_ms() when the store wants to run */
};

/* ---- What to wait for ------------------------------------------------------------ */

static uint64_t earlier(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

static uint64_t in_us(uint64_t ms)
{
	return ms == WRITER_NEVER ? WRITER_NEVER : ms * 1000;
}

/* clock_us() when a writer that serves has something to do although nothing arrives. */
static uint64_t serving_deadline(const struct writer *writer, uint64_t now)
{
	size_t frames = peers_frames(&writer->peers);
	uint64_t deadline;

	if (frames)
		return now + group_commit_delay(&writer->group_commit, now, frames);
	deadline = earlier(in_us(retention_next(&writer->retention)), in_us(writer->settle_at));
	return peers_controls(&writer->peers) ? earlier(deadline, now + IDLE_MS * 1000) : deadline;
}

static uint64_t stopping_deadline(const struct writer *writer, uint64_t now)
{
	bool waits = peers_have_replies(&writer->peers) && !peers_frames(&writer->peers);

	return waits ? in_us(writer->stop_by) : now;
}

static uint64_t state_deadline(const struct writer *writer, uint64_t now)
{
	switch (writer->state) {
	case WRITER_SERVING:
		return serving_deadline(writer, now);
	case WRITER_RECOVERING:
		return in_us(writer->ask_at);
	case WRITER_STOPPING:
		return stopping_deadline(writer, now);
	case WRITER_LAST_COMMIT:
		return in_us(writer->stop_by);
	default:
		return WRITER_NEVER;
	}
}

/* For how long to wait at most: to the microsecond, as a commit may be put off by less
 * than a millisecond. */
static struct timespec loop_timeout(const struct loop *loop)
{
	uint64_t now = clock_us(), deadline = now + (uint64_t)SCOREBOARD_BEAT_MS * 1000, left;

	deadline = earlier(deadline, state_deadline(loop->writer, now));
	deadline = earlier(deadline, in_us(loop->store_by));
	left = deadline > now ? deadline - now : 0;
	return (struct timespec){ .tv_sec = (time_t)(left / 1000000),
				  .tv_nsec = (long)(left % 1000000) * 1000 };
}

static struct pollfd poll_of(int fd, short events)
{
	return (struct pollfd){ .fd = events ? fd : -1, .events = events };
}

static void loop_fill_peers(struct loop *loop)
{
	const struct peers *peers = &loop->writer->peers;

	if (POLL_PEERS + peers->count > loop->room) {
		loop->room = 2 * (POLL_PEERS + peers->count);
		loop->polls = mem_resize(loop->polls, loop->room, sizeof(*loop->polls));
	}
	for (size_t i = 0; i < peers->count; i++) {
		const struct peer *peer = peers->list[i];

		/* One that is broken stays only while the store has requests of it. */
		loop->polls[POLL_PEERS + i] =
			poll_of(peer->fd, peer->broken ? 0 : peer_events(peer));
	}
	loop->polled = peers->count;
}

static void loop_fill(struct loop *loop)
{
	const struct writer *writer = loop->writer;
	bool stopping = writer_is_stopping(writer);
	bool full = peers_controls(&writer->peers) >= CONTROL_MAX;
	short events = 0;
	int fd = -1;

	loop_fill_peers(loop);
	store_poll(writer->store, &fd, &events, &loop->store_by);
	loop->polls[POLL_SIGNALS] = poll_of(writer->signals, POLLIN);
	loop->polls[POLL_CHANNEL] = poll_of(writer->from->channel, stopping ? 0 : POLLIN);
	loop->polls[POLL_CONTROL] = poll_of(writer->from->control, stopping || full ? 0 : POLLIN);
	loop->polls[POLL_STORE] = poll_of(fd, events);
}

/* ---- What to do ------------------------------------------------------------------ */

/* Returns whether there were any bytes to be moved. */
static bool loop_move_bytes(struct loop *loop)
{
	bool any = false;

	for (size_t i = 0; i < loop->polled; i++) {
		const struct pollfd *poll = &loop->polls[POLL_PEERS + i];
		struct peer *peer = loop->writer->peers.list[i];
		short got = poll->revents;

		if (got & POLLOUT)
			peer_flush(peer);
		if ((got & (POLLIN | POLLHUP | POLLERR)) && (poll->events & POLLIN))
			peer_read(peer);
		else if (got & POLLERR)
			peer->broken = true;
		any = any || got;
	}
	return any;
}

static void loop_hear_master(struct writer *writer)
{
	struct channel_message message;
	enum rc rc = channel_receive(writer->from->channel, &message);

	if (rc == RC_UNAVAILABLE)
		writer_stop(writer, "the master is gone");
	if (rc != RC_OK)
		return;
	if (message.word == CHANNEL_LINK && message.fd >= 0)
		(void)peers_add(&writer->peers, PEER_WORKER, message.fd);
	else if (message.word == CHANNEL_ADMIN && message.fd >= 0)
		(void)peers_add(&writer->peers, PEER_ADMIN, message.fd);
	else if (message.fd >= 0)
		(void)close(message.fd);
	else if (channel_set_level(message.word))
		/* which each reload sends */
		writer_audit_reload(&writer->audit, &message.sender, message.changed);
}

static void loop_accept(struct writer *writer)
{
	struct caller caller;
	int fd;

	if (control_accept(writer->from->control, &fd, &caller) == RC_OK)
		peers_add(&writer->peers, PEER_CONTROL, fd)->caller = caller;
}

static void loop_dispatch(struct loop *loop)
{
	struct writer *writer = loop->writer;
	struct signalfd_siginfo info;

	if (loop->polls[POLL_STORE].revents || clock_ms() >= loop->store_by)
		store_run(writer->store);
	if (writer_has_ended(writer))
		return;
	if (loop->polls[POLL_SIGNALS].revents && read(writer->signals, &info, sizeof(info)) > 0)
		writer_stop(writer, "SIGTERM");
	if (loop->polls[POLL_CONTROL].revents)
		loop_accept(writer);
	if (loop->polls[POLL_CHANNEL].revents)
		loop_hear_master(writer);
}

/* Waits for something to do and does all but the committing; returns whether any peer
 * had a part in it. */
static bool loop_wait(struct loop *loop)
{
	struct shm *shm = loop->writer->from->shm;
	struct timespec timeout;
	bool moved;
	int ready;

	loop_fill(loop);
	timeout = loop_timeout(loop);
	ready = ppoll(loop->polls, (nfds_t)(POLL_PEERS + loop->polled), &timeout, NULL);
	scoreboard_beat(shm, scoreboard_writer(shm));
	if (ready < 0)
		return true;
	moved = loop_move_bytes(loop);
	loop_dispatch(loop);
	for (size_t i = 0; i < loop->writer->peers.count; i++) {
		control_answer(shm, loop->writer->peers.list[i]);
		streams_answer(loop->writer, loop->writer->peers.list[i]);
	}
	return moved;
}

/* Is everything answered, or has that taken too long? */
static bool loop_is_over(const struct writer *writer, bool moved)
{
	if (writer_has_ended(writer))
		return true;
	if (!writer_is_stopping(writer))
		return false;
	if (clock_ms() >= writer->stop_by)
		return true;
	return !moved && writer->state == WRITER_STOPPING && !peers_frames(&writer->peers) &&
	       !peers_have_replies(&writer->peers);
}

/* At once if a worker has gone: it may have found the shared memory spoiled, and its
 * successor should not find it so again. */
static void loop_watch_shm(struct writer *writer)
{
	bool gone = false;

	for (size_t i = 0; i < writer->peers.count; i++) {
		const struct peer *peer = writer->peers.list[i];

		gone |= peer->kind == PEER_WORKER && (peer->broken || peer->ended);
	}
	if (shm_watch_check(&writer->shm_watch, gone))
		writer_stats_restore(&writer->stats);
}

void loop_run(struct writer *writer)
{
	struct loop loop = { .writer = writer };
	bool moved;

	assert(!writer_has_ended(writer));
	do {
		moved = loop_wait(&loop);
		loop_watch_shm(writer);
		if (!writer_has_ended(writer))
			commit_advance(writer);
		peers_sweep(&writer->peers);
	} while (!loop_is_over(writer, moved));
	free(loop.polls);
}
