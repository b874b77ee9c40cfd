/* Prints invitations on the standard output. */
#ifndef CLI_INVITES_H
#define CLI_INVITES_H

#include "store/store.h"

/* As blocks of lines, for terminals of `room` columns; those that are over at `now`
 * (clock_wall) are marked. */
void invites_print(const struct store_invite *invites, size_t count, int64_t now, size_t room);
/* [{"id":"…","source":null,"user":null,"note":"…","created":"2030-01-31T12:00:00Z",
 * "expires":"…","uses":30,"used":4,"groups":[{"group":"…","write":true}]}], times of
 * RFC 3339; `source` and `user` are the token and the user of one for another
 * device. */
void invites_print_json(const struct store_invite *invites, size_t count);

#endif
