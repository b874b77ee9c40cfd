/* Called by commit.c between a commit and its replies, and by loop.c. */
#include "writer/audit.h"

#include "base/log.h"

static const struct caller page = { .uid = (uid_t)-1, .login = (uid_t)-1, .command = "admin page" };
static const struct caller server = { .uid = (uid_t)-1, .login = (uid_t)-1, .command = "serve" };

/* The act stays: it was committed, and others may have seen it. */
static void append(struct audit_file *file, struct buf *lines)
{
	struct error err;

	/* A database of a server has no file: its acts are in the log, at any level. */
	if (file->dir < 0 && lines->len) {
		buf_put_byte(lines, 0);
		log_put(LOG_INFO, "audit", &LOG_TEXT("lines", lines->data), 1);
	} else if (audit_file_append(file, buf_slice(lines), &err) != RC_OK) {
		buf_put_byte(lines, 0);
		log_error("audit_failed", LOG_TEXT("reason", err.text),
			  LOG_TEXT("lines", lines->data));
	}
	buf_free(lines);
}

/* The writer itself, an administrator's command, or the admin page. */
static struct caller caller_of_origin(const struct batch_origin *origin)
{
	struct caller caller = server;

	if (origin->peer && origin->peer->kind == PEER_ADMIN) {
		caller = page;
		caller.actor = &origin->actor;
	} else if (origin->peer && origin->peer->kind == PEER_CONTROL) {
		caller = origin->peer->caller;
	}
	return caller;
}

/* Requests of clients that make a token. */
static bool is_access(enum store_kind kind)
{
	return kind == STORE_JOIN || kind == STORE_INVITE_DEVICE;
}

void writer_audit(struct audit_file *file, const struct batch *batch,
		  const struct store_reply *replies)
{
	struct buf lines = BUF_EMPTY;

	for (size_t i = 0; i < batch->count; i++) {
		const struct batch_origin *origin = &batch->origins[i];
		struct caller caller;

		if (origin->peer && origin->peer->kind == PEER_WORKER &&
		    !is_access(batch->requests[i].kind))
			continue;
		caller = caller_of_origin(origin);
		audit_put(&lines, &caller, &batch->requests[i], &replies[i]);
	}
	append(file, &lines);
}

void writer_audit_reload(struct audit_file *file, const struct channel_sender *sender,
			 const char *changed)
{
	struct caller caller = server;
	struct buf lines = BUF_EMPTY;

	caller.pid = sender->pid;
	caller.uid = sender->uid;
	audit_begin(&lines, &caller, "reload");
	if (*changed)
		audit_put_text(&lines, "changed", slice_of(changed));
	audit_end(&lines);
	append(file, &lines);
}

void writer_audit_stream_end(struct audit_file *file, const struct stream_end *order)
{
	struct caller caller = page;
	struct buf lines = BUF_EMPTY;

	caller.actor = &order->actor;
	audit_begin(&lines, &caller, "stream_end");
	audit_put_text(&lines, "token", order->token);
	audit_put_text(&lines, "user", order->user);
	audit_end(&lines);
	append(file, &lines);
}
