/* A terminal taken over for a picture that is drawn again and again: on the alternate
 * screen, without a cursor, with keys read one by one. However the program ends, short
 * of a kill, the terminal is as it was. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "base/buf.h"

#include <stdbool.h>
#include <termios.h>

struct terminal {
	struct termios before; /* of the standard input */
	bool has_keys;         /* which is a terminal */
	bool open;
	int signals;
};

enum terminal_event {
	TERMINAL_TIME,  /* nothing but the time has passed */
	TERMINAL_DRAW,  /* the terminal has another size, or has lost the picture */
	TERMINAL_QUIT,  /* the user wants to go */
	TERMINAL_ENDED, /* a signal, which ends the program once it is closed and terminal_leave
			 called */
	TERMINAL_LOST   /* the terminal is gone */
};

/* Can a picture be shown: is the standard output a terminal that knows how? */
bool terminal_is_capable(void);
/* From here on the signals that end, stop and resize are taken by terminal_wait. false:
 * the system refused. */
bool terminal_open(struct terminal *terminal);
/* Fine where it is closed already. */
void terminal_close(struct terminal *terminal);
/* Rows that a picture may have. */
unsigned terminal_rows(void);
/* Draws the text, line by line, each cut at the terminal's width; TERMINAL_HEADING before
 * a line shows it reversed. */
#define TERMINAL_HEADING '\1'
bool terminal_draw(struct slice text);
/* Waits that many milliseconds for a key or a signal; *signal: which one, where it
 * ended the wait.
 */
enum terminal_event terminal_wait(struct terminal *terminal, int milliseconds, int *signal);
/* Ends the program by the signal that ended the wait. */
void terminal_leave(int signal);

#endif
