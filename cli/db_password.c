/* Reads --db-password-file. Called wherever --db is read: by commands (database.c) and
 * by serve (settings.c). The password is never in an argument, an environment or a
 * message. */
#include "cli/db_password.h"

#include "os/trusted_path.h"
#include "store/store_admin.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD_MAX 1024

/* As PostgreSQL treats its keys: a file of root's may be for a group. */
static enum rc check_rights(int fd, const char *file, struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return error_set(err, RC_MALFORMED,
				 "%.200s is not a file; name a file with the password", file);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return error_set(err, RC_MALFORMED,
				 "%.200s belongs to another user, who can read the password; make "
				 "it this user's or root's",
				 file);
	if (status.st_mode & (status.st_uid == 0 ? S_IWGRP | S_IRWXO : S_IRWXG | S_IRWXO))
		return error_set(err, RC_MALFORMED,
				 "other users may read or write %.200s; use chmod 600", file);
	return RC_OK;
}

/* The first line of what there is. */
static enum rc read_line(int fd, const char *file, char line[PASSWORD_MAX + 1], struct error *err)
{
	ssize_t len = read(fd, line, PASSWORD_MAX);

	if (len < 0)
		return error_set(err, RC_MALFORMED, "%.200s: %s", file, strerror(errno));
	line[len] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	if (line[0] == '\0' || len == PASSWORD_MAX)
		return error_set(err, RC_MALFORMED,
				 "%.200s has no password; write it into its first line", file);
	return RC_OK;
}

enum rc db_password_take(const struct options *options, struct error *err)
{
	const char *file = options_have(options, "db-password-file")
				   ? options_text(options, "db-password-file")
				   : NULL;
	char line[PASSWORD_MAX + 1];
	enum rc rc;
	int fd;

	if (file == NULL)
		return RC_OK;
	fd = trusted_path_open(file);
	if (fd < 0)
		return error_set(err, RC_MALFORMED, "%.200s: %s", file, strerror(errno));
	rc = check_rights(fd, file, err);
	if (rc == RC_OK)
		rc = read_line(fd, file, line, err);
	if (rc == RC_OK)
		store_use_password(line);
	(void)close(fd);
	explicit_bzero(line, sizeof(line));
	return rc;
}
