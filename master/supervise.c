/* The master's loop, called by master.c with all that was opened: starts and reaps the
 * processes, links workers to the writer, takes signals. What takes several turns is
 * advanced in each: drain.c, reload.c, upgrade.c, upgrade_adopt.c. */
#include "master/supervise.h"

#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "master/drain.h"
#include "master/notify.h"
#include "master/reload.h"
#include "master/upgrade.h"
#include "shm/followers.h"
#include "shm/scoreboard.h"
#include "shm/usage.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINK_RETRY_MS 100
#define STILLBORN_MAX 5 /* ends before being ready that a start bears */

/* ---- Phases ---------------------------------------------------------------------- */

#define TO(phase) (1U << MASTER_##phase)

void master_move(struct master *master, enum master_phase to)
{
	static const unsigned moves[MASTER_PHASES] = {
		[MASTER_OPENING] = TO(STARTING) | TO(WORKERS_LEAVE),
		[MASTER_TAKING_OVER] = TO(STARTING) | TO(WORKERS_LEAVE),
		[MASTER_STARTING] = TO(SERVING) | TO(WORKERS_LEAVE),
		[MASTER_SERVING] = TO(WORKERS_LEAVE),
		[MASTER_WORKERS_LEAVE] = TO(WRITER_LEAVES),
		[MASTER_WRITER_LEAVES] = TO(DONE),
	};

	assert(moves[master->phase] & 1U << to);
	master->phase = to;
	master->announced = master->announced || to == MASTER_SERVING;
}

/* ---- Starts ---------------------------------------------------------------------- */

/* Is this slot's process away, and to be started as soon as its pause is over? */
static bool supervise_wants(const struct master *master, unsigned slot)
{
	if (master->children[slot].pid)
		return false;
	switch (master->phase) {
	case MASTER_OPENING:
		return slot == master->workers;
	case MASTER_TAKING_OVER:
		return upgrade_wants(master, slot);
	default:
		return master_is_up(master);
	}
}

/* The writer first: the workers are linked to it. */
static void supervise_spawn(struct master *master)
{
	for (unsigned slot = master->workers + 1; slot-- > 0;)
		if (supervise_wants(master, slot) && clock_ms() >= master->children[slot].start_at)
			master_spawn(master, slot);
}

/* ---- Ends ------------------------------------------------------------------------ */

/* A process that has ended. */
struct obituary {
	const struct child *child;
	unsigned slot;
	pid_t pid;
	int status; /* of waitpid(2) */
	bool left;  /* it was to leave */
};

static bool is_fatal(const struct obituary *end)
{
	return WIFEXITED(end->status) && WEXITSTATUS(end->status) == EXIT_FATAL;
}

static void log_end(const struct master *master, const struct obituary *end)
{
	const uint64_t now = clock_ms(), start_at = end->child->start_at;
	const int status = end->status;
	enum log_level level = is_fatal(end) || !end->left ? LOG_WARN : LOG_INFO;
	const struct log_field fields[] = {
		LOG_TEXT("child", end->child->name),
		LOG_NUMBER("child_pid", end->pid),
		LOG_NUMBER("slot", end->slot),
		WIFSIGNALED(status) ? LOG_NUMBER("signal", WTERMSIG(status))
				    : LOG_NUMBER("status", WEXITSTATUS(status)),
		LOG_NUMBER("pause_ms", end->left || start_at < now ? 0 : start_at - now),
	};

	/* The one line on stderr that says why a start has failed must not be
	 * buried. */
	if (!master->announced && !master->upgraded && (is_fatal(end) || end->left))
		level = LOG_DEBUG;
	log_write(level, "child_exit", fields, sizeof(fields) / sizeof(fields[0]));
}

/* State of it that the others need. */
static void count_end(struct master *master, const struct obituary *end)
{
	usage_died(master->shm, end->slot, end->pid);
	scoreboard_died(master->shm, end->slot, end->pid);
	if (!master_is_stopping(master) &&
	    !(WIFEXITED(end->status) && WEXITSTATUS(end->status) == EXIT_SUCCESS))
		scoreboard_add(master->shm, end->slot, METRIC_RESPAWNS, 1);
	if (end->child != master_writer(master))
		return;
	shm_resync(master->shm);
	master->admin.child.linked = false;
	for (unsigned slot = 0; slot < master->workers; slot++) {
		master->children[slot].linked = false;
		master->predecessors[slot].child.linked = false;
	}
}

