/* Tests of worker/http/framing.c and head.c: requests that pass, limits, and that the
 * result does not depend on how the bytes are cut. */
#include "t/unit/framing_kit.h"

/* ---- Requests that pass ---- */

static const struct slice good[] = {
	BYTES(GET "\r\n"),
	BYTES("GET / HTTP/1.0\r\n\r\n"),
	BYTES("GET / HTTP/1.0\r\nHost: x\r\n\r\n"),
	BYTES("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n!"),
	BYTES("PATCH / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n!"),
	BYTES("DELETE / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n!"),
	BYTES(POST "\r\n"),
	BYTES(POST "Content-Length: 0\r\n\r\n"),
	BYTES(GET "Content-Length: 0\r\n\r\n"),
	BYTES(POST "Content-Length:5\r\n\r\nhello"),
	BYTES(POST "content-length: \t 5 \t\r\n\r\nhello"),
	BYTES(POST "Content-Length: 4\r\n\r\n\r\n\r\n"),
	BYTES(POST "Content-Length: 5\r\n\r\n\0\0\0\0\0"),
	BYTES(POST "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"),
	BYTES(POST "Expect: 100-Continue\r\n\r\n"),
	/* Field values: visible, spaces, tabs, and bytes of old encodings; empty
	 * ones. */
	BYTES(GET "X: a \t b\r\nY:\r\nZ: \xe4\xff\x80\r\nX: again\r\n\r\n"),
	BYTES(GET "!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n"),
	BYTES(GET "X: Content-Length: 5\r\n\r\n"),
	BYTES(GET "Content-Length-X: 5\r\nX-Transfer-Encoding: gzip\r\n\r\n"),
	/* Hosts. */
	BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n"),
	BYTES("GET / HTTP/1.1\r\nhOST:x\r\n\r\n"),
	BYTES("GET / HTTP/1.1\r\nHost: a-b_c.example.:65535\r\n\r\n"),
	BYTES("GET / HTTP/1.1\r\nHost: 127.0.0.1:0\r\n\r\n"),
	BYTES("GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n"),
	BYTES("GET / HTTP/1.1\r\nHost: [2001:db8::192.0.2.1]:8080\r\n\r\n"),
	/* Targets. */
	BYTES("GET /? HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("GET /?a=../..//%00%zz? HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("GET /a/ HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("GET /.a/..b/c./d../... HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("GET /%C3%A4/%7E/~!$&'()*+,;=:@ HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("GET HTTPS://x:1/a?b HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("GET http://[::1]:80/a HTTP/1.1\r\nHost: x\r\n\r\n"),
	/* Chunks. */
	BYTES(CHUNKED "0\r\n\r\n"),
	BYTES(CHUNKED "0000000000000000\r\n\r\n"),
	BYTES(CHUNKED "5\r\nhello\r\n0\r\n\r\n"),
	BYTES(CHUNKED "00005\r\nhello\r\n1\r\n\n\r\n00\r\n\r\n"),
	BYTES(CHUNKED "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
	BYTES(CHUNKED "7\r\n0\r\n\r\n0\r\r\n0\r\n\r\n"),
	BYTES("POST / HTTP/1.1\r\ntransfer-ENCODING:CHUNKED\t\r\nHost: x\r\n\r\n0\r\n\r\n"),
};

static void what_is_right_is_let_by(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct verdict verdict = judge_in_pieces(good[i]);

		if (!verdict.good || verdict.requests != 1 || verdict.complete != 1 ||
		    !verdict.idle) {
			print_bytes(good[i]);
			fail_msg("%s (%u begun, %u complete)", verdict.detail, verdict.requests,
				 verdict.complete);
		}
		assert_int_equal(verdict.is_head, strncmp(good[i].data, "HEAD ", 5) == 0);
	}
}

static void requests_may_come_in_one_piece(void **state)
{
	struct buf bytes = BUF_EMPTY;
	struct verdict verdict;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		buf_put_slice(&bytes, good[i]);
	verdict = judge_in_pieces(buf_slice(&bytes));
	assert_true(verdict.good && verdict.idle);
	assert_int_equal(verdict.requests, COUNT(good));
	assert_int_equal(verdict.complete, COUNT(good));
	buf_free(&bytes);
}

/* ---- Requests that have not arrived whole ---- */

static const struct {
	struct slice bytes;
	unsigned requests;
} unfinished[] = {
	{ BYTES("G"), 0 },
	{ BYTES("GET"), 0 },
	{ BYTES("OPTIONS"), 0 },
	{ BYTES("ABCDEFGHIJKLMNOP"), 0 },
	{ BYTES("GET / HTTP/1.1"), 0 },
	{ BYTES("GET / HTTP/1.1\r"), 0 },
	{ BYTES("GET / HTTP/1.1\r\n"), 0 },
	{ BYTES(GET), 0 },
	{ BYTES(GET "\r"), 0 },
	{ BYTES(POST "Content-Length: 5\r\n\r\n"), 1 },
	{ BYTES(POST "Content-Length: 5\r\n\r\nhell"), 1 },
	{ BYTES(CHUNKED), 1 },
	{ BYTES(CHUNKED "5"), 1 },
	{ BYTES(CHUNKED "5\r"), 1 },
	{ BYTES(CHUNKED "5\r\nhell"), 1 },
	{ BYTES(CHUNKED "5\r\nhello"), 1 },
	{ BYTES(CHUNKED "5\r\nhello\r"), 1 },
	{ BYTES(CHUNKED "5\r\nhello\r\n"), 1 },
	{ BYTES(CHUNKED "5\r\nhello\r\n0\r\n"), 1 },
	{ BYTES(CHUNKED "5\r\nhello\r\n0\r\n\r"), 1 },
};

static void what_is_not_whole_is_waited_for(void **state)
{
	struct framing framing;

	(void)state;
	framing_init(&framing, MAX_BODY);
	assert_true(framing_is_idle(&framing));
	assert_true(framing_feed(&framing, slice_make("", 0)));
	assert_true(framing_is_idle(&framing));
	framing_clear(&framing);
	for (size_t i = 0; i < COUNT(unfinished); i++) {
		struct verdict verdict = judge_in_pieces(unfinished[i].bytes);

		assert_true(verdict.good && !verdict.idle);
		assert_int_equal(verdict.requests, unfinished[i].requests);
		assert_int_equal(verdict.complete, 0);
	}
}

/* ---- Legal bytes ---- */

static void every_other_byte_is_refused_where_one_is(void **state)
{
	static const char legal[] = "!$&'()*+,-.0123456789:;=@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_"
				    "abcdefghijklmnopqrstuvwxyz~?%";
	static const char token[] =
		"!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~";
	char target[] = "GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n";
	char name[] = GET "A\0B: c\r\n\r\n";
	char value[] = GET "A: b\0c\r\n\r\n";

	(void)state;
	for (int c = 0; c < 256; c++) {
		bool in_name = c && (strchr(token, c) != NULL || c == ':');
		bool in_target = c && (strchr(legal, c) != NULL || c == '/');

		target[strlen("GET /a")] = (char)c;
		name[strlen(GET) + 1] = (char)c;
		value[strlen(GET) + 4] = (char)c;
		assert_int_equal(judge(slice_make(target, sizeof(target) - 1), 0, 0, 0).good,
				 in_target && c != '%');
		assert_int_equal(judge(slice_make(name, sizeof(name) - 1), 0, 0, 0).good, in_name);
		assert_int_equal(judge(slice_make(value, sizeof(value) - 1), 0, 0, 0).good,
				 c == '\t' || (c >= ' ' && c != 0x7f));
	}
}

/* ---- Limits ---- */

static void check_too_long(struct slice bytes)
{
	struct verdict verdict = judge_in_pieces(bytes);

	assert_false(verdict.good);
	assert_int_equal(verdict.status, 431);
	assert_string_equal(verdict.detail, "the head of the request is longer than 32768 bytes");
	assert_int_equal(verdict.requests, 0);
}

/* A head of that many bytes: `begin`, the filler, `end`. */
static void fill(struct buf *bytes, const char *begin, const char *end, size_t size)
{
	buf_clear(bytes);
	buf_put_text(bytes, begin);
	while (bytes->len + strlen(end) < size)
		buf_put_byte(bytes, 'a');
	buf_put_text(bytes, end);
	assert_int_equal(bytes->len, size);
}

static void a_head_may_have_32768_bytes(void **state)
{
	static const char *const heads[][2] = {
		{ GET "A: ", "\r\n\r\n" },
		{ "GET /?", " HTTP/1.1\r\nHost: x\r\n\r\n" },
		{ "GET /b HTTP/1.1\r\n", ": c\r\nHost: x\r\n\r\n" },
	};
	struct buf bytes = BUF_EMPTY;
	struct verdict verdict;

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		for (size_t size = FRAMING_HEAD_MAX - 3; size <= FRAMING_HEAD_MAX; size++) {
			fill(&bytes, heads[i][0], heads[i][1], size);
			verdict = judge_in_pieces(buf_slice(&bytes));
			assert_true(verdict.good && verdict.idle);
			assert_int_equal(verdict.complete, 1);
		}
		for (size_t size = FRAMING_HEAD_MAX + 1; size <= FRAMING_HEAD_MAX + 6; size++) {
			fill(&bytes, heads[i][0], heads[i][1], size);
			check_too_long(buf_slice(&bytes));
		}
		fill(&bytes, heads[i][0], heads[i][1], 3 * FRAMING_HEAD_MAX);
		check_too_long(buf_slice(&bytes));
	}
	buf_free(&bytes);
}

