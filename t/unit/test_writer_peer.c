/* The writer and its peers: bad frames, slow and greedy peers, the control
 * socket. */
#include "t/unit/writer_kit.h"

#include "ipc/frame.h"
#include "ipc/pieces.h"
#include "shm/generation.h"
#include "writer/control.h"
#include "store/sqlite/backend.h"

#include <cmocka.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* ---- Bad peers ------------------------------------------------------------------- */

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
	line_push(&bad, 6, "a:1", 0, "");
	line_expect(&bad, 6, 1);

	line_send_bytes(&bad, slice_make("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12));
	assert_false(line_fill(&bad)); /* closed */
	line_push(&good, 7, "a:1", 1, "");
	line_expect(&good, 7, 2);
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
			line_push(&fast, i, "b:1", i / 16, "");
			line_expect(&fast, i, i / 16 + 1);
		}
	}
	line_expect(&slow, 1, 1);
	buf_free(&out);
	line_close(&slow);
	line_close(&fast);
	stage_close(&stage);
}

#define BIG ((size_t)256 << 10)

static void who_does_not_read_delays_only_itself(void **state)
{
	char *value = malloc(BIG + 1);
	const struct store_edit big = { .id = slice_of("a:1"),
					.plain = true,
					.value = { value, BIG } };
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
	line_expect(&keen, 1, 1);
	for (unsigned n = 0; n < 200; n++) /* 50 MiB of conflicts */
		line_push(&lazy, n, "a:1", 0, "");
	for (unsigned n = 0; n < 50; n++) {
		line_push(&keen, n, "b:1", n, "");
		line_expect(&keen, n, n + 1);
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

static void a_large_frame_in_pieces_lets_small_ones_pass(void **state)
{
	char *value = malloc(BIG);
	const struct store_edit big = { .id = slice_of("a:1"),
					.plain = true,
					.value = { value, BIG } };
	const struct store_request request = push_of(&big, 1);
	struct buf whole = BUF_EMPTY, piece = BUF_EMPTY;
	struct stage stage;
	struct line line;
	size_t at = 0, begun;
	bool more = true;

	(void)state;
	assert_non_null(value);
	memset(value, '1', BIG);
	begun = frame_begin(&whole, 100);
	store_request_pack(&request, &whole);
	frame_end(&whole, begun);
	stage_open(&stage, "");
	line = link_open(&stage);
	for (unsigned n = 0; more; n++) {
		buf_clear(&piece);
		more = piece_put(buf_slice(&whole), &at, &piece);
		line_send_bytes(&line, buf_slice(&piece));
		if (!more)
			break;
		line_push(&line, n, "b:1", n, "");
		line_expect(&line, n, n + 1);
	}
	line_expect(&line, 100, 1);
	free(value);
	buf_free(&whole);
	buf_free(&piece);
	line_close(&line);
	stage_close(&stage);
}

/* ---- Memory ---------------------------------------------------------------------- */

#define MANY 57 /* documents of a megabyte: a push of 57 stale edits asks for all */
#define ONE ((size_t)1 << 20)
#ifdef __SANITIZE_ADDRESS__
#define PEAK_MAX ((size_t)900 << 20) /* with all that the sanitizer keeps */
#else
#define PEAK_MAX ((size_t)256 << 20)
#endif

/* The most memory that the process ever had. */
static size_t peak_of(pid_t pid)
{
	char path[64], text[256];
	size_t kib = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(text, sizeof(text), file))
		if (strncmp(text, "VmHWM:", 6) == 0)
			kib = strtoul(text + 6, NULL, 10);
	(void)fclose(file);
	assert_int_not_equal(kib, 0);
	return kib << 10;
}

struct megabytes {
	char ids[MANY][8];
	char *value;
	struct store_edit stale[MANY];
};

static void store_megabytes(struct line *link, struct megabytes *all, size_t count)
{
	all->value = malloc(ONE);
	assert_non_null(all->value);
	memset(all->value, '1', ONE);
	for (unsigned n = 0; n < count; n++) {
		struct store_edit edit;
		struct store_request request = push_of(&edit, 1);

		(void)snprintf(all->ids[n], sizeof(all->ids[n]), "a:%u", n);
		edit = edit_of(all->ids[n], 0, "", "");
		edit.value = slice_make(all->value, ONE);
		line_send(link, n, &request);
		line_expect(link, n, 1);
		all->stale[n] = edit_of(all->ids[n], 0, "", "2");
	}
}

/* Each push conflicts with `documents` of a megabyte. */
static void push_stale(const struct stage *stage, struct line *link, const struct megabytes *all,
		       unsigned pushes, size_t documents)
{
	const struct store_request request = push_of(all->stale, documents);
	bool fits = documents * ONE <= STORE_REPLY_MAX;
	struct store_reply reply;

	stage_halt(stage);
	for (unsigned n = 0; n < pushes; n++)
		line_send(link, n, &request);
	stage_resume(stage);
	for (unsigned n = 0; n < pushes; n++) {
		line_receive(link, n, &reply);
		assert_int_equal(reply.rc, fits ? RC_OK : RC_TOO_LARGE);
		assert_int_equal(reply.result_count, fits ? documents : 0);
		for (size_t i = 0; i < reply.result_count; i++) {
			assert_int_equal(reply.results[i].status, STORE_CONFLICT);
			assert_int_equal(reply.results[i].value.len, ONE);
		}
		store_reply_clear(&reply);
	}
}

static void replies_are_larger_than_requests_but_bounded(void **state)
{
	struct megabytes all;
	struct stage stage;
	struct line link;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	store_megabytes(&link, &all, MANY);
	push_stale(&stage, &link, &all, 24, MANY);
	push_stale(&stage, &link, &all, 80, 14);
	print_message("peak: %zu MiB\n", peak_of(stage.pid) >> 20);
	assert_in_range(peak_of(stage.pid), 1, PEAK_MAX);
	line_push(&link, 9, "a:0", 1, "");
	line_expect(&link, 9, 2);
	free(all.value);
	line_close(&link);
	stage_close(&stage);
}

#define COSTLY 12
#define FEW 4

/* Small requests of one user with large replies, before one of another. */
static void replies_count_for_the_share_of_their_user(void **state)
{
	struct megabytes all;
	struct store_edit edit = edit_of("b:1", 0, "", "1");
	struct store_request costly, small = push_of(&edit, 1);
	struct stage stage;
	struct line link;
	unsigned place = 0;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	store_megabytes(&link, &all, FEW);
	costly = push_of(all.stale, FEW);
	costly.payer = slice_of(STORE_PAYER_USER "ann");
	small.payer = slice_of(STORE_PAYER_USER "bob");
	stage_halt(&stage);
	for (unsigned n = 0; n < COSTLY; n++)
		line_send(&link, n, &costly);
	line_send(&link, COSTLY, &small);
	stage_resume(&stage);
	while (line_receive_tag(&link) != COSTLY)
		place++;
	print_message("after %u of %u\n", place, COSTLY);
	assert_in_range(place, 0, COSTLY / 2);
	for (place++; place < COSTLY + 1; place++)
		(void)line_receive_tag(&link);
	free(all.value);
	line_close(&link);
	stage_close(&stage);
}

/* A request that cannot be unpacked waits behind those that are put off, and is refused
 * once. */
static void nonsense_after_large_replies_is_refused_once(void **state)
{
	struct buf out = BUF_EMPTY;
	struct store_reply reply;
	struct megabytes all;
	struct store_request request;
	struct stage stage;
	struct line link;
	size_t begun;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	store_megabytes(&link, &all, MANY);
	request = push_of(all.stale, 14);
	stage_halt(&stage);
	for (unsigned n = 0; n < 4; n++)
		line_send(&link, n, &request);
	begun = frame_begin(&out, 4);
	buf_put_text(&out, "\xff nonsense");
	frame_end(&out, begun);
	line_send_bytes(&link, buf_slice(&out));
	line_push(&link, 5, "a:0", 1, "");
	stage_resume(&stage);
	for (unsigned n = 0; n < 5; n++) {
		line_receive(&link, n, &reply);
		assert_int_equal(reply.rc, n < 4 ? RC_OK : RC_MALFORMED);
		store_reply_clear(&reply);
	}
	line_expect(&link, 5, 2);
	buf_free(&out);
	free(all.value);
	line_close(&link);
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
	line_push(&link, 1, "a:1", 0, "");
	line_push(&link, 2, "a:1", 1, "");
	assert_int_equal(shutdown(link.fd, SHUT_WR), 0);
	stage_resume(&stage);
	line_expect(&link, 1, 1);
	line_expect(&link, 2, 2);
	assert_false(line_fill(&link));
	line_close(&link);
	stage_close(&stage);
}

/* ---- The control socket ---------------------------------------------------------- */

static void ask(struct line *line, uint64_t tag, const struct store_request *request,
		struct store_reply *reply, enum rc rc)
{
	line_send(line, tag, request);
	line_receive(line, tag, reply);
	assert_int_equal(reply->rc, rc);
}

static void tokens_come_by_the_control_socket(void **state)
{
	struct store_grant grant = { .group = slice_of("todos"), .write = true };
	struct store_request request = { .kind = STORE_TOKEN_ADD,
					 .token = { .id = slice_of("0123456789abcdef"),
						    .user = slice_of("ada"),
						    .created = 1,
						    .grants = &grant,
						    .grant_count = 1 } };
	struct store_reply reply;
	struct stage stage;
	struct line line;
	uint64_t before;

	(void)state;
	stage_open(&stage, "");
	line = admin_open(&stage);
	before = generation_tokens_read(stage.shm);
	assert_int_not_equal(before, GENERATION_NONE);
	ask(&line, 1, &request, &reply, RC_OK);
	store_reply_clear(&reply);

	ask(&line, 2, &request, &reply, RC_EXISTS);
	store_reply_clear(&reply);

	request.kind = STORE_TOKEN_LIST;
	ask(&line, 3, &request, &reply, RC_OK);
	assert_int_equal(reply.token_count, 1);
	assert_true(slice_is(reply.tokens[0].user, "ada"));
	store_reply_clear(&reply);

	request.kind = STORE_TOKEN_REVOKE;
	assert_int_equal(generation_tokens_read(stage.shm), before);
	ask(&line, 4, &request, &reply, RC_OK);
	/* In force in all workers by now, not some time after the answer. */
	assert_true(generation_tokens_read(stage.shm) > before);
	store_reply_clear(&reply);
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
		lines[i] = admin_open(&stage);
		line_send_bytes(&lines[i], slice_make("\x20", 1)); /* the beginning of a frame */
	}
	link = link_open(&stage);
	line_push(&link, 1, "a:1", 0, "");
	line_expect(&link, 1, 1);
	line_close(&lines[CONTROL_MAX]);
	lines[CONTROL_MAX] = admin_open(&stage);
	line_push(&lines[CONTROL_MAX], 2, "a:1", 1, "");
	line_close(&lines[0]);
	line_expect(&lines[CONTROL_MAX], 2, 2);
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
	line = admin_open(&stage);
	while (sent < len && step > 0) {
		step = send(line.fd, bytes + sent, len - sent < 65536 ? len - sent : 65536,
			    MSG_NOSIGNAL);
		sent += step > 0 ? (size_t)step : 0;
	}
	assert_int_equal(step, -1);
	link = link_open(&stage);
	line_push(&link, 1, "a:1", 0, "");
	line_expect(&link, 1, 1);
	free(bytes);
	line_close(&line);
	line_close(&link);
	stage_close(&stage);
}

