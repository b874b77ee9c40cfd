/* In place of auth/jwt.c, in builds without --with-jwt. */
#include "auth/jwt.h"

#include <stddef.h>

enum rc jwt_new(struct slice keys, const struct jwt_policy *policy, struct auth_verifier **out,
		struct error *err)
{
	(void)keys;
	(void)policy;
	*out = NULL;
	return error_set(err, RC_MALFORMED, "this program was built without --with-jwt");
}

void jwt_free(struct auth_verifier *verifier)
{
	(void)verifier;
}
