#include "ipc/channel.h"
#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"
#include "master/notify.h"
#include "master/reload.h"
#include "master/upgrade.h"
#include "master/state.h"
#include "master/takeover.h"
#include "shm/scoreboard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A drain takes 5 s at the most, with some of that left for this process's own end. */
#define WORKERS_LEAVE_MS 3500
#define ALL_LEAVE_MS 4500
#define HURRY_MS 500
#define LINK_RETRY_MS 100
#define STILLBORN_MAX 5 /* ends before being ready that a start bears */

/* Until everyone has been ready once, the one line that says why not is not to be
 * buried. */
static enum log_level serve_level(const struct master *master, enum log_level level)
{
	return master->announced || master->old_count ? level : LOG_DEBUG;
}

/* ----
 * Drain -------------------------------------------------------------------------------
 */

static void serve_signal(struct child *child, int signal)
{
	if (child->pid == 0)
		return;
	if (signal == SIGKILL)
		log_warn("child_kill", LOG_TEXT("child", child->name),
			 LOG_NUMBER("child_pid", child->pid));
	(void)kill(child->pid, signal);
}

static void serve_signal_workers(struct master *master, int signal)
{
	for (unsigned slot = 0; slot < master->workers; slot++) {
		serve_signal(&master->children[slot], signal);
		serve_signal(&master->leaving[slot], signal);
	}
}

static void serve_drain(struct master *master, const char *reason)
{
	if (master->phase >= MASTER_WORKERS_LEAVE)
		return;
	notify_stopping();
	log_write(serve_level(master, LOG_INFO), "drain",
		  (struct log_field[]){ LOG_TEXT("reason", reason) }, 1);
	master->phase = MASTER_WORKERS_LEAVE;
	master->workers_by = clock_ms() + WORKERS_LEAVE_MS;
	master->writer_by = clock_ms() + ALL_LEAVE_MS;
	listeners_close_others(&master->listeners, -1);
	serve_signal_workers(master, SIGTERM);
	takeover_signal(master, false, SIGTERM);
}

static void serve_hurry(struct master *master)
{
	uint64_t now = clock_ms();

	master->workers_by = now;
	if (master->writer_by > now + HURRY_MS)
		master->writer_by = now + HURRY_MS;
}

static bool serve_workers_left(const struct master *master)
{
	for (unsigned slot = 0; slot < master->workers; slot++)
		if (master->children[slot].pid || master->leaving[slot].pid)
			return false;
	return takeover_workers_left(master);
}

/* Takes the drain as far as it goes now. */
static void serve_advance(struct master *master)
{
	if (master->phase == MASTER_WORKERS_LEAVE) {
		if (serve_workers_left(master)) {
			master->phase = MASTER_WRITER_LEAVES;
			serve_signal(master_writer(master), SIGTERM);
			takeover_signal(master, true, SIGTERM);
		} else if (clock_ms() >= master->workers_by) {
			serve_signal_workers(master, SIGKILL);
			takeover_signal(master, false, SIGKILL);
		}
	}
	if (master->phase == MASTER_WRITER_LEAVES) {
		if (master_writer(master)->pid == 0 && takeover_writer_left(master)) {
			master->phase = MASTER_DONE;
		} else if (clock_ms() >= master->writer_by) {
			serve_signal(master_writer(master), SIGKILL);
			takeover_signal(master, true, SIGKILL);
		}
	}
}

static void serve_fail(struct master *master, const char *reason)
{
	master->status = EXIT_FAILURE;
	serve_drain(master, reason);
}

/* ---- Births and
 * deaths ------------------------------------------------------------------------------
 */

/* Is this slot's process away, and to be started as soon as its pause is over? */
static bool serve_is_wanted(const struct master *master, unsigned slot)
{
	if (master->children[slot].pid)
		return false;
	if (master->phase == MASTER_TAKING_OVER)
		return takeover_wants(master, slot);
	return master->phase == MASTER_SERVING ||
	       (master->phase == MASTER_OPENING && slot == master->workers);
}

/* The writer first: the workers are linked to it. */
static void serve_spawn(struct master *master)
{
	for (unsigned slot = master->workers + 1; slot-- > 0;)
		if (serve_is_wanted(master, slot) && clock_ms() >= master->children[slot].start_at)
			master_spawn(master, slot);
}

