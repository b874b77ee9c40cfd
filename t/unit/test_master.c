/* The master, with a worker and a writer of this test's own in place of the real
 * ones. */
#include "admin/admin.h"
#include "base/exit.h"
#include "ipc/channel.h"
#include "ipc/lock.h"
#include "master/master.h"
#include "shm/scoreboard.h"
#include "writer/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 2
#define WRITER WORKERS /* its slot */

/* What test, master and children see of each other. */
struct stage {
	/* How the children are to behave. */
	atomic_int worker_status; /* above 0: a worker ends with it before it is ready */
	atomic_int writer_status;
	atomic_bool worker_is_deaf; /* it does not hear SIGTERM */
	/* What happened. */
	atomic_int pids[WORKERS + 1];
	atomic_uint starts[WORKERS + 1];
	atomic_uint links[WORKERS + 1]; /* that came by the channel */
	atomic_uint echoes[WORKERS];    /* bytes that came back over links */
	atomic_uint workers_left;       /* in peace */
	atomic_uint left_before_writer; /* workers_left when the writer was told to go */
	atomic_uint resyncs;            /* as the newest worker saw them at its start */
	atomic_uint sockets[WORKERS + 1];
	atomic_bool holds_lock[WORKERS + 1];
};

static struct stage *stage;
static char folder[] = "/tmp/test_master.XXXXXX";
static char db[64];

/* ---- The actors ------------------------------------------------------------------ */

static int term_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void count_descriptors(unsigned slot)
{
	DIR *fds = opendir("/proc/self/fd");
	struct dirent *entry;
	char target[256];
	ssize_t len;

	stage->sockets[slot] = 0;
	stage->holds_lock[slot] = false;
	while ((entry = readdir(fds)) != NULL) {
		len = readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = 0;
		stage->sockets[slot] += strncmp(target, "socket:", 7) == 0;
		if (strstr(target, ".lock"))
			stage->holds_lock[slot] = true;
	}
	(void)closedir(fds);
}

static void actor_enter(unsigned slot)
{
	count_descriptors(slot);
	stage->pids[slot] = getpid();
	stage->starts[slot]++;
}

static int actor_fail(int status)
{
	if (status == EXIT_FATAL)
		(void)dprintf(STDERR_FILENO, "pocketbook: the reason\n");
	return status;
}

static void greet(int listener, unsigned slot)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char byte = (char)('0' + slot);

	if (fd < 0)
		return;
	(void)!write(fd, &byte, 1);
	(void)close(fd);
}

void worker_use_replica(const char *url)
{
	(void)url;
}

int worker_open(struct shm *shm, const char *path, struct store **out)
{
	(void)shm;
	(void)path;
	*out = NULL;
	return EXIT_SUCCESS;
}

static void take_link(struct pollfd *link, unsigned slot, int fd)
{
	(void)close(link->fd);
	link->fd = fd;
	link->revents = 0;
	(void)!write(fd, "x", 1);
	stage->links[slot]++;
}

static void count_echo(struct pollfd *link, unsigned slot)
{
	char byte;

	if (read(link->fd, &byte, 1) == 1) {
		stage->echoes[slot]++;
		return;
	}
	(void)close(link->fd);
	link->fd = -1;
}

/* The databases of these tests can always be opened. */
void worker_stand_in(const struct worker_inheritance *from)
{
	(void)from;
	abort();
}

/* They ask for no admin page. */
int admin_run(const struct admin_inheritance *inheritance)
{
	(void)inheritance;
	abort();
}

