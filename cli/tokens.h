/* Prints tokens on the standard output. */
#ifndef CLI_TOKENS_H
#define CLI_TOKENS_H

#include "store/store.h"

/* As a table, or one below the other if a table does not fit into `room` columns, with
 * the limits of the server for tokens that have none; tokens that expire before `now`
 * (clock_wall) are marked. Uses the locale's LC_CTYPE for the width of names. */
void tokens_print_table(const struct store_token *tokens, size_t count,
			const struct store_quota *server, int64_t now, size_t room);
/* [{"id":"…","user":"…","groups":[{"group":"…","write":true}],"created":"2030-01-31T12:00:00Z","expires":null,
 * "usage":{"bytes":0,"documents":0,"groups":0},"quota":{"bytes":1000,"documents":null,…}}],
 * times of RFC 3339; a limit that does not exist is null. */
void tokens_print_json(const struct store_token *tokens, size_t count,
		       const struct store_quota *server);
/* As a JSON object: a new token with its text, which is printed only this once, and the
 * id of the token that it replaces. */
void tokens_print_rotated(const struct store_token *token, const char *text, const char *old);

#endif
