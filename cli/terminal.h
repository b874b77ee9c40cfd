/* A terminal taken over for a picture that is drawn again and again: on the alternate
 * screen, without a cursor, with keys read one by one. However the program ends, short
 * of a kill, the terminal is as it was. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "base/buf.h"

#include <stdbool.h>
#include <termios.h>

struct screen {
	struct termios before; /* of the standard input */
	bool has_keys;         /* which is a terminal */
	bool open;
	int signals;
};

enum screen_word {
	SCREEN_TIME,  /* nothing but the time has passed */
	SCREEN_DRAW,  /* the terminal has another size, or has lost the picture */
	SCREEN_QUIT,  /* the user wants to go */
	SCREEN_ENDED, /* a signal, which ends the program once the screen is closed and screen_leave
			 called */
	SCREEN_LOST   /* the terminal is gone */
};

/* Can a picture be shown: is the standard output a terminal that knows how? */
bool screen_is_there(void);
/* From here on the signals that end, stop and resize are taken by screen_wait. false:
 * the system refused. */
bool screen_open(struct screen *screen);
/* Fine where it is closed already. */
void screen_close(struct screen *screen);
/* Rows that a picture may have. */
unsigned screen_rows(void);
/* Draws the text, line by line, each cut at the terminal's width; SCREEN_HEADING before
 * a line shows it reversed. */
#define SCREEN_HEADING '\1'
bool screen_draw(struct slice text);
/* Waits that many milliseconds for a key or a signal; *signal: which one, where it
 * ended the wait.
 */
enum screen_word screen_wait(struct screen *screen, int milliseconds, int *signal);
/* Ends the program by the signal that ended the wait. */
void screen_leave(int signal);

#endif
