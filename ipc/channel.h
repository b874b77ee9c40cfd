/* The line between the master and one child: a SOCK_SEQPACKET socketpair for one-byte
 * messages, each with a descriptor or without. End of file means that the other side is
 * gone. */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include "base/log.h"
#include "base/rc.h"
#include "base/slice.h"

#include <stdbool.h>

enum channel_word {
	CHANNEL_READY = 'R', /* child → master: I serve now */
	CHANNEL_LINK = 'L', /* master → child, with a stream socket to the process on the other side
			     * (worker or writer); without one where the child may have no more
			     * descriptors. Worker → master: I have no link, make one */
	CHANNEL_LOG =
		'0', /* master → child: '0' + level, logs up to it from now on (enum log_level) */
	CHANNEL_LOG_LAST = CHANNEL_LOG + LOG_DEBUG,
	CHANNEL_GIVE = 'G', /* master → worker, with a channel to its successor: give it all you
			       have, then leave */
	CHANNEL_TAKE = 'T'  /* master → worker, with a channel to its predecessor: take what comes
			       (worker/handoff.h) */
};

struct channel_message {
	enum channel_word word;
	int fd; /* the receiver's to close; -1: none came */
};

/* Both ends close-on-exec and non-blocking. RC_IO with errno. */
MUST_USE enum rc channel_pair(int ends[2]);
/* Sends; the descriptor (or -1) stays the caller's. RC_UNAVAILABLE: the other side is
 * gone; RC_BUSY: its queue is full. */
MUST_USE enum rc channel_send(int channel, enum channel_word word, int fd);
/* Does what a word about the log's level asks for; false: it is another word. */
bool channel_set_level(enum channel_word word);
/* The same with any message of at least one byte, as the two ends understand it. */
MUST_USE enum rc channel_send_message(int channel, struct slice message, int fd);
/* Takes such a message, into `room` of *len bytes; a longer one is cut. *len: how many
 * came; *fd: the receiver's to close; -1: none came.
 */
MUST_USE enum rc channel_receive_message(int channel, char *room, size_t *len, int *fd);
/* Takes one message. RC_BUSY: none is there; RC_UNAVAILABLE: end of file. */
MUST_USE enum rc channel_receive(int channel, struct channel_message *out);

#endif
