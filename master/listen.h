/* Listening sockets: for each address one for each worker slot (SO_REUSEPORT), so that
 * the kernel shares connections out evenly and a dead worker's queue waits for its
 * successor. */
#ifndef MASTER_LISTEN_H
#define MASTER_LISTEN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define LISTEN_TEXT_MAX 80

struct listen_address {
	union {
		struct sockaddr any;
		struct sockaddr_storage space;
	} socket;
	socklen_t len;
};

/* Reads ADDR:PORT or [ADDR6]:PORT, both numeric, port 0 to 65535. RC_MALFORMED, with
 * the text in `err`. */
MUST_USE enum rc listen_parse(const char *text, struct listen_address *out, struct error *err);
/* The same text back, terminated. */
void listen_format(const struct listen_address *address, char out[LISTEN_TEXT_MAX]);
/* 127.0.0.0/8 or ::1? */
bool listen_is_loopback(const struct listen_address *address);

/* A socket that listens there beside others that share the port (SO_REUSEPORT), or -1
 * with errno.
 */
int listen_open_shared(const struct listen_address *address);
/* The same, which no other process can share. */
int listen_open_alone(const struct listen_address *address);
/* Sets the options that connections inherit: keep-alive, no delay, a time limit for
 * unacknowledged bytes. False with errno. */
bool listen_prepare(int fd);

struct listeners {
	struct listen_address *addresses; /* with the port that the kernel chose for port 0 */
	size_t count;
	bool metrics; /* the last of them is for /metrics */
	unsigned slots;
	int *fds; /* those of slot s begin at s * count, in the order of the addresses; -1: closed
		   */
};

/* Room for `count` addresses, and for one more if `metrics`; all sockets closed. */
void listeners_new(size_t count, bool metrics, unsigned slots, struct listeners *out);
/* Opens the sockets of address `i`, which `text` gives. Errors as below. */
MUST_USE enum rc listeners_open_one(struct listeners *listeners, size_t i, const char *text,
				    struct error *err);
/* Opens the sockets for all addresses of the list, and behind them for `metrics` (NULL:
 * none). RC_MALFORMED, or RC_IO: `err` names the address and what to do. Close with
 * listeners_close, also after a failure. */
MUST_USE enum rc listeners_open(const char *const *list, size_t count, const char *metrics,
				unsigned slots, struct listeners *out, struct error *err);
/* Are the first `count` addresses all loopback? */
bool listeners_are_loopback(const struct listeners *listeners, size_t count);
/* Closes all, except those of slot `kept`; -1: all. */
void listeners_close_others(struct listeners *listeners, int kept);
/* Closes all and frees. A zeroed struct is fine. */
void listeners_close(struct listeners *listeners);

#endif
