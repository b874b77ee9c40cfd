/* The page and the client library, bundled from www/ and compiled into the program. */
#ifndef WORKER_STATIC_EMBED_H
#define WORKER_STATIC_EMBED_H

#include <stddef.h>

struct static_file {
	const char *path; /* such as "/index.html" */
	const char *type; /* media type */
	const char *etag; /* quoted, of the plain content */
	const char *hash; /* its SHA-256 in base64 */
	const unsigned char *data;
	size_t len;
	const unsigned char *gzip; /* the same compressed; NULL if that is no gain */
	size_t gzip_len;
};

/* Sorted by path. */
extern const struct static_file static_embedded[];
extern const size_t static_embedded_count;
#ifdef HAVE_SITE
/* The documentation, below /docs/: made by site/, and built in if it is there. */
extern const struct static_file static_site[];
extern const size_t static_site_count;
#endif

/* NULL: there is none at this path. */
const struct static_file *static_embedded_find(const char *path);

#endif