static void an_endless_head_is_not_kept(void **state)
{
	struct framing framing;
	char piece[1000];

	(void)state;
	memset(piece, 'a', sizeof(piece));
	framing_init(&framing, MAX_BODY);
	assert_true(framing_feed(&framing, slice_of("GET /")));
	for (int i = 0; i < 32; i++)
		assert_true(framing_feed(&framing, slice_make(piece, sizeof(piece))));
	assert_false(framing_feed(&framing, slice_make(piece, sizeof(piece))));
	assert_int_equal(framing.status, 431);
	assert_int_equal(framing.line.cap, 0);
	framing_clear(&framing);
}

static void the_limit_is_of_all_fields_together(void **state)
{
	struct buf bytes = BUF_EMPTY;

	(void)state;
	buf_put_text(&bytes, GET);
	while (bytes.len < FRAMING_HEAD_MAX)
		buf_put_text(&bytes, "A: b\r\n");
	check_too_long(buf_slice(&bytes));
	buf_free(&bytes);
}

/* The limit begins anew with each request. */
static void many_heads_may_have_more_together(void **state)
{
	struct buf one = BUF_EMPTY, all = BUF_EMPTY;
	struct verdict verdict;

	(void)state;
	fill(&one, GET "A: ", "\r\n\r\n", FRAMING_HEAD_MAX);
	for (int i = 0; i < 5; i++)
		buf_put_slice(&all, buf_slice(&one));
	verdict = judge_in_pieces(buf_slice(&all));
	assert_true(verdict.good && verdict.idle);
	assert_int_equal(verdict.complete, 5);
	buf_free(&one);
	buf_free(&all);
}

