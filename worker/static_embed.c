/* Finds built-in files. Called by worker/static and worker/offline. */
#include "worker/static_embed.h"

#include <stdlib.h>
#include <string.h>

static int compare_path(const void *path, const void *file)
{
	return strcmp(path, ((const struct static_file *)file)->path);
}

const struct static_file *static_embedded_find(const char *path)
{
#ifdef HAVE_SITE
	if (strncmp(path, "/docs/", strlen("/docs/")) == 0)
		return bsearch(path, static_site, static_site_count, sizeof(*static_site),
			       compare_path);
#endif
	return bsearch(path, static_embedded, static_embedded_count, sizeof(*static_embedded),
		       compare_path);
}