/* ---- Rights ---------------------------------------------------------------------- */

/* One request of each kind, which does what it says if it is taken. */
static struct store_request one_of(enum store_kind kind, struct store_grant *grant,
				   const struct store_edit *edit)
{
	struct store_request request = { .kind = kind,
					 .token = { .id = slice_of("0123456789abcdef"),
						    .user = slice_of("ada") },
					 .old = slice_of("fedcba9876543210"),
					 .limit = 1 };

	*grant = (struct store_grant){ .group = slice_of("*"), .write = true };
	request.token.grants = grant;
	request.token.grant_count = 1;
	request.invite = (struct store_invite){ .id = slice_of("0123456789abcdef"),
						.created = 1,
						.expires = 2,
						.uses = 1,
						.grants = grant,
						.grant_count = 1 };
	request.edits = edit;
	request.edit_count = kind == STORE_PUSH;
	return request;
}

static void a_link_may_push_and_do_little_else(void **state)
{
	const struct store_edit edit = edit_of("a:1", 0, "", "1");
	struct store_grant grant;
	struct store_request request;
	struct store_reply reply;
	struct stage stage;
	struct line link, admin;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	admin = admin_open(&stage);
	for (unsigned kind = 0; kind < STORE_KIND_COUNT; kind++) {
		request = one_of((enum store_kind)kind, &grant, &edit);
		line_send(&link, kind, &request);
		line_receive(&link, kind, &reply);
		/* Joins need a secret, which it does not have. */
		assert_int_equal(reply.rc, kind == STORE_PUSH || kind == STORE_TOKEN_USED
						   ? RC_OK
						   : RC_DENIED);
		assert_int_equal(reply.token_count, 0);
		store_reply_clear(&reply);
	}
	line_send_bytes(&link, slice_make("\x01\0\0\0\x07\0\0\0\0\0\0\0\xb0", 13));
	line_receive(&link, 7, &reply); /* no scoreboard, either */
	assert_int_equal(reply.rc, RC_MALFORMED);
	store_reply_clear(&reply);
	line_send_bytes(&link, slice_make("\x01\0\0\0\x08\0\0\0\0\0\0\0\xb1", 13));
	line_receive(&link, 8, &reply); /* nor does it end streams of others */
	assert_int_equal(reply.rc, RC_MALFORMED);
	store_reply_clear(&reply);
	request = one_of(STORE_TOKEN_LIST, &grant, &edit);
	ask(&admin, 1, &request, &reply, RC_OK);
	assert_int_equal(reply.token_count, 0);
	store_reply_clear(&reply);
	line_close(&link);
	line_close(&admin);
	stage_close(&stage);
}

