/* The user of a command, for the audit file. The kernel tells the writer which process
 * connects to its control socket, and as which user; after a change of user (see
 * cli/database.h) that is the user of the database. So a command also states who
 * started it, as which user he logged in, and its own name, by the address that its
 * socket is bound to, as D-Bus clients of systemd do. A server that does not ask for it
 * never sees it. Only processes with all rights to the database can connect, and they
 * could state anything. */
#ifndef IPC_CALLER_H
#define IPC_CALLER_H

#include "ipc/actor.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

struct caller {
	pid_t pid; /* 0: the server itself */
	uid_t uid;
	uid_t login; /* (uid_t)-1: unknown, or none, as for a service */
	char command[32];
	const struct actor *actor; /* who signed in to the admin page; NULL: not from there */
};

/* Remembers who this process is, before it changes its user. */
void caller_begin(const char *command);
/* This process. */
const struct caller *caller_self(void);

/* Binds a socket that will connect to an address that states the caller. Best
 * effort. */
void caller_bind(int fd);
/* The peer of an accepted connection with this address. false: the kernel does not
 * know. */
bool caller_of(int fd, const struct sockaddr_un *address, socklen_t len, struct caller *out);

#endif
