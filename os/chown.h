/* Ownership of files that root creates on behalf of another user. */
#ifndef OS_CHOWN_H
#define OS_CHOWN_H

/* If the process runs as root, changes the owner of a file of root to the owner of the
 * directory that contains `path`, so that a server running as that user can open a file
 * that a command has created. Files with several hard links are left alone: the owner
 * of the directory may have planted them. Best effort. */
void chown_like_directory(int fd, const char *path);

#endif
