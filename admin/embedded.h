/* The files of the admin page, bundled from www/admin and compiled into the program. */
#ifndef ADMIN_EMBEDDED_H
#define ADMIN_EMBEDDED_H

#include "worker/static_embed.h"

/* Sorted by path. */
extern const struct static_file admin_embedded[];
extern const size_t admin_embedded_count;

#endif