static void a_body_may_have_as_much_as_is_told(void **state)
{
	struct buf bytes = BUF_EMPTY;
	struct verdict verdict;

	(void)state;
	fill(&bytes, POST "Content-Length: 1000\r\n\r\n", "",
	     strlen(POST "Content-Length: 1000\r\n\r\n") + MAX_BODY);
	verdict = judge_in_pieces(buf_slice(&bytes));
	assert_true(verdict.good && verdict.idle);
	assert_int_equal(verdict.complete, 1);
	buf_clear(&bytes);
	buf_put_text(&bytes, CHUNKED);
	for (int i = 0; i < MAX_BODY / 4; i++)
		buf_put_text(&bytes, "4\r\n\r\n\r\n\r\n");
	buf_put_text(&bytes, "0\r\n\r\n");
	verdict = judge_in_pieces(buf_slice(&bytes));
	assert_true(verdict.good && verdict.idle);
	assert_int_equal(verdict.complete, 1);
	bytes.len -= strlen("0\r\n\r\n");
	buf_put_text(&bytes, "1\r\n");
	verdict = judge_in_pieces(buf_slice(&bytes));
	assert_int_equal(verdict.status, 413);
	buf_free(&bytes);
}

static void no_body_at_all_may_be_the_limit(void **state)
{
	struct framing framing;

	(void)state;
	framing_init(&framing, 0);
	assert_true(framing_feed(&framing,
				 slice_of(POST "Content-Length: 0\r\n\r\n" CHUNKED "0\r\n\r\n")));
	assert_int_equal(framing.complete, 2);
	assert_false(framing_feed(&framing, slice_of(POST "Content-Length: 1\r\n\r\n")));
	assert_int_equal(framing.status, 413);
	framing_clear(&framing);
}

/* ---- Further ---- */

