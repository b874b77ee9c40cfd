/* The control socket of a server. The master creates it and gives it to the writer,
 * which answers (writer/control.c); cli/admin.c and cli/server_stats.c connect. */
#include "ipc/control.h"

#include "ipc/caller.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONTROL_QUEUE 64

static enum rc control_find(const struct db_place *place, struct ipc_file *out, struct error *err)
{
	assert(place->db);
	return place->path && place->runtime_dir == NULL
		       ? ipc_file_beside(place, ".sock", out, err)
		       : ipc_file_in_runtime_dir(place, ".sock", out, err);
}

/* A path that fits where the real one may not: sockets know 107 bytes of it
 * (unix(7)). */
static enum rc control_address(const struct ipc_file *file, struct sockaddr_un *out,
			       struct error *err)
{
	int len =
		snprintf(out->sun_path, sizeof(out->sun_path), "%s/%s", file->dir_name, file->name);

	out->sun_family = AF_UNIX;
	if (len >= (int)sizeof(out->sun_path))
		len = snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d/%s",
			       file->dir, file->name);
	if (len >= (int)sizeof(out->sun_path))
		return error_set(err, RC_IO, "the name of the control socket is too long: %.100s",
				 file->name);
	return RC_OK;
}

static enum rc control_clear(const struct ipc_file *file, struct error *err)
{
	struct stat found;

	if (fstatat(file->dir, file->name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISSOCK(found.st_mode))
		return error_set(err, RC_IO,
				 "%.200s/%.100s is in the way: it is not a socket of ours; move it "
				 "elsewhere",
				 file->dir_name, file->name);
	if (unlinkat(file->dir, file->name, 0) < 0 && errno != ENOENT)
		return error_set(err, RC_IO, "cannot remove %.200s/%.100s: %s", file->dir_name,
				 file->name, strerror(errno));
	return RC_OK;
}

static enum rc control_bind(const struct ipc_file *file, int fd, struct error *err)
{
	struct sockaddr_un address = { 0 };
	enum rc rc = control_address(file, &address, err);
	mode_t mask;
	int bound;

	if (rc == RC_OK)
		rc = control_clear(file, err);
	if (rc != RC_OK)
		return rc;
	mask = umask(0177);
	bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (bound < 0 || listen(fd, CONTROL_QUEUE) < 0)
		return error_set(err, RC_IO, "cannot make the control socket %.200s/%.100s: %s",
				 file->dir_name, file->name, strerror(errno));
	return RC_OK;
}

enum rc control_listen(const struct db_place *place, int *fd, struct error *err)
{
	struct ipc_file file;
	enum rc rc = control_find(place, &file, err);

	if (rc != RC_OK)
		return rc;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		rc = error_set(err, RC_IO, "cannot make a socket: %s", strerror(errno));
	else
		rc = control_bind(&file, *fd, err);
	(void)close(file.dir);
	if (rc != RC_OK && *fd >= 0) {
		(void)close(*fd);
		*fd = -1;
	}
	return rc;
}

void control_remove(const struct db_place *place)
{
	struct ipc_file file;

	assert(place->db);
	if (control_find(place, &file, NULL) != RC_OK)
		return;
	(void)unlinkat(file.dir, file.name, 0);
	(void)close(file.dir);
}

static enum rc connect_to(const struct ipc_file *file, int fd, struct error *err)
{
	struct sockaddr_un address = { 0 };
	enum rc rc = control_address(file, &address, err);

	if (rc != RC_OK)
		return rc;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return RC_OK;
	rc = errno == ENOENT || errno == ECONNREFUSED ? RC_NOT_FOUND : RC_IO;
	return error_set(err, rc, "cannot reach the server by %.200s/%.100s: %s", file->dir_name,
			 file->name, strerror(errno));
}

enum rc control_connect(const struct db_place *place, int *fd, struct error *err)
{
	struct ipc_file file;
	enum rc rc = control_find(place, &file, err);

	if (rc != RC_OK)
		return rc;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		rc = error_set(err, RC_IO, "cannot make a socket: %s", strerror(errno));
	else
		caller_bind(*fd);
	if (rc == RC_OK)
		rc = connect_to(&file, *fd, err);
	(void)close(file.dir);
	if (rc != RC_OK && *fd >= 0)
		(void)close(*fd);
	return rc;
}
