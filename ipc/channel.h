/* The channel between the master and one child: a SOCK_SEQPACKET socketpair for
 * one-byte messages, some with more behind it, each with a descriptor or without. End
 * of file means that the other side has ended. */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include "base/log.h"
#include "base/rc.h"
#include "base/slice.h"

#include <stdbool.h>
#include <sys/types.h>

enum channel_word {
	/* Child → master: it serves now. */
	CHANNEL_READY = 'R',
	/* Master → child, with a stream socket to a worker or the writer; without one
	 * if the child may have no more descriptors. Worker → master: it has no link
	 * and needs one. */
	CHANNEL_LINK = 'L',
	/* Master → writer, with a stream socket to the process of the admin page. */
	CHANNEL_ADMIN = 'A',
	/* Master → child: '0' + the level up to which it logs from now on (enum
	 * log_level), who asked for the reload in which it was set, and the names of
	 * the options that it changed. */
	CHANNEL_LOG = '0',
	CHANNEL_LOG_LAST = CHANNEL_LOG + LOG_DEBUG,
	/* Master → worker, with a channel to its successor: hand all over, then leave
	 * (worker/handoff.h). The bytes of these two are spoken between an old and a
	 * new binary in an upgrade. */
	CHANNEL_HANDOFF_SEND = 'G',
	/* Master → worker, with a channel to its predecessor: receive what it hands
	 * over. */
	CHANNEL_HANDOFF_RECEIVE = 'T'
};

#define CHANNEL_CHANGED_MAX 512

/* The sender of a signal. */
struct channel_sender {
	pid_t pid; /* 0: unknown */
	uid_t uid; /* (uid_t)-1: unknown */
};

struct channel_message {
	enum channel_word word;
	int fd; /* the receiver closes it; -1: none */
	struct channel_sender sender;
	char changed[CHANNEL_CHANGED_MAX]; /* names, terminated */
};

/* Both ends close-on-exec and non-blocking. RC_IO with errno. */
MUST_USE enum rc channel_pair(int ends[2]);
/* Sends; the descriptor (or -1) stays the caller's. RC_UNAVAILABLE: the other side is
 * gone; RC_BUSY: its queue is full. */
MUST_USE enum rc channel_send(int channel, enum channel_word word, int fd);
/* Sends the level up to which the other side is to log. `changed`: NULL is none; what
 * is longer than a message holds is cut. */
MUST_USE enum rc channel_send_level(int channel, enum log_level level,
				    const struct channel_sender *sender, const char *changed);
/* Sets the log level if the word is about that; false: it is another word. */
bool channel_set_level(enum channel_word word);
/* Sends a message of at least one byte, whose meaning is up to the two ends. */
MUST_USE enum rc channel_send_message(int channel, struct slice message, int fd);
/* Receives such a message into `room` of *len bytes; a longer one is cut. *len: its
 * length; *fd: the receiver closes it; -1: none. */
MUST_USE enum rc channel_receive_message(int channel, char *room, size_t *len, int *fd);
/* Receives one message. RC_BUSY: none is there; RC_UNAVAILABLE: end of file. */
MUST_USE enum rc channel_receive(int channel, struct channel_message *out);

#endif
