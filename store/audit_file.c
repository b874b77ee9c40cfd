/* The file of audit.c. The writer opens it before it enters its sandbox, in which it
 * may open files beside the database only. */
#include "store/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum rc fail(const struct audit_file *file, struct error *err)
{
	return error_set(err, errno == ENOSPC || errno == EDQUOT ? RC_FULL : RC_IO, "%.200s: %s",
			 file->name, strerror(errno));
}

/* Is the open file still the one of that name? */
static bool is_named(const struct audit_file *file)
{
	struct stat open, named;

	return file->fd >= 0 && fstat(file->fd, &open) == 0 &&
	       fstatat(file->dir, file->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

static enum rc make_named(struct audit_file *file, struct error *err)
{
	if (is_named(file))
		return RC_OK;
	if (file->fd >= 0)
		(void)close(file->fd);
	file->torn = false;
	file->fd =
		openat(file->dir, file->name,
		       O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	return file->fd >= 0 ? RC_OK : fail(file, err);
}

enum rc audit_file_open(const struct db_place *place, struct audit_file *out, struct error *err)
{
	struct ipc_file beside;
	enum rc rc;

	*out = AUDIT_FILE_NONE;
	if (place == NULL || place->path == NULL)
		return RC_OK;
	rc = ipc_file_beside(place, ".audit", &beside, err);
	if (rc != RC_OK)
		return rc;
	out->dir = beside.dir;
	memcpy(out->name, beside.name, sizeof(out->name));
	return make_named(out, err);
}

enum rc audit_file_append(struct audit_file *file, struct slice lines, struct error *err)
{
	enum rc rc = file->dir >= 0 && lines.len ? make_named(file, err) : RC_OK;
	ssize_t put;

	if (rc != RC_OK || file->dir < 0 || lines.len == 0)
		return rc;
	if (file->torn && write(file->fd, "\n", 1) != 1)
		return fail(file, err);
	file->torn = false;
	put = write(file->fd, lines.data, lines.len);
	if (put == (ssize_t)lines.len)
		return RC_OK;
	file->torn = put > 0;
	if (put >= 0)
		errno = ENOSPC;
	return fail(file, err);
}

void audit_file_close(struct audit_file *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	if (file->dir >= 0)
		(void)close(file->dir);
	*file = AUDIT_FILE_NONE;
}
