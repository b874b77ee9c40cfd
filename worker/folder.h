/* The folder of --www, as far as it may be served. */
#ifndef WORKER_FOLDER_H
#define WORKER_FOLDER_H

#include <stdbool.h>

/* Names that begin with a dot belong to tools and the system (.git, .env, .htpasswd),
 * not to a site, except /.well-known/ (RFC 8615). */
bool folder_is_hidden(const char *path);
/* Opens a path below the folder, which begins with a slash, for reading; -1 and errno
 * if that fails. It never leaves the folder, also not by links in it, follows no link
 * to a hidden file, and may open what is no file. */
int folder_open(const char *folder, const char *path);

#endif