static void values_are_checked_once_more(void **state)
{
	static const char *const values[] = { "{\"a\":", "[1, 2]", "[\"^ \",\"a\",1]", "nonsense" };
	struct store_edit edits[2];
	struct store_request request;
	struct store_reply reply;
	struct stage stage;
	struct line link;

	(void)state;
	stage_open(&stage, "");
	link = link_open(&stage);
	for (unsigned i = 0; i < 4; i++) {
		edits[0] = edit_of("a:1", 0, "", values[i]);
		request = push_of(edits, 1);
		ask(&link, i, &request, &reply, RC_MALFORMED);
		store_reply_clear(&reply);
	}
	edits[0] = edits[1] = edit_of("a:1", 0, "", "1");
	request = push_of(edits, 2);
	ask(&link, 4, &request, &reply, RC_MALFORMED);
	store_reply_clear(&reply);
	line_push(&link, 5, "a:1", 0, "");
	line_expect(&link, 5, 1);
	line_close(&link);
	stage_close(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_read_is_refused_and_harms_nobody),
		cmocka_unit_test(a_frame_that_comes_byte_by_byte_is_taken),
		cmocka_unit_test(who_does_not_read_delays_only_itself),
		cmocka_unit_test(a_large_frame_in_pieces_lets_small_ones_pass),
		cmocka_unit_test(replies_are_larger_than_requests_but_bounded),
		cmocka_unit_test(replies_count_for_the_share_of_their_user),
		cmocka_unit_test(nonsense_after_large_replies_is_refused_once),
		cmocka_unit_test(who_has_said_all_still_gets_its_answers),
		cmocka_unit_test(tokens_come_by_the_control_socket),
		cmocka_unit_test(administrators_beyond_the_limit_wait_for_their_turn),
		cmocka_unit_test(an_administrator_may_not_send_without_end),
		cmocka_unit_test(a_link_may_push_and_do_little_else),
		cmocka_unit_test(values_are_checked_once_more),
	};

	store_add_backend(&backend_sqlite);
	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
