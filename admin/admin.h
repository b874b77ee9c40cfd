/* The process of the admin page: serves the page and the API below /api/ on a socket of
 * its own (serve --admin), to administrators. It has their rights towards the writer,
 * so that workers need none of them, and reads the database itself.
 *
 * Access: a token of `token add --admin`, as Authorization: Bearer; on a loopback
 * address too, because other users of the machine and pages of other sites reach that
 * (DNS rebinding). On a Unix socket the rights to the file take its place. Every
 * request must come from the page's own origin, under a name of this server, and
 * requests of the API have a field that no page of another site can send without being
 * refused first (admin/dispatch.h). There are no cookies. */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include <stdbool.h>

struct db_place;
struct shm;
struct worker_settings;

/* Everything that it gets from the master. */
struct admin_inheritance {
	struct shm *shm;  /* of the server, to read; it writes only that it looks (shm/live.h) */
	int listener;     /* the master keeps it open too */
	bool is_unix;     /* a Unix socket: who may connect needs no token */
	bool is_loopback; /* else only proxies of --trusted-proxy may connect */
	bool sandbox;
	int channel; /* to the master: brings the link to the writer; it drains at its end of
			file */
	const struct db_place *place;
	const struct worker_settings *settings;
};

/* Runs until SIGTERM or the end of the master; returns the exit status. */
int admin_run(const struct admin_inheritance *inheritance);

#endif
