#include "cli/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Of xterm and all that followed it: alternate screen and cursor. */
#define TAKE "\033[?1049h\033[?25l"
#define GIVE_BACK "\033[0m\033[?25h\033[?1049l"

bool screen_is_there(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

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

static void take(struct screen *screen)
{
	struct termios raw = screen->before;

	/* Keys that make signals still do. */
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (screen->has_keys)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	(void)put(TAKE, strlen(TAKE));
	screen->open = true;
}

static void taken_signals(sigset_t *set)
{
	static const int signals[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH
	};

	sigemptyset(set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(set, signals[i]);
}

bool screen_open(struct screen *screen)
{
	sigset_t set;

	*screen = (struct screen){ .signals = -1 };
	taken_signals(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return false;
	screen->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (screen->signals < 0)
		return false;
	screen->has_keys = tcgetattr(STDIN_FILENO, &screen->before) == 0;
	take(screen);
	return true;
}

static void give_back(struct screen *screen)
{
	if (!screen->open)
		return;
	screen->open = false;
	(void)put(GIVE_BACK, strlen(GIVE_BACK));
	if (screen->has_keys)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &screen->before);
}

void screen_close(struct screen *screen)
{
	give_back(screen);
	if (screen->signals >= 0)
		(void)close(screen->signals);
	screen->signals = -1;
}

void screen_leave(int number)
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

unsigned screen_rows(void)
{
	return size().ws_row;
}

/* As many characters as there are columns: those that take two are not expected in
 * numbers, and cut by the terminal. */
static void put_line(struct buf *out, struct slice line, unsigned columns)
{
	bool heading = line.len && line.data[0] == SCREEN_HEADING;
	unsigned at = 0;

	if (heading)
		buf_put_text(out, "\033[7m");
	for (size_t i = heading; i < line.len; i++) {
		if (((unsigned char)line.data[i] & 0xc0) != 0x80 && at++ == columns)
			break;
		buf_put_byte(out, line.data[i]);
	}
	buf_put_text(out, heading ? "\033[K\033[0m" : "\033[K");
}

bool screen_draw(struct slice text)
{
	struct winsize now = size();
	struct buf out = BUF_EMPTY;
	unsigned row = 0;
	bool sent;

	/* Without wrapping, and from the top. */
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

static void stop(struct screen *screen)
{
	give_back(screen);
	(void)raise(SIGSTOP);
	take(screen);
}

static enum screen_word hear(struct screen *screen, int *number)
{
	struct signalfd_siginfo info;

	if (read(screen->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return SCREEN_TIME;
	switch (info.ssi_signo) {
	case SIGTSTP:
		stop(screen);
		return SCREEN_DRAW;
	case SIGCONT:
	case SIGWINCH:
		return SCREEN_DRAW;
	default:
		*number = (int)info.ssi_signo;
		return SCREEN_ENDED;
	}
}

static enum screen_word read_key(struct screen *screen)
{
	char key = 0;
	ssize_t got = read(STDIN_FILENO, &key, 1);

	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
		return SCREEN_LOST;
	(void)screen;
	return key == 'q' || key == 'Q' ? SCREEN_QUIT : SCREEN_TIME;
}

enum screen_word screen_wait(struct screen *screen, int milliseconds, int *number)
{
	struct pollfd polls[] = {
		{ .fd = screen->signals, .events = POLLIN },
		{ .fd = screen->has_keys ? STDIN_FILENO : -1, .events = POLLIN },
	};

	if (poll(polls, 2, milliseconds) <= 0)
		return SCREEN_TIME;
	if (polls[0].revents)
		return hear(screen, number);
	return read_key(screen);
}
