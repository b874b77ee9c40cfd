/* The writer process, driven over links and its control socket; with fault points built in also killed at each of them. */
#include "base/channel.h"
#include "base/exit.h"
#include "base/fault.h"
#include "base/frame.h"
#include "base/hash.h"
#include "base/log.h"
#include "shm/board.h"
#include "shm/ring.h"
#include "store/store.h"
#include "writer/control.h"
#include "writer/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/test_writer.XXXXXX";
static unsigned stages;

/* One writer with all that the master would have given it. */
struct stage {
	char db[64];
	char socket[64];
	struct shm *shm;
	int control;
	int channel; /* the master's end */
	pid_t pid;
};

static void stage_spawn(struct stage *stage, const char *faults, int said)
{
	int ends[2];

	assert_int_equal(channel_pair(ends), RC_OK);
	(void)fflush(NULL);
	stage->pid = fork();
	assert_true(stage->pid >= 0);
	if (stage->pid == 0) {
		const struct writer_inheritance inheritance = {
			.shm = stage->shm, .channel = ends[1], .control = stage->control, .lock = -1, .db = stage->db
		};

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGXFSZ, SIG_IGN); /* a file size limit is to look like a failing disk */
		(void)close(ends[0]);
		if (said >= 0)
			(void)dup2(said, STDERR_FILENO);
		(void)setenv("POCKETBOOK_FAULTS", faults, 1);
		fault_setup();
		log_limit(LOG_WARN);
		exit(writer_run(&inheritance));
	}
	(void)close(ends[1]);
	stage->channel = ends[0];
}

static void await(int fd, short events)
{
	struct pollfd one = { .fd = fd, .events = events };

	assert_int_equal(poll(&one, 1, -1), 1);
}

static void stage_await_ready(struct stage *stage)
{
	struct channel_message message;

	await(stage->channel, POLLIN);
	assert_int_equal(channel_receive(stage->channel, &message), RC_OK);
	assert_int_equal(message.word, CHANNEL_READY);
}

static void stage_prepare(struct stage *stage)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(stage->db, sizeof(stage->db), "%s/%u.db", folder, ++stages);
	(void)snprintf(stage->socket, sizeof(stage->socket), "%s/%u.sock", folder, stages);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", stage->socket);
	assert_int_equal(shm_new(2, &stage->shm), RC_OK);
	stage->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(stage->control, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(stage->control, 64), 0);
}

static void stage_open(struct stage *stage, const char *faults)
{
	stage_prepare(stage);
	stage_spawn(stage, faults, -1);
	stage_await_ready(stage);
}

/* The exit status; above 128: the signal. */
static int stage_join(struct stage *stage)
{
	int status;

	assert_int_equal(waitpid(stage->pid, &status, 0), stage->pid);
	(void)close(stage->channel);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void stage_close(struct stage *stage)
{
	assert_int_equal(kill(stage->pid, SIGTERM), 0);
	assert_int_equal(stage_join(stage), EXIT_DONE);
	(void)close(stage->control);
	shm_free(stage->shm);
}

/* While it stands still everything that is sent arrives at once. */
static void stage_halt(const struct stage *stage)
{
	int status;

	assert_int_equal(kill(stage->pid, SIGSTOP), 0);
	assert_int_equal(waitpid(stage->pid, &status, WUNTRACED), stage->pid);
}

static void stage_resume(const struct stage *stage)
{
	assert_int_equal(kill(stage->pid, SIGCONT), 0);
}

/* ---- A peer ----------------------------------------------------------------------------------------------------------------- */

struct line {
	int fd;
	struct buf in;
	struct buf reply; /* what the last reply points into */
};

static struct line line_of(int fd)
{
	assert_true(fd >= 0);
	return (struct line){ .fd = fd };
}

static struct line link_open(const struct stage *stage)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(channel_send(stage->channel, CHANNEL_LINK, ends[1]), RC_OK);
	(void)close(ends[1]);
	return line_of(ends[0]);
}

