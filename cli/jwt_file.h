/* The options --jwt-keys, --jwt-groups, --jwt-issuer and --jwt-audience. */
#ifndef CLI_JWT_FILE_H
#define CLI_JWT_FILE_H

#include "auth/jwt.h"
#include "base/options.h"

/* Reads the file with the keys that may sign tokens; NULL if there are none.
 * `has_auth`: clients are asked for tokens. RC_MALFORMED: `err` has the place and the
 * reason. Free the result with jwt_free. */
MUST_USE enum rc jwt_options_read(const struct options *options, bool has_auth,
				  struct auth_verifier **out, struct error *err);

#endif
