/* Prints tokens on the standard output. */
#ifndef CLI_TOKENS_H
#define CLI_TOKENS_H

#include "store/store.h"

/* As a table; tokens that expire before `now` (clock_wall) are marked. Uses the
 * locale's LC_CTYPE for the width of names. */
void tokens_print_table(const struct store_token *tokens, size_t count, int64_t now);
/* [{"id":"…","user":"…","groups":[{"group":"…","write":true}],"created":"2030-01-31T12:00:00Z","expires":null}],
 * times of RFC 3339. */
void tokens_print_json(const struct store_token *tokens, size_t count);
/* As a JSON object: a new token with its text, which is printed only this once, and the
 * id of the token that it replaces. */
void tokens_print_rotated(const struct store_token *token, const char *text, const char *old);

#endif
