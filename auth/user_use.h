/* What each user has stored, and the limits that apply, from a list of tokens. For
 * `stats --by user` and the admin page. */
#ifndef AUTH_USER_USE_H
#define AUTH_USER_USE_H

#include "store/token.h"

struct user_use {
	struct slice user;
	size_t tokens;
	bool is_counted; /* else `used` says nothing (auth/quota.h) */
	uint64_t used[STORE_QUOTA_STORED];
	int64_t limits[STORE_QUOTA_STORED]; /* 0: none */
};

/* Sorts the tokens by user. */
void user_use_sort(struct store_token *tokens, size_t count);
/* The next user of sorted tokens. *at: 0 at first. The limit of a user with several
 * tokens is the highest of theirs. False: there are no more. */
bool user_use_next(const struct store_token *tokens, size_t count, const struct store_quota *server,
		   size_t *at, struct user_use *out);

#endif
