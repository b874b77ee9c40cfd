/* Opens files of the folder of --www. Called by worker/static and worker/offline. */
#include "worker/folder.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool folder_is_hidden(const char *path)
{
	static const char known[] = "/.well-known/";

	if (strncmp(path, known, sizeof(known) - 1) == 0)
		path += sizeof(known) - 2;
	return strstr(path, "/.") != NULL;
}

/* One component of a path at a time, none of them a link: `dir` is closed. */
static int open_without_links(int dir, const char *path)
{
	while (dir >= 0 && *path) {
		size_t len = strcspn(path, "/");
		char *name = mem_copy(path, len);
		bool is_last = path[len] == '\0';
		int next = openat(dir, name,
				  O_NOFOLLOW | O_CLOEXEC |
					  (is_last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY));

		close(dir);
		free(name);
		dir = next;
		path += len + !is_last;
	}
	return dir;
}

/* The name of an open file, as the kernel knows it: without links. */
static bool real_name(int fd, char out[PATH_MAX])
{
	char link[32];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, out, PATH_MAX - 1);
	if (len <= 0)
		return false;
	out[len] = '\0';
	return true;
}

/* A link may lead to a file that is hidden where it lies. Without /proc that cannot be
 * known. */
static bool leads_to_hidden(int dir, int fd)
{
	char folder[PATH_MAX], file[PATH_MAX];
	size_t len;

	if (!real_name(dir, folder) || !real_name(fd, file))
		return true;
	len = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
	return strncmp(file, folder, len) != 0 || folder_is_hidden(file + len);
}

static int open_beneath(int dir, const char *path, uint64_t resolve)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

static int open_by_links(int dir, const char *path)
{
	int fd = open_beneath(dir, path, 0);

	if (fd < 0 || !leads_to_hidden(dir, fd))
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

/* The sandbox forbids openat2 if the kernel has no Landlock, and old kernels do not
 * have it. */
int folder_open(const char *folder, const char *path)
{
	int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd, error;

	if (dir < 0)
		return -1;
	fd = open_beneath(dir, path + 1, RESOLVE_NO_SYMLINKS);
	if (fd < 0 && errno == ENOSYS)
		return open_without_links(dir, path + 1);
	if (fd < 0 && errno == ELOOP)
		fd = open_by_links(dir, path + 1);
	error = errno;
	close(dir);
	errno = error;
	return fd;
}