static struct line control_open(const struct stage *stage)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", stage->socket);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return line_of(fd);
}

static void line_close(struct line *line)
{
	(void)close(line->fd);
	buf_free(&line->in);
	buf_free(&line->reply);
}

static void line_send_bytes(const struct line *line, struct slice bytes)
{
	ssize_t sent;

	for (; bytes.len; bytes.data += sent, bytes.len -= (size_t)sent) {
		sent = send(line->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
		assert_true(sent > 0);
	}
}

static void line_send(const struct line *line, uint64_t tag, const struct store_request *request)
{
	struct buf out = BUF_EMPTY;
	size_t begun = frame_begin(&out, tag);

	store_request_pack(request, &out);
	frame_end(&out, begun);
	line_send_bytes(line, buf_slice(&out));
	buf_free(&out);
}

/* false: end of file. */
static bool line_fill(struct line *line)
{
	ssize_t got = recv(line->fd, buf_reserve(&line->in, 65536), 65536, 0);

	if (got > 0)
		line->in.len += (size_t)got;
	return got > 0;
}

/* The next reply; good until the one after. Free with store_reply_clear. */
static void line_receive(struct line *line, uint64_t tag, struct store_reply *reply)
{
	struct frame frame;

	while (frame_take(buf_slice(&line->in), &frame) == RC_BUSY)
		assert_true(line_fill(line));
	assert_int_equal(frame.tag, tag);
	buf_clear(&line->reply);
	buf_put_slice(&line->reply, frame.payload);
	buf_drop(&line->in, frame.size);
	assert_int_equal(store_reply_unpack(buf_slice(&line->reply), reply), RC_OK);
}

static struct store_edit edit_of(const char *id, uint64_t base, const char *op, const char *value)
{
	return (struct store_edit){ .id = slice_of(id), .base = base, .op = slice_of(op), .plain = true, .value = slice_of(value) };
}

static struct store_request push_of(const struct store_edit *edits, size_t count)
{
	return (struct store_request){ .kind = STORE_PUSH, .edits = edits, .edit_count = count };
}

static void send_push(const struct line *line, uint64_t tag, const char *id, uint64_t base, const char *op)
{
	const struct store_edit edit = edit_of(id, base, op, "1");
	const struct store_request request = push_of(&edit, 1);

	line_send(line, tag, &request);
}

/* A reply to a push of one document. */
static void assert_pushed(struct line *line, uint64_t tag, uint64_t version)
{
	struct store_reply reply;

	line_receive(line, tag, &reply);
	assert_int_equal(reply.rc, RC_OK);
	assert_int_equal(reply.result_count, 1);
	assert_int_equal(reply.results[0].status, STORE_OK);
	assert_int_equal(reply.results[0].version, version);
	store_reply_clear(&reply);
}

static uint64_t key_of(const char *group)
{
	return hash_of(slice_of(group));
}

static void read_entry(struct stage *stage, struct ring_reader *reader, struct ring_entry *entry)
{
	/* Answers come before the entries. */
	while (ring_read(stage->shm, reader, entry) == RING_EMPTY)
		(void)poll(NULL, 0, 1);
}

/* ---- Pushes ----------------------------------------------------------------------------------------------------------------- */

static void a_push_is_answered_and_its_groups_are_announced(void **state)
{
	const struct store_edit edits[] = { edit_of("a:b:1", 0, "", "1"), edit_of("a:2", 0, "", "2"), edit_of("a:b:3", 7, "", "3"),
					    edit_of("c:1", 0, "", "4") };
	const struct store_request request = push_of(edits, 4);
	struct ring_reader reader;
	struct ring_entry entry;
	struct store_reply reply;
	struct stage stage;
	struct line link;

	(void)state;
	stage_open(&stage, "");
	assert_int_equal(board_state(stage.shm, board_writer(stage.shm)), BOARD_SERVING);
	ring_reader_start(stage.shm, &reader);
	link = link_open(&stage);
	line_send(&link, UINT64_MAX, &request);
	line_receive(&link, UINT64_MAX, &reply);
	assert_int_equal(reply.rc, RC_OK);
	assert_int_equal(reply.result_count, 4);
	assert_int_equal(reply.results[2].status, STORE_CONFLICT);
	assert_int_equal(reply.head.seq, reply.results[3].seq);

	read_entry(&stage, &reader, &entry);
	assert_int_equal(entry.kind, RING_GROUP);
	assert_int_equal(entry.key, key_of("a:b"));
	assert_int_equal(entry.number, reply.results[0].seq);
	assert_false(entry.last);
	read_entry(&stage, &reader, &entry);
	assert_int_equal(entry.key, key_of("a"));
	assert_int_equal(entry.number, reply.results[1].seq);
	assert_false(entry.last);
	read_entry(&stage, &reader, &entry);
	assert_int_equal(entry.key, key_of("c"));
	assert_int_equal(entry.number, reply.results[3].seq);
	assert_true(entry.last);
	assert_int_equal(ring_read(stage.shm, &reader, &entry), RING_EMPTY);
	assert_int_equal(ring_committed(stage.shm), reply.head.seq);
	store_reply_clear(&reply);
	line_close(&link);
	stage_close(&stage);
}

static void a_push_that_changes_nothing_announces_nothing(void **state)
{
	struct ring_reader reader;
	struct ring_entry entry;
	struct store_reply reply;
	struct stage stage;
	struct line link;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	ring_reader_start(stage.shm, &reader);
	send_push(&link, 1, "a:1", 5, "");
	line_receive(&link, 1, &reply);
	assert_int_equal(reply.results[0].status, STORE_CONFLICT);
	store_reply_clear(&reply);
	send_push(&link, 2, "b:1", 0, "");
	assert_pushed(&link, 2, 1);
	read_entry(&stage, &reader, &entry);
	assert_int_equal(entry.key, key_of("b"));
	line_close(&link);
	stage_close(&stage);
}

static void what_arrives_together_is_one_commit(void **state)
{
	struct stage stage;
	struct line links[3];
	char id[16];

	(void)state;
	stage_open(&stage, "");
	for (unsigned i = 0; i < 3; i++) {
		links[i] = link_open(&stage);
		send_push(&links[i], 1000 + i, "warm:1", i, "");
		assert_pushed(&links[i], 1000 + i, i + 1);
	}
	stage_halt(&stage);
	for (unsigned n = 0; n < 300; n++) {
		(void)snprintf(id, sizeof(id), "g:%u", n);
		send_push(&links[n % 3], n, id, 0, "");
	}
	stage_resume(&stage);
	for (unsigned n = 0; n < 300; n++)
		assert_pushed(&links[n % 3], n, 1);
	assert_int_equal(kill(stage.pid, SIGTERM), 0);
	assert_int_equal(stage_join(&stage), EXIT_DONE);
	assert_int_equal(board_get(stage.shm, board_writer(stage.shm), BOARD_COMMITS), 3 + 1);
	assert_int_equal(board_get(stage.shm, board_writer(stage.shm), BOARD_PUSHES), 303);
	assert_int_equal(board_get(stage.shm, board_writer(stage.shm), BOARD_DOCS), 303);
	for (unsigned i = 0; i < 3; i++)
		line_close(&links[i]);
	(void)close(stage.control);
	shm_free(stage.shm);
}

static void while_another_has_the_database_it_refuses_and_goes_on(void **state)
{
	/* The lock of who writes: https://www.sqlite.org/walformat.html#wal_locks */
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 120, .l_len = 1 };
	struct store_reply reply;
	struct stage stage;
	struct line link;
	char path[80];
	int fd;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	send_push(&link, 1, "a:1", 0, "");
	assert_pushed(&link, 1, 1);
	(void)snprintf(path, sizeof(path), "%s-shm", stage.db);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETLKW, &lock), 0);
	send_push(&link, 2, "a:1", 1, "");
	line_receive(&link, 2, &reply);
	assert_int_equal(reply.rc, RC_BUSY);
	assert_int_equal(reply.kind, STORE_PUSH);
	store_reply_clear(&reply);
	(void)close(fd);
	send_push(&link, 3, "a:1", 1, "");
	assert_pushed(&link, 3, 2);
	line_close(&link);
	stage_close(&stage);
}

