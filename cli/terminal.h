/* Output to a terminal, of texts that others have written. Also full-screen output that
 * is redrawn again and again: on the alternate screen, without
 * a cursor, reading single keys. The terminal is restored however the program ends,
 * except by SIGKILL. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "base/buf.h"

#include <stdbool.h>
#include <termios.h>

struct terminal {
	struct termios before; /* of the standard input */
	bool has_keys;         /* the standard input is a terminal */
	bool open;
	int signals;
};

enum terminal_event {
	TERMINAL_TIME,  /* the time is up */
	TERMINAL_DRAW,  /* the screen must be redrawn: it was resized, or lost its contents */
	TERMINAL_QUIT,  /* the user pressed q */
	TERMINAL_ENDED, /* a signal that ends the program; see terminal_leave */
	TERMINAL_LOST   /* the terminal is gone */
};

/* From now on, what is written to stdout (stdio.h) is escaped as text_filter_put does,
 * if it goes to a terminal. */
void terminal_filter_stdout(void);
/* Is the standard output a terminal that can show a full screen? */
bool terminal_is_capable(void);
/* Signals that end, stop or resize are received by terminal_wait from now on. false,
 * with errno: it failed. */
bool terminal_open(struct terminal *terminal);
/* May be called again. */
void terminal_close(struct terminal *terminal);
/* The number of rows. */
unsigned terminal_rows(void);
/* Draws the text; lines are cut at the terminal's width. TERMINAL_HEADING before a line
 * shows it reversed, TERMINAL_ALERT bold and, unless NO_COLOR is set, red. */
#define TERMINAL_HEADING '\1'
#define TERMINAL_ALERT '\2'
bool terminal_draw(struct slice text);
/* Waits that many milliseconds for a key or a signal; *signal: the signal that ended
 * the wait, if one did. */
enum terminal_event terminal_wait(struct terminal *terminal, int milliseconds, int *signal);
/* Ends the program by that signal. */
void terminal_leave(int signal);

#endif
