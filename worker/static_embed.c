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
	return bsearch(path, static_embedded, static_embedded_count, sizeof(*static_embedded),
		       compare_path);
}
