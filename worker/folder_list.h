/* The files of the folder of --www that a browser is to keep, with hashes of their
 * content. */
#ifndef WORKER_FOLDER_LIST_H
#define WORKER_FOLDER_LIST_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* What one device is to keep at most. A larger file is left out. */
#define FOLDER_LIST_FILES 1000
#define FOLDER_LIST_BYTES (32u << 20)
#define FOLDER_LIST_FILE_BYTES (8u << 20)

struct folder_file {
	char *path; /* below the folder, such as "/index.html" */
	uint64_t inode, size;
	struct timespec changed;
	bool settled; /* not so new that it could change again without another time */
	bool hashed;
	unsigned char hash[crypto_hash_sha256_BYTES];
};

struct folder_list {
	struct folder_file *files; /* sorted by path */
	size_t count;
	bool too_large; /* the folder, which was logged */
};

/* Reads the list anew. A file whose inode, size and time are those of the last call is
 * not read again, so that a call costs one stat for each file, and the hashes of what
 * has changed since. Hidden files, source maps, links out of the folder and folders
 * behind links are left out. Returns false, and leaves the list as it was, if there are
 * too many files or bytes, which is logged once. */
bool folder_list_read(struct folder_list *list, const char *folder);
/* Frees the content. */
void folder_list_free(struct folder_list *list);

#endif