static void say_stillborn(const struct master *master, const struct obituary *end)
{
	const bool killed = WIFSIGNALED(end->status);

	(void)dprintf(STDERR_FILENO,
		      "pocketbook: the %s process ended %u times while starting (%s %d); "
		      "the lines above may say why\n",
		      end->slot == master->workers ? "writer" : "worker", end->child->stillborn,
		      killed ? "signal" : "status",
		      killed ? WTERMSIG(end->status) : WEXITSTATUS(end->status));
}

static void supervise_on_end(struct master *master, const struct obituary *end)
{
	log_end(master, end);
	count_end(master, end);
	if (is_fatal(end)) {
		drain_after_fault(master, "a process cannot run, and a restart would not help");
	} else if (!master->announced && !master->upgraded && !master_is_stopping(master) &&
		   end->child->stillborn >= STILLBORN_MAX) {
		say_stillborn(master, end);
		drain_after_fault(master, "a process cannot start");
	}
}

/* Removes the keys that a worker followed. */
static void unfollow(const struct master *master, unsigned slot, const struct child *child)
{
	if (slot < master->workers)
		followers_clear(master->shm, followers_number(slot, child->second));
}

static void reap_child(struct master *master, unsigned slot)
{
	struct obituary end = { .child = &master->children[slot],
				.slot = slot,
				.pid = master->children[slot].pid,
				.left = master_is_stopping(master) };

	if (!child_reap(&master->children[slot], &end.status))
		return;
	unfollow(master, slot, end.child);
	supervise_on_end(master, &end);
}

static void reap_predecessor(struct master *master, unsigned slot)
{
	struct predecessor *predecessor = &master->predecessors[slot];
	struct obituary end = { .child = &predecessor->child,
				.slot = slot,
				.pid = predecessor->child.pid,
				.left = true };

	if (!child_reap(&predecessor->child, &end.status))
		return;
	if (predecessor->inherited) {
		log_end(master, &end); /* it has no place in this run's map */
		return;
	}
	unfollow(master, slot, end.child);
	supervise_on_end(master, &end);
}

static void supervise_reap(struct master *master)
{
	for (unsigned slot = 0; slot <= master->workers; slot++) {
		reap_child(master, slot);
		reap_predecessor(master, slot);
	}
	admin_child_reap(master);
}

/* ---- Links ----------------------------------------------------------------------- */

static enum rc link_worker(const struct child *worker, const struct child *writer)
{
	int ends[2];
	enum rc rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
		log_error("link_failed", LOG_NUMBER("errno", errno));
		return RC_IO;
	}
	rc = channel_send(worker->channel, CHANNEL_LINK, ends[0]);
	if (rc == RC_OK)
		rc = channel_send(writer->channel, CHANNEL_LINK, ends[1]);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return rc;
}

/* Returns whether it must be tried again. */
static bool link_if_needed(struct child *worker, const struct child *writer)
{
	if (worker->linked || worker->pid == 0 || writer->pid == 0)
		return false;
	worker->linked = link_worker(worker, writer) == RC_OK;
	return !worker->linked;
}

/* Links all workers to the writer; returns whether one must be tried again. */
static bool supervise_link(struct master *master)
{
	const struct child *writer = master_writer(master);
	bool again = false;

	for (unsigned slot = 0; slot < master->workers && master_is_up(master); slot++) {
		again |= link_if_needed(&master->children[slot], writer);
		again |= link_if_needed(&master->predecessors[slot].child, writer);
	}
	return again;
}

/* ---- Ready ----------------------------------------------------------------------- */

static void announce_address(const struct master *master, size_t i)
{
	const struct listeners *listeners = &master->listeners;
	const char *db = master->settings->worker.db;
	char text[LISTEN_TEXT_MAX];

	listen_format(&listeners->addresses[i], text);
	if (listeners->metrics && i + 1 == listeners->count) {
		(void)dprintf(STDERR_FILENO, "pocketbook: metrics at http://%s/metrics\n", text);
		return;
	}
	(void)dprintf(STDERR_FILENO, "pocketbook: serving http://%s (%u worker%s, database %s)\n",
		      text, master->workers, master->workers == 1 ? "" : "s", db);
	log_info("ready", LOG_TEXT("address", text), LOG_NUMBER("workers", master->workers),
		 LOG_TEXT("db", db));
}