/* Sends one byte over each link that it gets and counts those that come back. */
int worker_run(const struct worker_inheritance *from)
{
	struct pollfd fds[4] = { { .fd = -1, .events = POLLIN },
				 { .fd = from->channel, .events = POLLIN },
				 { .fd = -1, .events = POLLIN },
				 { .fd = from->listeners[0], .events = POLLIN } };
	struct channel_message message;

	actor_enter(from->slot);
	stage->resyncs = (unsigned)shm_resyncs(from->shm);
	if (stage->worker_status)
		return actor_fail(stage->worker_status);
	fds[0].fd = term_fd();
	if (stage->worker_is_deaf)
		fds[0].fd = -1;
	if (channel_send(from->channel, CHANNEL_READY, -1) != RC_OK)
		return EXIT_FAILURE;
	while (poll(fds, 4, -1) > 0) {
		if (fds[0].revents)
			break;
		if (fds[1].revents) {
			if (channel_receive(from->channel, &message) == RC_UNAVAILABLE)
				break;
			take_link(&fds[2], from->slot, message.fd);
		}
		if (fds[2].revents)
			count_echo(&fds[2], from->slot);
		if (fds[3].revents)
			greet(from->listeners[0], from->slot);
	}
	stage->workers_left++;
	return EXIT_SUCCESS;
}

static void echo(struct pollfd *link)
{
	char byte;

	if (read(link->fd, &byte, 1) == 1) {
		(void)!write(link->fd, &byte, 1);
		return;
	}
	(void)close(link->fd);
	link->fd = -1;
}

int writer_run(const struct writer_inheritance *from)
{
	struct pollfd fds[66];
	struct channel_message message;
	nfds_t count = 2;

	actor_enter(WRITER);
	if (stage->writer_status)
		return actor_fail(stage->writer_status);
	fds[0] = (struct pollfd){ .fd = term_fd(), .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = from->channel, .events = POLLIN };
	if (channel_send(from->channel, CHANNEL_READY, -1) != RC_OK)
		return EXIT_FAILURE;
	while (poll(fds, count, -1) > 0) {
		if (fds[0].revents)
			break;
		for (nfds_t i = 2; i < count; i++)
			if (fds[i].revents)
				echo(&fds[i]);
		if (fds[1].revents) {
			if (channel_receive(from->channel, &message) == RC_UNAVAILABLE)
				break;
			fds[count++] = (struct pollfd){ .fd = message.fd, .events = POLLIN };
			stage->links[WRITER]++;
		}
	}
	stage->left_before_writer = stage->workers_left;
	return EXIT_SUCCESS;
}

/* ---- The play -------------------------------------------------------------------- */

struct server {
	pid_t pid;
	int said; /* its stderr */
	unsigned port;
};

static void breathe(void)
{
	const struct timespec pause = { .tv_nsec = 2000000 };

	(void)nanosleep(&pause, NULL);
}

#define UNTIL(condition) \
	while (!(condition)) \
	breathe()

static struct server server_start_on(const char *address, const char *path)
{
	const char *const listen[] = { address };
	const struct master_settings settings = { .listen = listen,
						  .listen_count = 1,
						  .workers = WORKERS,
						  .log_level = LOG_INFO,
						  .place = { .db = path, .path = path },
						  .worker = { .db = path } };
	struct server server = { 0 };
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	(void)fflush(NULL);
	server.pid = fork();
	assert_true(server.pid >= 0);
	if (server.pid == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		exit(master_run(&settings, NULL, NULL));
	}
	(void)close(ends[1]);
	server.said = ends[0];
	return server;
}

/* The next line of what it says, without log lines; "" at its end. */
static void server_hear(const struct server *server, char *line, size_t size)
{
	size_t len;

	do {
		len = 0;
		while (len < size - 1 && read(server->said, line + len, 1) == 1 &&
		       line[len] != '\n')
			len++;
		line[len] = 0;
	} while (strncmp(line, "time=", 5) == 0);
}

static struct server server_start(void)
{
	char line[512];
	struct server server;

	memset((void *)stage, 0, sizeof(*stage));
	server = server_start_on("127.0.0.1:0", db);
	server_hear(&server, line, sizeof(line));
	assert_int_equal(sscanf(line,
				"pocketbook: serving http://127.0.0.1:%u (2 workers, database ",
				&server.port),
			 1);
	assert_non_null(strstr(line, db));
	return server;
}

