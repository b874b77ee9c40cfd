/* `pocketbook stats --by user`. */
#ifndef CLI_STATS_USERS_H
#define CLI_STATS_USERS_H

#include "ipc/place.h"

#include <stdbool.h>

/* Prints what each user with a token has stored, and the limits that apply; returns an
 * exit status. */
int stats_users_print(const struct db_place *place, bool json);

#endif