/* Their refusals must not have a body (RFC 9110, 9.3.2). */
static void a_refused_head_request_is_known_for_one(void **state)
{
	static const struct {
		struct slice bytes;
		bool is_head;
	} refused[] = {
		{ BYTES("HEAD //a HTTP/1.1\r\n"), true },
		{ BYTES("HEAD / HTTP/3.0\r\n"), true },
		{ BYTES("HEAD / HTTP/1.1\r\nHost : x\r\n"), true },
		{ BYTES("HEAD / HTTP/1.1\n"), true },
		{ BYTES("HEAD"
			"ER / HTTP/1.1\r\n"),
		  false },
		{ BYTES("head / HTTP/1.1\r\n"), false },
		{ BYTES("GET /HEAD / HTTP/1.1\r\n"), false },
		{ BYTES("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n\r\n\r\n"), false },
		{ BYTES("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" POST "Content-Length: x\r\n"), false },
		{ BYTES("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" CHUNKED "x\r\n"), false },
	};
	struct buf bytes = BUF_EMPTY;
	struct verdict verdict;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		verdict = judge_in_pieces(refused[i].bytes);
		assert_false(verdict.good);
		assert_int_equal(verdict.is_head, refused[i].is_head);
	}
	fill(&bytes, "HEAD /", "", FRAMING_HEAD_MAX + 1);
	assert_true(judge_in_pieces(buf_slice(&bytes)).is_head);
	buf_free(&bytes);
}

static void what_is_refused_stays_so(void **state)
{
	struct framing framing;

	(void)state;
	framing_init(&framing, MAX_BODY);
	assert_false(framing_feed(&framing, slice_of("GET //a HTTP/1.1\r\n")));
	for (int i = 0; i < 3; i++)
		assert_false(framing_feed(&framing, slice_of(GET "\r\n")));
	assert_false(framing_feed(&framing, slice_make("", 0)));
	assert_int_equal(framing.status, 400);
	assert_string_equal(framing.detail, "the path has an empty segment");
	assert_int_equal(framing.requests, 0);
	assert_false(framing_is_idle(&framing));
	framing_clear(&framing);
}

static void chunk_sizes_are_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t size;
	} sizes[] = {
		{ "0", 0 },
		{ "9", 9 },
		{ "aF", 0xaf },
		{ "0123456789abcdef", UINT64_C(0x0123456789abcdef) },
		{ "FEDCBA9876543210", UINT64_C(0xfedcba9876543210) },
		{ "ffffffffffffffff", UINT64_MAX },
	};
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_true(head_chunk_size(slice_of(sizes[i].text), &size));
		assert_true(size == sizes[i].size);
	}
	for (int c = 0; c < 256; c++) {
		char text[] = { '1', (char)c };
		bool digit =
			(c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

		assert_int_equal(head_chunk_size(slice_make(text, 2), &size), digit);
	}
	assert_false(head_chunk_size(slice_of(""), &size));
	assert_false(head_chunk_size(slice_of("00000000000000000"), &size));
}

static void random_bytes_have_one_verdict(void **state)
{
	struct dice dice = { from_environment("FRAMING_SEED", 20260102) };
	size_t rounds = (size_t)from_environment("FRAMING_ROUNDS", 20000);
	struct buf bytes = BUF_EMPTY;
	unsigned passed = 0, refused = 0;

	(void)state;
	for (size_t i = 0; i < rounds; i++) {
		struct verdict whole;
		size_t cut;

		compose(&dice, &bytes);
		whole = judge(buf_slice(&bytes), 0, 0, 0);
		whole.good ? passed++ : refused++;
		check_same(buf_slice(&bytes), whole, judge(buf_slice(&bytes), 0, 0, 1),
			   "in steps of", 1);
		cut = roll(&dice, bytes.len + 1);
		check_same(buf_slice(&bytes), whole,
			   judge(buf_slice(&bytes), cut, cut + roll(&dice, bytes.len - cut + 1), 0),
			   "split at", cut);
		/* A request counts once it has begun, and at most one is unfinished. */
		assert_true(whole.complete == whole.requests ||
			    whole.complete + 1 == whole.requests);
	}
	/* Neither all nor nothing: the loop sees both. */
	assert_true(rounds < 100 || (passed > rounds / 10 && refused > rounds / 10));
	buf_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_is_let_by),
		cmocka_unit_test(requests_may_come_in_one_piece),
		cmocka_unit_test(what_is_not_whole_is_waited_for),
		cmocka_unit_test(every_other_byte_is_refused_where_one_is),
		cmocka_unit_test(a_head_may_have_32768_bytes),
		cmocka_unit_test(an_endless_head_is_not_kept),
		cmocka_unit_test(the_limit_is_of_all_fields_together),
		cmocka_unit_test(many_heads_may_have_more_together),
		cmocka_unit_test(a_body_may_have_as_much_as_is_told),
		cmocka_unit_test(no_body_at_all_may_be_the_limit),
		cmocka_unit_test(a_refused_head_request_is_known_for_one),
		cmocka_unit_test(what_is_refused_stays_so),
		cmocka_unit_test(chunk_sizes_are_read),
		cmocka_unit_test(random_bytes_have_one_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
