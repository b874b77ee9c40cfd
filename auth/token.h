/* The text of a token: made, taken apart, and turned into the hash that the database
 * keeps.
 *
 *   pbk_ ID _ base64url(SECRET CHECKSUM)
 *
 * ID is 16 lower-case hex digits and says which token it is; it is no secret. SECRET is
 * 32 random bytes. CHECKSUM is the first 4 bytes of BLAKE2b(ID SECRET): a mistyped
 * token, or something else that looks like one, is refused without a look into the
 * database. The hash is BLAKE2b-256 of the secret keyed with the id, so that a hash is
 * good for its own id alone. */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "base/rc.h"
#include "base/slice.h"
#include "store/store.h"

#define TOKEN_PREFIX "pbk_"
#define TOKEN_TEXT_LEN (4 + STORE_TOKEN_ID_LEN + 1 + 48)

struct token_minted {
	char text[TOKEN_TEXT_LEN + 1]; /* a secret: show it once, then token_wipe */
	char id[STORE_TOKEN_ID_LEN + 1];
	unsigned char hash[STORE_TOKEN_HASH_LEN];
};

struct token_parts {
	char id[STORE_TOKEN_ID_LEN + 1];
	unsigned char hash[STORE_TOKEN_HASH_LEN]; /* of the secret that was presented */
};

/* Makes a new token. RC_IO: the system has no random numbers. */
MUST_USE enum rc token_mint(struct token_minted *out);
void token_wipe(struct token_minted *minted);

/* Checks shape and checksum; says nothing of whether there is such a token.
 * RC_MALFORMED. Keeps nothing of the secret. */
MUST_USE enum rc token_parse(struct slice text, struct token_parts *out);

/* Are the two hashes equal? Takes the same time whatever they are. */
bool token_hash_equal(const unsigned char a[STORE_TOKEN_HASH_LEN],
		      const unsigned char b[STORE_TOKEN_HASH_LEN]);

/* 16 lower-case hex digits? */
bool token_id_is_valid(struct slice id);

#endif
