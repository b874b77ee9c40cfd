/* Opens files of the folder of --www. Called by worker/static and worker/offline. */
#include "worker/folder.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
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

/* The sandbox forbids openat2 if the kernel has no Landlock, and old kernels do not
 * have it. */
int folder_open(const char *folder, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	long fd;

	if (dir < 0)
		return -1;
	fd = syscall(SYS_openat2, dir, path + 1, &how, sizeof(how));
	if (fd < 0 && errno == ENOSYS)
		return open_without_links(dir, path + 1);
	close(dir);
	return (int)fd;
}
