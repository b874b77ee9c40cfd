/* The service worker of a folder (--www): /pocketbook-sw.js, by which its pages open
 * without a server. */
#ifndef WORKER_OFFLINE_H
#define WORKER_OFFLINE_H

#include "base/buf.h"
#include "worker/folder_list.h"

#define OFFLINE_PATH "/pocketbook-sw.js"
#define OFFLINE_ETAG_MAX 48

/* Makes the script for the files that are in the folder now; `list` is kept between
 * calls. The tag contains the version that the script compares. Returns false if the
 * folder has too many files. */
bool offline_script(struct folder_list *list, const char *folder, struct buf *out,
		    char etag[OFFLINE_ETAG_MAX]);

#endif
