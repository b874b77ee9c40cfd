/* The display of `pocketbook top`. */
#ifndef CLI_TOP_PICTURE_H
#define CLI_TOP_PICTURE_H

#include "base/buf.h"
#include "cli/server_stats.h"

struct top_picture {
	const char *db;
	const struct scoreboard_view *before, *now;
	double seconds; /* between the two */
	size_t room; /* columns of the terminal; columns of tables that do not fit are left out */
	bool live;   /* it is redrawn, until q is pressed */
};

/* Lines begin with TERMINAL_HEADING or TERMINAL_ALERT where they are shown
 * otherwise. */
void top_picture_put(struct buf *out, const struct top_picture *picture);

#endif
