/* See writer_kit.h. */
#include "t/unit/writer_kit.h"

#include "ipc/channel.h"
#include "base/exit.h"
#include "base/fault.h"
#include "ipc/frame.h"
#include "base/hash.h"
#include "base/log.h"
#include "shm/followers.h"
#include "writer/writer.h"

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/test_writer.XXXXXX";
static unsigned stages;

void stage_spawn(struct stage *stage, const char *faults, int output)
{
	int ends[2];

	assert_int_equal(channel_pair(ends), RC_OK);
	(void)fflush(NULL);
	stage->pid = fork();
	assert_true(stage->pid >= 0);
	if (stage->pid == 0) {
		const struct writer_inheritance inheritance = { .shm = stage->shm,
								.channel = ends[1],
								.control = stage->control,
								.lock = -1,
								.db = stage->db };

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGXFSZ,
			     SIG_IGN); /* a file size limit is to look like a failing disk */
		(void)close(ends[0]);
		if (output >= 0)
			(void)dup2(output, STDERR_FILENO);
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

void stage_await_ready(struct stage *stage)
{
	struct channel_message message;

	await(stage->channel, POLLIN);
	assert_int_equal(channel_receive(stage->channel, &message), RC_OK);
	assert_int_equal(message.word, CHANNEL_READY);
}

void stage_prepare(struct stage *stage)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(stage->db, sizeof(stage->db), "%s/%u.db", folder, ++stages);
	(void)snprintf(stage->socket, sizeof(stage->socket), "%s/%u.sock", folder, stages);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", stage->socket);
	assert_int_equal(shm_new(2, &stage->shm), RC_OK);
	/* Somebody waits for every hint. */
	for (uint64_t bucket = 0; bucket < RING_BUCKETS; bucket++)
		followers_add(stage->shm, followers_number(0, false), bucket);
	stage->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(stage->control, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(stage->control, 64), 0);
}

void stage_open(struct stage *stage, const char *faults)
{
	stage_prepare(stage);
	stage_spawn(stage, faults, -1);
	stage_await_ready(stage);
}

int stage_join(struct stage *stage)
{
	int status;

	assert_int_equal(waitpid(stage->pid, &status, 0), stage->pid);
	(void)close(stage->channel);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void stage_free(struct stage *stage)
{
	(void)close(stage->control);
	shm_free(stage->shm);
}

void stage_close(struct stage *stage)
{
	assert_int_equal(kill(stage->pid, SIGTERM), 0);
	assert_int_equal(stage_join(stage), EXIT_SUCCESS);
	stage_free(stage);
}

void stage_halt(const struct stage *stage)
{
	int status;

	assert_int_equal(kill(stage->pid, SIGSTOP), 0);
	assert_int_equal(waitpid(stage->pid, &status, WUNTRACED), stage->pid);
}

void stage_resume(const struct stage *stage)
{
	assert_int_equal(kill(stage->pid, SIGCONT), 0);
}

/* ---- A peer ---------------------------------------------------------------------- */

static struct line line_of(int fd)
{
	assert_true(fd >= 0);
	return (struct line){ .fd = fd };
}

struct line link_open(const struct stage *stage)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(channel_send(stage->channel, CHANNEL_LINK, ends[1]), RC_OK);
	(void)close(ends[1]);
	return line_of(ends[0]);
}

struct line admin_open(const struct stage *stage)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", stage->socket);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return line_of(fd);
}

void line_close(struct line *line)
{
	(void)close(line->fd);
	buf_free(&line->in);
	buf_free(&line->reply);
}

void line_send_bytes(const struct line *line, struct slice bytes)
{
	ssize_t sent;

	for (; bytes.len; bytes.data += sent, bytes.len -= (size_t)sent) {
		sent = send(line->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
		assert_true(sent > 0);
	}
}

void line_send(const struct line *line, uint64_t tag, const struct store_request *request)
{
	struct buf out = BUF_EMPTY;
	size_t begun = frame_begin(&out, tag);

	store_request_pack(request, &out);
	frame_end(&out, begun);
	line_send_bytes(line, buf_slice(&out));
	buf_free(&out);
}

bool line_fill(struct line *line)
{
	ssize_t got = recv(line->fd, buf_reserve(&line->in, 65536), 65536, 0);

	if (got > 0)
		line->in.len += (size_t)got;
	return got > 0;
}

uint64_t line_receive_tag(struct line *line)
{
	struct frame frame;

	while (frame_take(buf_slice(&line->in), &frame) == RC_BUSY)
		assert_true(line_fill(line));
	buf_clear(&line->reply);
	buf_put_slice(&line->reply, frame.payload);
	buf_drop(&line->in, frame.size);
	return frame.tag;
}

void line_receive(struct line *line, uint64_t tag, struct store_reply *reply)
{
	assert_int_equal(line_receive_tag(line), tag);
	assert_int_equal(store_reply_unpack(buf_slice(&line->reply), reply), RC_OK);
}

struct store_edit edit_of(const char *id, uint64_t base, const char *op, const char *value)
{
	return (struct store_edit){ .id = slice_of(id),
				    .base = base,
				    .op = slice_of(op),
				    .plain = true,
				    .value = slice_of(value) };
}

struct store_request push_of(const struct store_edit *edits, size_t count)
{
	return (struct store_request){ .kind = STORE_PUSH, .edits = edits, .edit_count = count };
}

void line_push(const struct line *line, uint64_t tag, const char *id, uint64_t base, const char *op)
{
	const struct store_edit edit = edit_of(id, base, op, "1");
	const struct store_request request = push_of(&edit, 1);

	line_send(line, tag, &request);
}

void line_expect(struct line *line, uint64_t tag, uint64_t version)
{
	struct store_reply reply;

	line_receive(line, tag, &reply);
	assert_int_equal(reply.rc, RC_OK);
	assert_int_equal(reply.result_count, 1);
	assert_int_equal(reply.results[0].status, STORE_OK);
	assert_int_equal(reply.results[0].version, version);
	store_reply_clear(&reply);
}

uint64_t key_of(const char *group)
{
	return hash_of(slice_of(group));
}

void stage_read_entry(struct stage *stage, struct ring_reader *reader, struct ring_entry *entry)
{
	while (ring_read(stage->shm, reader, entry) == RING_EMPTY)
		(void)poll(NULL, 0, 1);
}

int kit_setup(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(600); /* what never happens would be waited for without end */
	return mkdtemp(folder) ? 0 : -1;
}

int kit_teardown(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}