static void when_the_outcome_is_unknown_it_answers_nobody_and_leaves(void **state)
{
	struct rlimit limit, none;
	struct stage stage;
	struct line link;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	send_push(&link, 1, "a:1", 0, "");
	assert_pushed(&link, 1, 1);
	assert_int_equal(prlimit(stage.pid, RLIMIT_FSIZE, NULL, &limit), 0);
	none = (struct rlimit){ .rlim_cur = 4096, .rlim_max = limit.rlim_max };
	assert_int_equal(prlimit(stage.pid, RLIMIT_FSIZE, &none, NULL), 0);
	send_push(&link, 2, "a:1", 1, "op");
	assert_false(line_fill(&link));
	assert_int_equal(stage_join(&stage), EXIT_FAILED);
	line_close(&link);

	stage_spawn(&stage, "", -1);
	stage_await_ready(&stage);
	link = link_open(&stage);
	send_push(&link, 3, "a:1", 1, "op");
	assert_pushed(&link, 3, 2);
	line_close(&link);
	stage_close(&stage);
}

/* ---- Bad peers -------------------------------------------------------------------------------------------------------------- */

static void what_cannot_be_read_is_refused_and_harms_nobody(void **state)
{
	struct buf out = BUF_EMPTY;
	struct store_reply reply;
	struct stage stage;
	struct line bad, good;
	size_t begun;

	(void)state;
	stage_open(&stage, "");
	bad = link_open(&stage);
	good = link_open(&stage);
	begun = frame_begin(&out, 5);
	buf_put_text(&out, "\xff nonsense");
	frame_end(&out, begun);
	line_send_bytes(&bad, buf_slice(&out));
	line_receive(&bad, 5, &reply);
	assert_int_equal(reply.rc, RC_MALFORMED);
	store_reply_clear(&reply);
	send_push(&bad, 6, "a:1", 0, "");
	assert_pushed(&bad, 6, 1);

	line_send_bytes(&bad, slice_make("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12));
	assert_false(line_fill(&bad)); /* closed */
	send_push(&good, 7, "a:1", 1, "");
	assert_pushed(&good, 7, 2);
	buf_free(&out);
	line_close(&bad);
	line_close(&good);
	stage_close(&stage);
}

static void a_frame_that_comes_byte_by_byte_is_taken(void **state)
{
	const struct store_edit edit = edit_of("a:1", 0, "", "1");
	const struct store_request request = push_of(&edit, 1);
	struct buf out = BUF_EMPTY;
	struct stage stage;
	struct line slow, fast;
	size_t begun;

	(void)state;
	stage_open(&stage, "");
	slow = link_open(&stage);
	fast = link_open(&stage);
	begun = frame_begin(&out, 1);
	store_request_pack(&request, &out);
	frame_end(&out, begun);
	for (size_t i = 0; i < out.len; i++) {
		line_send_bytes(&slow, slice_make(out.data + i, 1));
		if (i % 16 == 0) {
			send_push(&fast, i, "b:1", i / 16, "");
			assert_pushed(&fast, i, i / 16 + 1);
		}
	}
	assert_pushed(&slow, 1, 1);
	buf_free(&out);
	line_close(&slow);
	line_close(&fast);
	stage_close(&stage);
}

#define BIG ((size_t)256 << 10)

static void who_does_not_read_delays_only_itself(void **state)
{
	char *value = malloc(BIG + 1);
	const struct store_edit big = { .id = slice_of("a:1"), .plain = true, .value = { value, BIG } };
	const struct store_request request = push_of(&big, 1);
	struct store_reply reply;
	struct stage stage;
	struct line lazy, keen;

	(void)state;
	assert_non_null(value);
	memset(value, '1', BIG);
	stage_open(&stage, "");
	lazy = link_open(&stage);
	keen = link_open(&stage);
	line_send(&keen, 1, &request);
	assert_pushed(&keen, 1, 1);
	for (unsigned n = 0; n < 200; n++) /* 50 MiB of conflicts */
		send_push(&lazy, n, "a:1", 0, "");
	for (unsigned n = 0; n < 50; n++) {
		send_push(&keen, n, "b:1", n, "");
		assert_pushed(&keen, n, n + 1);
	}
	for (unsigned n = 0; n < 200; n++) {
		line_receive(&lazy, n, &reply);
		assert_int_equal(reply.results[0].status, STORE_CONFLICT);
		assert_int_equal(reply.results[0].value.len, BIG);
		store_reply_clear(&reply);
	}
	free(value);
	line_close(&lazy);
	line_close(&keen);
	stage_close(&stage);
}

static void who_has_said_all_still_gets_its_answers(void **state)
{
	struct stage stage;
	struct line link;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	stage_halt(&stage);
	send_push(&link, 1, "a:1", 0, "");
	send_push(&link, 2, "a:1", 1, "");
	assert_int_equal(shutdown(link.fd, SHUT_WR), 0);
	stage_resume(&stage);
	assert_pushed(&link, 1, 1);
	assert_pushed(&link, 2, 2);
	assert_false(line_fill(&link));
	line_close(&link);
	stage_close(&stage);
}

/* ---- The control socket ----------------------------------------------------------------------------------------------------- */

static void tokens_come_by_the_control_socket(void **state)
{
	struct store_grant grant = { .group = slice_of("todos"), .write = true };
	struct store_request request = {
		.kind = STORE_TOKEN_ADD,
		.token = { .id = slice_of("0123456789abcdef"), .user = slice_of("ada"), .created = 1, .grants = &grant, .grant_count = 1 }
	};
	struct ring_reader reader;
	struct ring_entry entry;
	struct store_reply reply;
	struct stage stage;
	struct line line;

	(void)state;
	stage_open(&stage, "");
	ring_reader_start(stage.shm, &reader);
	line = control_open(&stage);
	line_send(&line, 1, &request);
	line_receive(&line, 1, &reply);
	assert_int_equal(reply.rc, RC_OK);
	store_reply_clear(&reply);
	read_entry(&stage, &reader, &entry);
	assert_int_equal(entry.kind, RING_TOKEN);
	assert_int_equal(entry.key, key_of("0123456789abcdef"));
	assert_true(entry.last);

	line_send(&line, 2, &request);
	line_receive(&line, 2, &reply);
	assert_int_equal(reply.rc, RC_EXISTS);
	store_reply_clear(&reply);

	request.kind = STORE_TOKEN_LIST;
	line_send(&line, 3, &request);
	line_receive(&line, 3, &reply);
	assert_int_equal(reply.rc, RC_OK);
	assert_int_equal(reply.token_count, 1);
	assert_true(slice_is(reply.tokens[0].user, "ada"));
	store_reply_clear(&reply);

	request.kind = STORE_TOKEN_REVOKE;
	line_send(&line, 4, &request);
	line_receive(&line, 4, &reply);
	assert_int_equal(reply.rc, RC_OK);
	store_reply_clear(&reply);
	read_entry(&stage, &reader, &entry);
	assert_int_equal(entry.kind, RING_TOKEN);
	assert_int_equal(ring_read(stage.shm, &reader, &entry), RING_EMPTY);
	line_close(&line);
	stage_close(&stage);
}

static void administrators_beyond_the_limit_wait_for_their_turn(void **state)
{
	struct line lines[CONTROL_MAX + 1];
	struct stage stage;
	struct line link;

	(void)state;
	stage_open(&stage, "");
	for (unsigned i = 0; i <= CONTROL_MAX; i++) {
		lines[i] = control_open(&stage);
		line_send_bytes(&lines[i], slice_make("\x20", 1)); /* the beginning of a frame */
	}
	link = link_open(&stage);
	send_push(&link, 1, "a:1", 0, "");
	assert_pushed(&link, 1, 1);
	line_close(&lines[CONTROL_MAX]);
	lines[CONTROL_MAX] = control_open(&stage);
	send_push(&lines[CONTROL_MAX], 2, "a:1", 1, "");
	line_close(&lines[0]);
	assert_pushed(&lines[CONTROL_MAX], 2, 2);
	for (unsigned i = 1; i <= CONTROL_MAX; i++)
		line_close(&lines[i]);
	line_close(&link);
	stage_close(&stage);
}

static void an_administrator_may_not_send_without_end(void **state)
{
	const size_t len = (size_t)64 << 20;
	struct stage stage;
	struct line line, link;
	char *bytes = calloc(1, len);
	const uint32_t said = 128 << 20;
	size_t sent = 0;
	ssize_t step = 1;

	(void)state;
	assert_non_null(bytes);
	memcpy(bytes, &said, sizeof(said));
	stage_open(&stage, "");
	line = control_open(&stage);
	while (sent < len && step > 0) {
		step = send(line.fd, bytes + sent, len - sent < 65536 ? len - sent : 65536, MSG_NOSIGNAL);
		sent += step > 0 ? (size_t)step : 0;
	}
	assert_int_equal(step, -1);
	link = link_open(&stage);
	send_push(&link, 1, "a:1", 0, "");
	assert_pushed(&link, 1, 1);
	free(bytes);
	line_close(&line);
	line_close(&link);
	stage_close(&stage);
}

/* ---- Start and end ---------------------------------------------------------------------------------------------------------- */

static void what_has_arrived_is_done_before_it_leaves(void **state)
{
	struct stage stage;
	struct line link;
	char id[16];

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	send_push(&link, 1000, "a:0", 0, "");
	assert_pushed(&link, 1000, 1);
	stage_halt(&stage);
	for (unsigned n = 0; n < 100; n++) {
		(void)snprintf(id, sizeof(id), "g:%u", n);
		send_push(&link, n, id, 0, "");
	}
	assert_int_equal(kill(stage.pid, SIGTERM), 0);
	stage_resume(&stage);
	for (unsigned n = 0; n < 100; n++)
		assert_pushed(&link, n, 1);
	assert_false(line_fill(&link));
	assert_int_equal(stage_join(&stage), EXIT_DONE);
	line_close(&link);
	(void)close(stage.control);
	shm_free(stage.shm);
}

static void it_leaves_when_the_master_is_gone(void **state)
{
	struct stage stage;
	struct line link;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	stage_halt(&stage);
	send_push(&link, 1, "a:1", 0, "");
	(void)close(stage.channel);
	stage_resume(&stage);
	assert_pushed(&link, 1, 1);
	stage.channel = -1;
	assert_int_equal(stage_join(&stage), EXIT_DONE);
	line_close(&link);
	(void)close(stage.control);
	shm_free(stage.shm);
}

static void assert_fatal(struct stage *stage)
{
	char text[4096] = "";
	size_t len = 0;
	ssize_t got;
	int said[2];

	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	stage_spawn(stage, "", said[1]);
	(void)close(said[1]);
	while ((got = read(said[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	(void)close(said[0]);
	assert_int_equal(stage_join(stage), EXIT_FATAL);
	assert_ptr_equal(strstr(text, "pocketbook: "), text);
	assert_non_null(strstr(text, stage->db));
	assert_ptr_equal(strchr(text, '\n'), text + len - 1); /* one line */
	(void)close(stage->control);
	shm_free(stage->shm);
}

static void put(const char *path, off_t at, const char *bytes, size_t len)
{
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	(void)close(fd);
}

static void what_a_new_start_would_not_mend_is_said(void **state)
{
	struct stage stage;

	(void)state;
	stage_prepare(&stage);
	put(stage.db, 0, "this is a shopping list, not a database; it goes on and on and on and on and on and on and on ...", 96);
	assert_fatal(&stage);

	stage_open(&stage, "");
	assert_int_equal(kill(stage.pid, SIGTERM), 0);
	assert_int_equal(stage_join(&stage), EXIT_DONE);
	put(stage.db, 60, "\x7f\0\0\1", 4); /* user_version, https://www.sqlite.org/fileformat.html#the_database_header */
	assert_fatal(&stage);

	stage_prepare(&stage);
	assert_int_equal(mkdir(stage.db, 0700), 0);
	assert_fatal(&stage);
}

#ifdef ENABLE_FAULTS

/* Whatever the moment of its death, a retry with the same op finds the document written once, and no reader is left uninformed. */
static void survive(const char *point)
{
	struct ring_reader reader;
	struct ring_entry entry;
	struct stage stage;
	struct line link;
	char faults[64];
	enum ring_read read = RING_GOT;

	(void)snprintf(faults, sizeof(faults), "%s=kill@2", point);
	stage_open(&stage, faults);
	link = link_open(&stage);
	send_push(&link, 1, "a:1", 0, "one");
	assert_pushed(&link, 1, 1);
	ring_reader_start(stage.shm, &reader);
	send_push(&link, 2, "a:b:2", 0, "two");
	assert_int_equal(stage_join(&stage), 128 + SIGKILL);
	line_close(&link);

	stage_spawn(&stage, "", -1);
	stage_await_ready(&stage);
	while (read != RING_LOST) {
		read = ring_read(stage.shm, &reader, &entry);
		assert_int_not_equal(read, RING_EMPTY);
	}
	link = link_open(&stage);
	send_push(&link, 3, "a:b:2", 0, "two");
	assert_pushed(&link, 3, 1);
	while (ring_committed(stage.shm) < 2)
		(void)poll(NULL, 0, 1);
	assert_true(ring_bucket(stage.shm, key_of("a")) >= 2);
	assert_true(ring_bucket(stage.shm, key_of("a:b")) >= 2);
	send_push(&link, 4, "a:b:2", 1, "three");
	assert_pushed(&link, 4, 2);
	do {
		read_entry(&stage, &reader, &entry);
	} while (entry.number < 3);
	assert_true(entry.key == key_of("a") || entry.key == key_of("a:b"));
	line_close(&link);
	stage_close(&stage);
}

static void a_death_at_any_point_loses_nothing(void **state)
{
	static const char *const points[] = { "writer_before_commit",  "writer_after_commit", "writer_after_answer",
					      "ring_before_committed", "ring_in_entry",       "ring_before_wake" };

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		survive(points[i]);
}

#endif

static int set_up(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_push_is_answered_and_its_groups_are_announced),
		cmocka_unit_test(a_push_that_changes_nothing_announces_nothing),
		cmocka_unit_test(what_arrives_together_is_one_commit),
		cmocka_unit_test(while_another_has_the_database_it_refuses_and_goes_on),
		cmocka_unit_test(when_the_outcome_is_unknown_it_answers_nobody_and_leaves),
		cmocka_unit_test(what_cannot_be_read_is_refused_and_harms_nobody),
		cmocka_unit_test(a_frame_that_comes_byte_by_byte_is_taken),
		cmocka_unit_test(who_does_not_read_delays_only_itself),
		cmocka_unit_test(who_has_said_all_still_gets_its_answers),
		cmocka_unit_test(tokens_come_by_the_control_socket),
		cmocka_unit_test(administrators_beyond_the_limit_wait_for_their_turn),
		cmocka_unit_test(an_administrator_may_not_send_without_end),
		cmocka_unit_test(what_has_arrived_is_done_before_it_leaves),
		cmocka_unit_test(it_leaves_when_the_master_is_gone),
		cmocka_unit_test(what_a_new_start_would_not_mend_is_said),
#ifdef ENABLE_FAULTS
		cmocka_unit_test(a_death_at_any_point_loses_nothing),
#endif
	};

	(void)alarm(120); /* what never happens would be waited for without end */
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
