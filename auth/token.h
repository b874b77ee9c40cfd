/* The text form of tokens and of invitations, and the hash that the database stores.
 *
 *   pbk_ ID _ base64url(SECRET CHECKSUM)      a token
 *   pbi_ ID _ base64url(SECRET CHECKSUM)      an invitation
 *
 * ID is 16 lower-case hex digits that identify the token; it is not secret. SECRET is
 * 32 random bytes. CHECKSUM is the first 4 bytes of BLAKE2b(ID SECRET): a mistyped
 * token is rejected without a query of the database. The hash is BLAKE2b-256 of the
 * secret, keyed with the id, so that a hash is valid for its own id only. */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "base/rc.h"
#include "base/slice.h"
#include "store/store.h"

#define TOKEN_PREFIX "pbk_"
#define INVITE_PREFIX "pbi_"
#define TOKEN_TEXT_LEN (4 + STORE_TOKEN_ID_LEN + 1 + 48)

struct token_minted {
	char text[TOKEN_TEXT_LEN + 1]; /* secret: show it once, then token_wipe */
	char id[STORE_TOKEN_ID_LEN + 1];
	unsigned char hash[STORE_TOKEN_HASH_LEN];
};

struct token_parts {
	char id[STORE_TOKEN_ID_LEN + 1];
	unsigned char hash[STORE_TOKEN_HASH_LEN]; /* of the presented secret */
};

/* Creates a random token or invitation. RC_IO: the system provides no random
 * numbers. */
MUST_USE enum rc token_mint(struct token_minted *out);
MUST_USE enum rc invite_mint(struct token_minted *out);
void token_wipe(struct token_minted *minted);

/* Checks format and checksum, not whether it exists. RC_MALFORMED. Keeps no copy of the
 * secret. */
MUST_USE enum rc token_parse(struct slice text, struct token_parts *out);
MUST_USE enum rc invite_parse(struct slice text, struct token_parts *out);

/* ---- Tokens of joins ---- */

/* Random bytes, of the client if it wants to be able to repeat its join: the secret of
 * the token follows from them, and so does the hash by which the database recognizes
 * the repetition. The id does not, so that a token that was revoked stays so. */
struct token_seed {
	unsigned char bytes[32];
};
#define TOKEN_SEED_TEXT_LEN 43 /* base64url without padding */

/* RC_MALFORMED. */
MUST_USE enum rc token_seed_parse(struct slice text, struct token_seed *out);
/* RC_IO: the system provides no random numbers. */
MUST_USE enum rc token_seed_random(struct token_seed *out);
/* A token with a random id. RC_IO as above. */
MUST_USE enum rc token_mint_from(const struct token_seed *seed, struct token_minted *out);
void token_retry_hash(const struct token_seed *seed, unsigned char out[STORE_TOKEN_HASH_LEN]);
/* The token with this id that was made from the seed. */
void token_of_seed(const struct token_seed *seed, struct slice id, struct token_minted *out);
void token_seed_wipe(struct token_seed *seed);

/* Compares two hashes in constant time. */
bool token_hash_equal(const unsigned char a[STORE_TOKEN_HASH_LEN],
		      const unsigned char b[STORE_TOKEN_HASH_LEN]);

/* Is the id 16 lower-case hex digits? */
bool token_id_is_valid(struct slice id);

#endif