static int server_join(const struct server *server)
{
	int status;

	assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
	(void)close(server->said);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int server_stop(const struct server *server)
{
	assert_int_equal(kill(server->pid, SIGTERM), 0);
	return server_join(server);
}

/* Orphans come to this process (a subreaper), so that "no such child" means that no
 * process of the server is left. */
static void assert_nobody_is_left(void)
{
	for (unsigned slot = 0; slot <= WORKERS; slot++) {
		int status;

		if (stage->pids[slot] == 0)
			continue;
		if (waitpid(stage->pids[slot], &status, 0) < 0)
			assert_int_equal(errno, ECHILD);
		assert_int_equal(kill(stage->pids[slot], 0), -1);
	}
}

static void workers_are_linked_and_answer(void **state)
{
	struct server server = server_start();
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)server.port) };
	unsigned seen = 0;

	(void)state;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	UNTIL(stage->echoes[0] && stage->echoes[1]);
	for (unsigned n = 0; n < 64 && seen != 3; n++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		char byte;

		assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
		assert_int_equal(read(fd, &byte, 1), 1);
		seen |= 1U << (byte - '0');
		(void)close(fd);
	}
	assert_int_equal(seen, 3); /* the kernel shares connections between the slots' sockets */
	assert_int_equal(server_stop(&server), EXIT_SUCCESS);
	assert_nobody_is_left();
}

static void a_drain_sends_the_writer_home_last_and_tidies_up(void **state)
{
	struct server server = server_start();
	char path[96];
	struct stat found;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s.sock", db);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	assert_int_equal(server_stop(&server), EXIT_SUCCESS);
	assert_int_equal(stage->workers_left, WORKERS);
	assert_int_equal(stage->left_before_writer, WORKERS);
	assert_int_equal(stat(path, &found), -1);
	assert_nobody_is_left();
}

static void children_hold_only_what_is_theirs(void **state)
{
	struct server server = server_start();

	(void)state;
	/* Channel and one listener; the writer: channel and control socket. */
	assert_int_equal(stage->sockets[0], 2);
	assert_int_equal(stage->sockets[1], 2);
	assert_int_equal(stage->sockets[WRITER], 2);
	assert_false(stage->holds_lock[0] || stage->holds_lock[1]);
	assert_true(stage->holds_lock[WRITER]);
	/* Also those that were started when everything was there. */
	UNTIL(stage->links[0] && stage->links[WRITER]);
	assert_int_equal(kill(stage->pids[0], SIGKILL), 0);
	UNTIL(stage->starts[0] == 2 && stage->links[0] == 2);
	assert_int_equal(stage->sockets[0], 2);
	assert_int_equal(kill(stage->pids[WRITER], SIGKILL), 0);
	UNTIL(stage->starts[WRITER] == 2 && stage->links[0] == 3);
	assert_int_equal(stage->sockets[WRITER], 2);
	assert_false(stage->holds_lock[0]);
	assert_int_equal(server_stop(&server), EXIT_SUCCESS);
	assert_nobody_is_left();
}

static void a_killed_worker_is_replaced_and_linked_again(void **state)
{
	struct server server = server_start();

	(void)state;
	UNTIL(stage->echoes[0] == 1 && stage->echoes[1] == 1);
	for (unsigned life = 1; life <= 3; life++) {
		assert_int_equal(kill(stage->pids[1], SIGKILL), 0);
		UNTIL(stage->starts[1] == life + 1 && stage->echoes[1] == life + 1);
	}
	assert_int_equal(stage->links[0], 1);
	assert_int_equal(stage->starts[WRITER], 1);
	assert_int_equal(server_stop(&server), EXIT_SUCCESS);
	assert_nobody_is_left();
}

static void a_killed_writer_is_replaced_and_everyone_told(void **state)
{
	struct server server = server_start();

	(void)state;
	UNTIL(stage->echoes[0] == 1 && stage->echoes[1] == 1);
	assert_int_equal(stage->resyncs, 0);
	assert_int_equal(kill(stage->pids[WRITER], SIGKILL), 0);
	UNTIL(stage->starts[WRITER] == 2 && stage->echoes[0] == 2 && stage->echoes[1] == 2);
	assert_int_equal(stage->starts[0], 1);
	assert_int_equal(kill(stage->pids[0], SIGKILL), 0);
	UNTIL(stage->starts[0] == 2 && stage->echoes[0] == 3);
	assert_int_equal(stage->resyncs, 1);
	assert_int_equal(server_stop(&server), EXIT_SUCCESS);
	assert_nobody_is_left();
}