static void serve_log_exit(const struct master *master, const struct child *child, unsigned slot,
			   pid_t pid, int status)
{
	bool leaving = master->phase >= MASTER_WORKERS_LEAVE || child == &master->leaving[slot];
	bool fatal = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FATAL;
	enum log_level level =
		fatal || leaving ? serve_level(master, fatal ? LOG_WARN : LOG_INFO) : LOG_WARN;
	uint64_t now = clock_ms();
	const struct log_field fields[] = {
		LOG_TEXT("child", child->name),
		LOG_NUMBER("child_pid", pid),
		LOG_NUMBER("slot", slot),
		WIFSIGNALED(status) ? LOG_NUMBER("signal", WTERMSIG(status))
				    : LOG_NUMBER("status", WEXITSTATUS(status)),
		LOG_NUMBER("pause_ms",
			   leaving || child->start_at < now ? 0 : child->start_at - now),
	};

	log_write(level, "child_exit", fields, sizeof(fields) / sizeof(fields[0]));
}

static void serve_on_exit(struct master *master, struct child *child, unsigned slot, pid_t pid,
			  int status)
{
	bool is_writer = child == master_writer(master);

	serve_log_exit(master, child, slot, pid, status);
	scoreboard_died(master->shm, slot, pid);
	if (master->phase < MASTER_WORKERS_LEAVE &&
	    !(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS))
		scoreboard_add(master->shm, slot, METRIC_RESPAWNS, 1);
	if (is_writer) {
		shm_resync(master->shm);
		for (unsigned i = 0; i < master->workers; i++)
			master->children[i].linked = master->leaving[i].linked = false;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FATAL) {
		serve_fail(master, "a process found a fault that a new start would not mend");
	} else if (!master->announced && !master->old_count && child->stillborn >= STILLBORN_MAX &&
		   master->phase < MASTER_WORKERS_LEAVE) {
		(void)dprintf(STDERR_FILENO,
			      "pocketbook: the %s process ended %u times while starting (%s %d); "
			      "the lines above may say why\n",
			      is_writer ? "writer" : "worker", child->stillborn,
			      WIFSIGNALED(status) ? "signal" : "status",
			      WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		serve_fail(master, "a process cannot start");
	}
}

static void serve_reap(struct master *master)
{
	takeover_reap(master);
	for (unsigned slot = 0; slot <= master->workers; slot++) {
		pid_t pid = master->children[slot].pid;
		int status;

		if (child_reap(&master->children[slot], &status))
			serve_on_exit(master, &master->children[slot], slot, pid, status);
		if (slot == master->workers)
			break;
		pid = master->leaving[slot].pid;
		if (child_reap(&master->leaving[slot], &status))
			serve_on_exit(master, &master->leaving[slot], slot, pid, status);
	}
}

/* ----
 * Links -------------------------------------------------------------------------------
 */

static enum rc serve_link(struct child *worker, struct child *writer)
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

/* Links all workers that are there to the writer; returns whether one must be tried
 * again. */
static bool serve_links(struct master *master)
{
	struct child *writer = master_writer(master);
	bool again = false;

	for (unsigned i = 0; i < 2 * master->workers && master->phase == MASTER_SERVING; i++) {
		struct child *worker = i < master->workers ? &master->children[i]
							   : &master->leaving[i - master->workers];

		if (worker->linked || worker->pid == 0 || writer->pid == 0)
			continue;
		worker->linked = serve_link(worker, writer) == RC_OK;
		again = again || !worker->linked;
	}
	return again;
}

/* ---- The
 * loop --------------------------------------------------------------------------------
 */

static void serve_announce_renewed(struct master *master)
{
	log_info("renewed", LOG_NUMBER("workers", master->workers),
		 LOG_TEXT("db", master->settings->worker.db));
	notify_ready(master);
}

static void serve_announce(struct master *master)
{
	const struct listeners *listeners = &master->listeners;
	const char *db = master->settings->worker.db;
	char text[LISTEN_TEXT_MAX];

	for (unsigned slot = 0; slot <= master->workers; slot++)
		if (!master->children[slot].ready)
			return;
	master->announced = true;
	if (master->old_count) {
		serve_announce_renewed(master);
		return;
	}
	for (size_t i = 0; i < listeners->count; i++) {
		listen_format(&listeners->addresses[i], text);
		if (listeners->metrics && i + 1 == listeners->count) {
			(void)dprintf(STDERR_FILENO, "pocketbook: metrics at http://%s/metrics\n",
				      text);
			continue;
		}
		(void)dprintf(STDERR_FILENO,
			      "pocketbook: serving http://%s (%u worker%s, database %s)\n", text,
			      master->workers, master->workers == 1 ? "" : "s", db);
		log_info("ready", LOG_TEXT("address", text), LOG_NUMBER("workers", master->workers),
			 LOG_TEXT("db", db));
	}
	notify_ready(master);
	if (master->settings->greeting)
		(void)dprintf(STDERR_FILENO, "pocketbook: %s\n", master->settings->greeting);
}

static void serve_hear(struct master *master, struct child *child)
{
	struct channel_message message;
	enum rc rc = channel_receive(child->channel, &message);

	if (rc == RC_UNAVAILABLE)
		child_hang_up(child); /* it is on its way out; SIGCHLD will tell */
	if (rc != RC_OK)
		return;
	if (message.fd >= 0)
		(void)close(message.fd);
	if (message.word == CHANNEL_LINK)
		child->linked = false;
	if (message.word != CHANNEL_READY)
		return;
	child->ready = true;
	child->stillborn = 0;
	if (child == master_writer(master) && master->phase == MASTER_OPENING)
		master->phase = MASTER_SERVING;
	if (!master->announced && master->phase == MASTER_SERVING)
		serve_announce(master);
}

static void serve_on_signal(struct master *master)
{
	struct signalfd_siginfo info;

	while (read(master->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		if (info.ssi_signo == SIGHUP && master->phase < MASTER_WORKERS_LEAVE &&
		    !(master->terminal && !master_has_terminal())) {
			master->reload_asked = true;
			continue;
		}
		if (info.ssi_signo == SIGUSR2) {
			master->renew.asked = true;
			continue;
		}
		if (master->phase < MASTER_WORKERS_LEAVE)
			serve_drain(master, "told to");
		else if (info.ssi_signo != SIGHUP) /* a terminal that goes away may say so twice */
			serve_hurry(master);
	}
}

static int serve_timeout(struct master *master, bool links_again)
{
	uint64_t next = notify_tick(master), leave = reload_next(master);
	uint64_t now = clock_ms();

	if (leave < next)
		next = leave;
	if (master->phase == MASTER_WORKERS_LEAVE)
		next = master->workers_by;
	else if (master->phase == MASTER_WRITER_LEAVES)
		next = master->writer_by;
	else if (master->phase == MASTER_TAKING_OVER)
		next = takeover_next(master);
	if (master->renew.trial && master->renew.trial_by < next)
		next = master->renew.trial_by;
	for (unsigned slot = 0; slot <= master->workers; slot++)
		if (serve_is_wanted(master, slot) && master->children[slot].start_at < next)
			next = master->children[slot].start_at;
	if (links_again && next > now + LINK_RETRY_MS)
		next = now + LINK_RETRY_MS;
	if (next == UINT64_MAX)
		return -1;
	/* Once a kill was sent there is nothing to do but to wait for SIGCHLD. */
	return next > now                              ? (int)(next - now)
	       : master->phase >= MASTER_WORKERS_LEAVE ? LINK_RETRY_MS
						       : 0;
}

static void serve_wait(struct master *master, struct pollfd *polls, int timeout)
{
	for (unsigned slot = 0; slot <= master->workers; slot++)
		polls[slot] =
			(struct pollfd){ .fd = master->children[slot].channel, .events = POLLIN };
	polls[master->workers + 1] = (struct pollfd){ .fd = master->signals, .events = POLLIN };
	if (poll(polls, master->workers + 2, timeout) < 0)
		return;
	for (unsigned slot = 0; slot <= master->workers; slot++)
		if (polls[slot].revents)
			serve_hear(master, &master->children[slot]);
	if (polls[master->workers + 1].revents)
		serve_on_signal(master);
}

void master_serve(struct master *master)
{
	struct pollfd *polls = mem_array(master->workers + 2, sizeof(*polls));
	bool links_again;

	while (master->phase != MASTER_DONE) {
		serve_spawn(master);
		links_again = serve_links(master);
		serve_wait(master, polls, serve_timeout(master, links_again));
		serve_reap(master);
		serve_advance(master);
		reload_advance(master);
		takeover_advance(master);
		renew_advance(master);
	}
	free(polls);
}
