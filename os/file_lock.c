/* The lock of a file's writer. store/sqlite takes it with each handle that writes;
 * ipc/lock asks for it. */
#include "os/file_lock.h"

#include <errno.h>
#include <fcntl.h>

#define LOCK_AT ((off_t)1 << 62)

static struct flock lock_of(short type)
{
	return (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = LOCK_AT, .l_len = 1
	};
}

enum rc file_lock_take(int fd)
{
	struct flock lock = lock_of(F_WRLCK);

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return RC_OK;
	return errno == EAGAIN || errno == EACCES ? RC_BUSY : RC_IO;
}

void file_lock_release(int fd)
{
	struct flock lock = lock_of(F_UNLCK);

	(void)fcntl(fd, F_OFD_SETLK, &lock);
}

bool file_lock_is_taken(int fd)
{
	struct flock lock = lock_of(F_WRLCK);

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
