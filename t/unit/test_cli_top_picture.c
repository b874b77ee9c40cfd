/* The picture of `pocketbook top`: what stands out, and what is left out where there is
 * little room. */
#include "cli/terminal.h"
#include "cli/top_picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <string.h>

/* A line of the picture that has this text. */
static void line_with(const struct buf *picture, const char *text, char out[200])
{
	const char *at = strstr(picture->data, text), *end;

	assert_non_null(at);
	while (at > picture->data && at[-1] != '\n')
		at--;
	end = strchr(at, '\n');
	assert_non_null(end);
	assert_true(end - at < 200);
	memcpy(out, at, (size_t)(end - at));
	out[end - at] = '\0';
}

static struct buf picture_of(enum slot_state state, size_t room, bool live)
{
	struct scoreboard_cell cells[2] = { { .pid = 10, .state = state },
					    { .pid = 11, .state = SLOT_SERVING } };
	struct scoreboard_view now = { .workers = 1, .cells = cells }, before = { .workers = 0 };
	struct top_picture picture = {
		.db = "a.db", .before = &before, .now = &now, .room = room, .live = live
	};
	struct buf out = BUF_EMPTY;

	top_picture_put(&out, &picture);
	buf_put_byte(&out, '\0');
	return out;
}

static void test_states(void **state)
{
	struct buf out = picture_of(SLOT_STARTING, SIZE_MAX, false);
	char line[200];

	(void)state;
	line_with(&out, "worker.0", line);
	assert_int_equal(line[0], TERMINAL_ALERT);
	line_with(&out, "writer", line);
	assert_int_equal(line[0], 'w');
	assert_null(strstr(out.data, "q leaves"));
	buf_free(&out);
}

static void test_room(void **state)
{
	struct buf out = picture_of(SLOT_SERVING, 60, true);
	char line[200];

	(void)state;
	line_with(&out, "PROCESS", line);
	assert_string_equal(line, "\001PROCESS     STATE     STREAMS   REQ/S  PUSH/S EVENTS/S");
	line_with(&out, "PER SECOND", line);
	assert_null(strstr(line, "SINCE"));
	assert_non_null(strstr(line, "99 % IN"));
	assert_non_null(strstr(out.data, "q leaves\n"));
	buf_free(&out);
	out = picture_of(SLOT_SERVING, 1, true);
	line_with(&out, "PROCESS", line);
	assert_string_equal(line, "\001PROCESS");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_states),
					    cmocka_unit_test(test_room) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