static void supervise_announce(struct master *master)
{
	for (unsigned slot = 0; slot <= master->workers; slot++)
		if (!master->children[slot].ready)
			return;
	master_move(master, MASTER_SERVING);
	if (master->upgraded)
		log_info("upgraded", LOG_NUMBER("workers", master->workers),
			 LOG_TEXT("db", master->settings->worker.db));
	for (size_t i = 0; i < master->listeners.count && !master->upgraded; i++)
		announce_address(master, i);
	if (!master->upgraded)
		admin_child_announce(master);
	notify_ready(master);
	if (master->settings->greeting)
		(void)dprintf(STDERR_FILENO, "pocketbook: %s\n", master->settings->greeting);
}

static void supervise_hear(struct master *master, struct child *child)
{
	if (!child_hear(child))
		return;
	child->stillborn = 0;
	if (child == master_writer(master) && master->phase == MASTER_OPENING)
		master_move(master, MASTER_STARTING);
	if (master->phase == MASTER_STARTING)
		supervise_announce(master);
}

/* ---- Signals --------------------------------------------------------------------- */

static const char *signal_text(int number)
{
	return number == SIGINT ? "SIGINT" : number == SIGHUP ? "SIGHUP" : "SIGTERM";
}

static void supervise_on_signal(struct master *master, int number,
				const struct channel_sender *sender)
{
	const bool stopping = master_is_stopping(master);

	if (number == SIGCHLD)
		return;
	if (number == SIGUSR2)
		master->upgrade.asked = true;
	else if (number == SIGHUP && !stopping && !signals_is_hangup(&master->signals))
		reload_ask(&master->reload, sender);
	else if (!stopping)
		drain_begin(master, signal_text(number));
	else if (number != SIGHUP) /* a terminal that goes away may send it twice */
		drain_hurry(master);
}

/* ---- The loop -------------------------------------------------------------------- */

static uint64_t earlier(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* clock_ms() of the next thing to do without an event; UINT64_MAX: none. */
static uint64_t supervise_next(struct master *master)
{
	uint64_t next = earlier(notify_tick(master), handover_next(master));

	next = earlier(next, admin_child_next(master));
	if (master->phase == MASTER_WORKERS_LEAVE)
		next = master->workers_by;
	else if (master->phase == MASTER_WRITER_LEAVES)
		next = master->writer_by;
	if (master->upgrade.phase == UPGRADE_DRY_RUN)
		next = earlier(next, master->upgrade.give_up);
	for (unsigned slot = 0; slot <= master->workers; slot++)
		if (supervise_wants(master, slot))
			next = earlier(next, master->children[slot].start_at);
	return next;
}

static int supervise_timeout(struct master *master, bool link_again)
{
	uint64_t next = supervise_next(master), now = clock_ms();

	if (link_again)
		next = earlier(next, now + LINK_RETRY_MS);
	if (next == UINT64_MAX)
		return -1;
	if (next > now)
		return (int)(next - now);
	/* Once a kill was sent there is nothing to do but to wait for SIGCHLD. */
	return master_is_stopping(master) ? LINK_RETRY_MS : 0;
}

static void supervise_wait(struct master *master, struct pollfd *polls, int timeout)
{
	struct pollfd *signals = &polls[master->workers + 1];
	struct pollfd *admin = &polls[master->workers + 2];
	struct channel_sender sender;
	int number;

	for (unsigned slot = 0; slot <= master->workers; slot++)
		polls[slot] =
			(struct pollfd){ .fd = master->children[slot].channel, .events = POLLIN };
	*signals = (struct pollfd){ .fd = master->signals.fd, .events = POLLIN };
	*admin = (struct pollfd){ .fd = master->admin.child.channel, .events = POLLIN };
	if (poll(polls, master->workers + 3, timeout) < 0)
		return;
	if (admin->revents)
		admin_child_hear(master);
	for (unsigned slot = 0; slot <= master->workers; slot++)
		if (polls[slot].revents)
			supervise_hear(master, &master->children[slot]);
	while (signals->revents && (number = signals_take(&master->signals, &sender)) != 0)
		supervise_on_signal(master, number, &sender);
}

void supervise_run(struct master *master)
{
	struct pollfd *polls = mem_array(master->workers + 3, sizeof(*polls));
	bool link_again;

	assert(master->phase == MASTER_OPENING || master->phase == MASTER_TAKING_OVER);
	while (master->phase != MASTER_DONE) {
		supervise_spawn(master);
		link_again = supervise_link(master);
		link_again |= admin_child_advance(master);
		supervise_wait(master, polls, supervise_timeout(master, link_again));
		supervise_reap(master);
		drain_advance(master);
		handover_kill_late(master);
		reload_advance(master);
		upgrade_take_over(master);
		upgrade_advance(master);
	}
	free(polls);
}
