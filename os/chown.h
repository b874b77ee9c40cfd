/* Whose a file is that root makes for others. */
#ifndef OS_CHOWN_H
#define OS_CHOWN_H

/* Run by root, gives a file of root's to the owner of the directory that `path` lies
 * in, so that a server which runs as that user can open what a command has made. Leaves
 * files with other names (hard links) alone: the directory's owner may have put them
 * there. Best effort. */
void chown_like_directory(int fd, const char *path);

#endif
