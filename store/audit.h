/* The audit file of a database: its changes by commands. A line for each request
 * of an administrator that was carried out, in logfmt, like a line of the log:
 *
 *   time=2030-01-31T12:00:00.000Z act=token_add pid=4711 uid=0 login=1000
 *   command="token add" token=0123456789abcdef user=ann groups=todos:rw
 *
 * (in one line); an act by the admin page has the token and the user that signed in
 * there (admin_token, admin). It lies beside the database, so that it is found with the
 * database, with a server or without one: FILE.audit, mode 0600. It is
 * appended to, and made anew if it was renamed or removed. Lines are written when the
 * act has been committed, before it is answered. They have no secrets. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "ipc/caller.h"
#include "ipc/place.h"
#include "store/store.h"

/* ---- Lines (audit.c) ---- */

/* What a request is called; NULL: it has no line. */
const char *audit_act(enum store_kind kind);
/* Appends the line of a request that was carried out; nothing if it has changed
 * nothing. */
void audit_put(struct buf *out, const struct caller *caller, const struct store_request *request,
	       const struct store_reply *reply);

/* The same piece by piece, for acts that are no requests. */
void audit_begin(struct buf *out, const struct caller *caller, const char *act);
void audit_put_text(struct buf *out, const char *key, struct slice text);
void audit_put_number(struct buf *out, const char *key, uint64_t number);
void audit_end(struct buf *out);

/* ---- The file (audit_file.c) ---- */

struct audit_file {
	int dir; /* -1: there is no such file */
	int fd;
	bool torn; /* the last line is not whole */
	char name[NAME_MAX + 1];
};

#define AUDIT_FILE_NONE ((struct audit_file){ .dir = -1, .fd = -1 })

/* Finds its place beside the database; nothing if the database is no file. RC_IO. */
MUST_USE enum rc audit_file_open(const struct db_place *place, struct audit_file *out,
				 struct error *err);
/* Appends whole lines in one write. RC_IO, RC_FULL: they are not, or not all, there. */
MUST_USE enum rc audit_file_append(struct audit_file *file, struct slice lines, struct error *err);
void audit_file_close(struct audit_file *file);

#endif