static void nobody_outlives_a_killed_master(void **state)
{
	struct server server = server_start();
	const struct db_place place = { .db = db, .path = db };
	int lock, status;

	(void)state;
	assert_int_equal(kill(server.pid, SIGKILL), 0);
	assert_int_equal(waitpid(server.pid, &status, 0), server.pid);
	(void)close(server.said);
	assert_nobody_is_left();
	/* The database is free again, and a new server gets by the socket that was left
	 * behind. */
	assert_int_equal(lock_take(&place, &lock, NULL), RC_OK);
	(void)close(lock);
	server = server_start();
	assert_int_equal(server_stop(&server), EXIT_SUCCESS);
}

static void a_second_server_on_the_database_is_refused(void **state)
{
	struct server server = server_start();
	struct server second = server_start_on("127.0.0.1:0", db);
	char line[512], expected[64];

	(void)state;
	server_hear(&second, line, sizeof(line));
	(void)snprintf(expected, sizeof(expected),
		       "another pocketbook (process %ld) has the database", (long)server.pid);
	assert_non_null(strstr(line, expected));
	assert_int_equal(server_join(&second), EXIT_FAILURE);
	assert_int_equal(server_stop(&server), EXIT_SUCCESS);
}

/* A process that has the lock until ends[1] is written to; it takes no connections. */
static pid_t lock_holder_start(const int ends[2])
{
	const struct db_place place = { .db = db, .path = db };
	pid_t pid;
	int lock;
	char byte;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(ends[1]);
		if (lock_take(&place, &lock, NULL) != RC_OK || write(ends[0], "k", 1) != 1 ||
		    read(ends[0], &byte, 1) != 1)
			_exit(EXIT_FAILURE);
		_exit(EXIT_SUCCESS);
	}
	(void)close(ends[0]);
	assert_int_equal(read(ends[1], &byte, 1), 1);
	return pid;
}

/* Such as a token command does. A server that gives up says so meanwhile, one that
 * waits has nothing to say. */
static void a_start_waits_for_a_lock_that_is_held_briefly(void **state)
{
	struct pollfd said = { .events = POLLIN };
	struct server server;
	char line[512];
	int ends[2], status;
	pid_t holder;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	holder = lock_holder_start(ends);
	memset((void *)stage, 0, sizeof(*stage));
	server = server_start_on("127.0.0.1:0", db);
	said.fd = server.said;
	(void)poll(&said, 1, 200);
	assert_int_equal(write(ends[1], "k", 1), 1);
	assert_int_equal(waitpid(holder, &status, 0), holder);
	assert_int_equal(status, EXIT_SUCCESS);
	server_hear(&server, line, sizeof(line));
	assert_non_null(strstr(line, "pocketbook: serving"));
	assert_int_equal(server_stop(&server), EXIT_SUCCESS);
	(void)close(ends[1]);
}

static void a_port_in_use_is_refused(void **state)
{
	struct server server = server_start();
	struct server second;
	char line[512], address[32], path[96];

	(void)state;
	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", server.port);
	(void)snprintf(path, sizeof(path), "%s.other", db);
	second = server_start_on(address, path);
	server_hear(&second, line, sizeof(line));
	assert_non_null(strstr(line, address));
	assert_non_null(strstr(line, "another program listens there"));
	assert_int_equal(server_join(&second), EXIT_FAILURE);
	assert_int_equal(server_stop(&server), EXIT_SUCCESS);
}

static void assert_start_fails(unsigned starts, unsigned slot, const char *said)
{
	struct server server = server_start_on("127.0.0.1:0", db);
	char line[512];

	server_hear(&server, line, sizeof(line));
	assert_non_null(strstr(line, said));
	assert_int_equal(server_join(&server), EXIT_FAILURE);
	/* Of the workers, whichever comes to it first. */
	if (slot != WRITER && stage->starts[1] > stage->starts[slot])
		slot = 1;
	assert_int_equal(stage->starts[slot], starts);
	assert_nobody_is_left();
}

