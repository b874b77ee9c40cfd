/* Keeps control characters in the texts of others from the terminal, for all commands;
 * full-screen output for top. See also cli/spool.c, cli/say.c and cli/text_table.c. */
#include "cli/terminal.h"

#include "base/array.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Alternate screen and cursor, as xterm and its successors have them. */
#define TAKE "\033[?1049h\033[?25l"
#define GIVE_BACK "\033[0m\033[?25h\033[?1049l"

bool terminal_is_capable(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

/* ---- Filtering ---- */

static struct text_filter stdout_filter;

static bool put(const char *bytes, size_t len);

/* A cookie_write_function_t. */
static ssize_t on_write(void *arg, const char *bytes, size_t len)
{
	struct buf out = BUF_EMPTY;
	bool sent;

	(void)arg;
	text_filter_put(&stdout_filter, slice_make(bytes, len), &out);
	sent = put(out.data, out.len);
	buf_free(&out);
	return sent ? (ssize_t)len : 0;
}

void terminal_filter_stdout(void)
{
	FILE *filtered;

	if (!isatty(STDOUT_FILENO))
		return;
	filtered = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = on_write });
	if (filtered == NULL)
		abort();
	(void)setvbuf(filtered, NULL, _IOLBF, BUFSIZ);
	stdout = filtered;
}

/* ---- Writing ---- */

static bool put(const char *bytes, size_t len)
{
	while (len) {
		ssize_t sent = write(STDOUT_FILENO, bytes, len);

		if (sent < 0 && errno != EINTR)
			return false;
		if (sent > 0) {
			bytes += sent;
			len -= (size_t)sent;
		}
	}
	return true;
}

/* ---- Taking over ---- */

static void take(struct terminal *terminal)
{
	struct termios raw = terminal->before;

	/* Keys that send signals still do. */
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (terminal->has_keys)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	(void)put(TAKE, strlen(TAKE));
	terminal->open = true;
}

static void taken_signals(sigset_t *set)
{
	static const int signals[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH
	};

	sigemptyset(set);
	for (size_t i = 0; i < COUNT(signals); i++)
		sigaddset(set, signals[i]);
}

bool terminal_open(struct terminal *terminal)
{
	sigset_t set;

	*terminal = (struct terminal){ .signals = -1 };
	taken_signals(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return false;
	terminal->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (terminal->signals < 0)
		return false;
	terminal->has_keys = tcgetattr(STDIN_FILENO, &terminal->before) == 0;
	take(terminal);
	return true;
}

static void give_back(struct terminal *terminal)
{
	if (!terminal->open)
		return;
	terminal->open = false;
	(void)put(GIVE_BACK, strlen(GIVE_BACK));
	if (terminal->has_keys)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal->before);
}

void terminal_close(struct terminal *terminal)
{
	give_back(terminal);
	if (terminal->signals >= 0)
		(void)close(terminal->signals);
	terminal->signals = -1;
}

void terminal_leave(int number)
{
	sigset_t set;

	(void)signal(number, SIG_DFL);
	(void)raise(number);
	taken_signals(&set);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- Drawing ---- */

static struct winsize size(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	return size;
}

unsigned terminal_rows(void)
{
	return size().ws_row;
}

/* NULL: as any other. See https://no-color.org. */
static const char *style_of(struct slice line)
{
	const char *no_color = getenv("NO_COLOR");

	if (line.len && line.data[0] == TERMINAL_HEADING)
		return "\033[7m";
	if (line.len && line.data[0] == TERMINAL_ALERT)
		return no_color && *no_color ? "\033[1m" : "\033[1;31m";
	return NULL;
}

/* Cuts the line after as many characters as there are columns. Characters that take two
 * columns are not expected here; the terminal cuts them. */
static void put_line(struct buf *out, struct slice line, unsigned columns)
{
	const char *style = style_of(line);
	char piece[TEXT_PIECE_MAX];
	size_t at = 0, taken;

	if (style) {
		buf_put_text(out, style);
		line = slice_make(line.data + 1, line.len - 1);
	}
	for (; line.len; line = slice_make(line.data + taken, line.len - taken)) {
		size_t len = text_piece(line, piece, &taken);

		at += len == taken ? 1 : len;
		if (at > columns)
			break;
		buf_put(out, piece, len);
	}
	buf_put_text(out, style ? "\033[K\033[0m" : "\033[K");
}

bool terminal_draw(struct slice text)
{
	struct winsize now = size();
	struct buf out = BUF_EMPTY;
	unsigned row = 0;
	bool sent;

	assert(text.data || text.len == 0);
	/* Without line wrapping, from the top. */
	buf_put_text(&out, "\033[?7l\033[H");
	while (text.len && row < now.ws_row) {
		const char *end = memchr(text.data, '\n', text.len);
		size_t len = end ? (size_t)(end - text.data) : text.len;

		buf_put_text(&out, row++ ? "\r\n" : "");
		put_line(&out, slice_make(text.data, len), now.ws_col);
		len += end != NULL;
		text = slice_make(text.data + len, text.len - len);
	}
	buf_put_text(&out, "\033[J\033[?7h");
	sent = put(out.data, out.len);
	buf_free(&out);
	return sent;
}

/* ---- Waiting ---- */

static void stop(struct terminal *terminal)
{
	give_back(terminal);
	(void)raise(SIGSTOP);
	take(terminal);
}

static enum terminal_event read_signal(struct terminal *terminal, int *number)
{
	struct signalfd_siginfo info;

	if (read(terminal->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return TERMINAL_TIME;
	switch (info.ssi_signo) {
	case SIGTSTP:
		stop(terminal);
		return TERMINAL_DRAW;
	case SIGCONT:
	case SIGWINCH:
		return TERMINAL_DRAW;
	default:
		*number = (int)info.ssi_signo;
		return TERMINAL_ENDED;
	}
}

static enum terminal_event read_key(struct terminal *terminal)
{
	char key = 0;
	ssize_t got = read(STDIN_FILENO, &key, 1);

	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
		return TERMINAL_LOST;
	(void)terminal;
	return key == 'q' || key == 'Q' ? TERMINAL_QUIT : TERMINAL_TIME;
}

enum terminal_event terminal_wait(struct terminal *terminal, int milliseconds, int *number)
{
	struct pollfd polls[] = {
		{ .fd = terminal->signals, .events = POLLIN },
		{ .fd = terminal->has_keys ? STDIN_FILENO : -1, .events = POLLIN },
	};

	assert(terminal->open && terminal->signals >= 0);
	if (poll(polls, 2, milliseconds) <= 0)
		return TERMINAL_TIME;
	if (polls[0].revents)
		return read_signal(terminal, number);
	return read_key(terminal);
}
