/* Gives files created by root to the user of the database. store/ calls it for the
 * database, the master for its lock. */
#include "os/chown.h"

#include "base/mem.h"

#include <assert.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void chown_like_directory(int fd, const char *path)
{
	struct stat file, directory;
	char *copy;

	assert(fd >= 0 && path != NULL);
	if (geteuid() != 0)
		return;
	copy = mem_copy(path, strlen(path));
	if (stat(dirname(copy), &directory) == 0 && fstat(fd, &file) == 0 && file.st_uid == 0 &&
	    file.st_nlink == 1 && directory.st_uid != 0)
		(void)!fchown(fd, directory.st_uid, directory.st_gid);
	free(copy);
}
