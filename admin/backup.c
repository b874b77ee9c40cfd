/* POST /api/backup and GET /api/backup/file: a verified copy of the database, as a
 * download. See route.c.
 *
 * A job copies the database into a file without a name in its folder, as `backup` does:
 * the read transaction is over when that is whole. Then the kernel sends the file, as
 * fast as the client reads it, and it goes with its descriptor. */
#include "admin/api.h"

#include "auth/identity.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/store_admin.h"
#include "transit/envelope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A copy is no change, so that the audit file has no act of it. */
static void log_backup(const struct exchange *exchange)
{
	const struct identity *identity = exchange->identity;
	char user[STORE_USER_MAX + 1] = "";

	if (identity)
		(void)snprintf(user, sizeof(user), "%.*s", (int)identity->user.len,
			       identity->user.data);
	log_info("admin_backup", LOG_TEXT("token", identity ? identity->id : ""),
		 LOG_TEXT("user", user));
}

void api_backup_ticket(struct exchange *exchange)
{
	struct buf out = BUF_EMPTY;
	char ticket[TICKET_LEN + 1];

	if (exchange->admin->folder < 0) {
		request_refuse(&exchange->request, PROBLEM_NOT_FOUND,
			       "a PostgreSQL database is backed up by its own tools: pg_dump, or "
			       "pgBackRest");
	} else if (ticket_make(&exchange->admin->tickets, ticket) != RC_OK) {
		answer_failed(exchange, RC_IO);
	} else {
		log_backup(exchange);
		envelope_open(&out);
		json_text(&out, "ticket", slice_of(ticket));
		envelope_close(&out);
		answer_json(exchange, 201, &out);
	}
}

/* ---- The copy ---- */

static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)what;
	(void)done;
	(void)total;
	/* A copy cannot be stopped, and leaves nothing behind. */
	if (job_breathe(arg) != RC_OK)
		_exit(0);
}

static void set_name(struct request *request)
{
	const time_t now = (time_t)clock_wall();
	char text[80] = "";
	struct tm parts;

	if (gmtime_r(&now, &parts))
		(void)strftime(text, sizeof(text),
			       "attachment; filename=\"pocketbook-%Y-%m-%d-%H%M%S.db\"", &parts);
	request_set_header(request, "Content-Disposition", text);
	request_set_header(request, "Content-Type", "application/vnd.sqlite3");
	request_set_header(request, "Cache-Control", "no-store");
}

static void send_copy(struct exchange *exchange, int fd)
{
	struct stat about;

	if (fstat(fd, &about) < 0) {
		(void)close(fd);
		answer_failed(exchange, RC_IO);
		return;
	}
	set_name(&exchange->request);
	request_answer_file(&exchange->request, 200, fd, 0, (uint64_t)about.st_size);
}

static void copy(struct admin *admin, void *arg)
{
	struct exchange *exchange = arg;
	struct store_stats_full stats;
	struct error err;
	enum rc rc = RC_UNAVAILABLE;
	int fd = -1;

	if (admin->state == ADMIN_SERVING && exchange->request.conn) {
		fd = openat(admin->folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
		rc = fd < 0 ? rc_of_errno(errno)
			    : store_copy(admin->settings->db, fd, on_progress, admin, &stats, &err);
	}
	if (rc == RC_OK) {
		send_copy(exchange, fd);
		return;
	}
	if (fd >= 0)
		(void)close(fd);
	answer_failed(exchange, rc);
}

void api_backup_file(struct exchange *exchange)
{
	struct slice ticket;
	struct error err;
	enum rc rc = query_one(&exchange->request.query, "ticket", &ticket, &err);

	if (rc == RC_MALFORMED)
		answer_bad(exchange, err.text);
	else if (rc != RC_OK || !ticket_use(&exchange->admin->tickets, ticket))
		request_refuse(
			&exchange->request, PROBLEM_UNAUTHORIZED,
			"the ticket is not valid: it is good for one download, for a minute");
	else
		job_add(exchange->admin, copy, exchange);
}
