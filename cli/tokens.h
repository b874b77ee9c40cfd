/* Tokens as text on the standard output. */
#ifndef CLI_TOKENS_H
#define CLI_TOKENS_H

#include "store/store.h"

/* Aligned columns for a person; `now` (clock_wall) tells which have expired. Uses the
 * locale's LC_CTYPE for the width of names. */
void tokens_print_table(const struct store_token *tokens, size_t count, int64_t now);
/* [{"id":"…","user":"…","groups":[{"group":"…","write":true}],"created":"2030-01-31T12:00:00Z","expires":null}],
 * times of RFC 3339. */
void tokens_print_json(const struct store_token *tokens, size_t count);
/* A new token whose text is shown, this once, and the id of the one it replaces: a JSON
 * object. */
void tokens_print_rotated(const struct store_token *token, const char *text, const char *old);

#endif