/* The reason is all that is said. */
static void assert_start_is_fatal(unsigned slot)
{
	static const char reason[] = "pocketbook: the reason\n";
	struct server server = server_start_on("127.0.0.1:0", db);
	char text[512];
	size_t len = 0;
	ssize_t got;

	while (len < sizeof(text) && (got = read(server.said, text + len, sizeof(text) - len)) > 0)
		len += (size_t)got;
	assert_true(len >= sizeof(reason) - 1);
	for (size_t at = 0; at < len; at += sizeof(reason) - 1)
		assert_memory_equal(text + at, reason, sizeof(reason) - 1);
	assert_int_equal(server_join(&server), EXIT_FAILURE);
	assert_int_equal(stage->starts[slot], 1);
	assert_nobody_is_left();
}

static void a_fatal_end_stops_the_start(void **state)
{
	(void)state;
	memset((void *)stage, 0, sizeof(*stage));
	stage->writer_status = EXIT_FATAL;
	assert_start_is_fatal(WRITER);
	assert_int_equal(stage->starts[0], 0);
	memset((void *)stage, 0, sizeof(*stage));
	stage->worker_status = EXIT_FATAL;
	assert_start_is_fatal(0); /* the other worker may have said it too */
}

static void a_start_is_not_tried_for_ever(void **state)
{
	(void)state;
	memset((void *)stage, 0, sizeof(*stage));
	stage->writer_status = 3;
	assert_start_fails(5, WRITER, "the writer process ended 5 times while starting (status 3)");
	memset((void *)stage, 0, sizeof(*stage));
	stage->worker_status = 4;
	assert_start_fails(5, 0, "the worker process ended 5 times while starting (status 4)");
}

static void a_fatal_end_later_stops_the_server(void **state)
{
	struct server server = server_start();

	(void)state;
	stage->worker_status = EXIT_FATAL;
	assert_int_equal(kill(stage->pids[1], SIGKILL), 0);
	assert_int_equal(server_join(&server), EXIT_FAILURE);
	assert_int_equal(stage->starts[0], 1);
	assert_nobody_is_left();
}

static void stop_deaf_workers(unsigned signals)
{
	char line[512];
	struct server server;

	memset((void *)stage, 0, sizeof(*stage));
	stage->worker_is_deaf = true;
	server = server_start_on("127.0.0.1:0", db);
	server_hear(&server, line, sizeof(line));
	assert_non_null(strstr(line, "serving"));
	for (unsigned n = 0; n < signals; n++) {
		assert_int_equal(kill(server.pid, n ? SIGINT : SIGTERM), 0);
	}
	assert_int_equal(server_join(&server), EXIT_SUCCESS);
	assert_int_equal(stage->workers_left, 0);
	assert_nobody_is_left();
}

static void who_does_not_leave_is_killed(void **state)
{
	(void)state;
	stop_deaf_workers(1);
	stop_deaf_workers(2);
}

static int set_up(void **state)
{
	(void)state;
	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (stage == MAP_FAILED || mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(db, sizeof(db), "%s/test.db", folder);
	return prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	(void)munmap((void *)stage, sizeof(*stage));
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_are_linked_and_answer),
		cmocka_unit_test(a_drain_sends_the_writer_home_last_and_tidies_up),
		cmocka_unit_test(children_hold_only_what_is_theirs),
		cmocka_unit_test(a_killed_worker_is_replaced_and_linked_again),
		cmocka_unit_test(a_killed_writer_is_replaced_and_everyone_told),
		cmocka_unit_test(nobody_outlives_a_killed_master),
		cmocka_unit_test(a_second_server_on_the_database_is_refused),
		cmocka_unit_test(a_start_waits_for_a_lock_that_is_held_briefly),
		cmocka_unit_test(a_port_in_use_is_refused),
		cmocka_unit_test(a_fatal_end_stops_the_start),
		cmocka_unit_test(a_start_is_not_tried_for_ever),
		cmocka_unit_test(a_fatal_end_later_stops_the_server),
		cmocka_unit_test(who_does_not_leave_is_killed),
	};

	(void)alarm(120); /* what never happens would be waited for without end */
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
