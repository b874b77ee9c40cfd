/* Creates, parses and hashes tokens and invitations. Commands create them (cli/token.c,
 * cli/invite.c), and so does a join (worker/join.c); workers parse tokens
 * (auth/auth.c), the writer what it is to check itself (writer/proof.c). Secrets are
 * wiped after use. */
#include "auth/token.h"

#include <assert.h>
#include <sodium.h>

#define SECRET_LEN 32
#define CHECKSUM_LEN 4
#define SEALED_LEN (SECRET_LEN + CHECKSUM_LEN)
#define PREFIX_LEN (sizeof(TOKEN_PREFIX) - 1)
#define SEALED_AT (PREFIX_LEN + STORE_TOKEN_ID_LEN + 1)
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

_Static_assert(sizeof(INVITE_PREFIX) == sizeof(TOKEN_PREFIX), "both texts have the same length");
_Static_assert(SEALED_AT + sodium_base64_ENCODED_LEN(SEALED_LEN, BASE64) == TOKEN_TEXT_LEN + 1,
	       "the token's parts fill its text");
_Static_assert(STORE_TOKEN_ID_LEN >= crypto_generichash_KEYBYTES_MIN, "an id can be a key");
_Static_assert(STORE_TOKEN_ID_LEN <= crypto_generichash_KEYBYTES_MAX, "an id can be a key");

static void secret_hash(const char *id, const unsigned char *secret,
			unsigned char hash[STORE_TOKEN_HASH_LEN])
{
	(void)crypto_generichash(hash, STORE_TOKEN_HASH_LEN, secret, SECRET_LEN,
				 (const unsigned char *)id, STORE_TOKEN_ID_LEN);
}

static void secret_checksum(const char *id, const unsigned char *secret,
			    unsigned char checksum[CHECKSUM_LEN])
{
	unsigned char whole[crypto_generichash_BYTES];
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, sizeof(whole));
	(void)crypto_generichash_update(&state, (const unsigned char *)id, STORE_TOKEN_ID_LEN);
	(void)crypto_generichash_update(&state, secret, SECRET_LEN);
	(void)crypto_generichash_final(&state, whole, sizeof(whole));
	memcpy(checksum, whole, CHECKSUM_LEN);
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(whole, sizeof(whole));
}

/* ---- Making ---- */

/* Fills the text and the hash of the id that is there. */
static void seal(struct token_minted *out, const char *prefix, const unsigned char *secret)
{
	unsigned char sealed[SEALED_LEN];

	memcpy(sealed, secret, SECRET_LEN);
	secret_checksum(out->id, secret, sealed + SECRET_LEN);
	secret_hash(out->id, secret, out->hash);
	memcpy(out->text, prefix, PREFIX_LEN);
	memcpy(out->text + PREFIX_LEN, out->id, STORE_TOKEN_ID_LEN);
	out->text[SEALED_AT - 1] = '_';
	(void)sodium_bin2base64(out->text + SEALED_AT, sizeof(out->text) - SEALED_AT, sealed,
				sizeof(sealed), BASE64);
	sodium_memzero(sealed, sizeof(sealed));
}

static void random_id(struct token_minted *out)
{
	unsigned char id[STORE_TOKEN_ID_LEN / 2];

	randombytes_buf(id, sizeof(id));
	(void)sodium_bin2hex(out->id, sizeof(out->id), id, sizeof(id));
}

static enum rc mint(struct token_minted *out, const char *prefix)
{
	unsigned char secret[SECRET_LEN];

	if (sodium_init() < 0)
		return RC_IO;
	random_id(out);
	randombytes_buf(secret, sizeof(secret));
	seal(out, prefix, secret);
	sodium_memzero(secret, sizeof(secret));
	return RC_OK;
}

enum rc token_mint(struct token_minted *out)
{
	return mint(out, TOKEN_PREFIX);
}

enum rc invite_mint(struct token_minted *out)
{
	return mint(out, INVITE_PREFIX);
}

void token_wipe(struct token_minted *minted)
{
	sodium_memzero(minted, sizeof(*minted));
}

bool token_id_is_valid(struct slice id)
{
	if (id.len != STORE_TOKEN_ID_LEN)
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!((id.data[i] >= '0' && id.data[i] <= '9') ||
		      (id.data[i] >= 'a' && id.data[i] <= 'f')))
			return false;
	return true;
}

/* libsodium 1.0.18 decodes bytes of 128 and above as `_`. */
static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] >= 0x80)
			return false;
	return true;
}

/* ---- Reading ---- */

static enum rc parse(struct slice text, const char *prefix, struct token_parts *out)
{
	unsigned char sealed[SEALED_LEN];
	unsigned char checksum[CHECKSUM_LEN];
	size_t sealed_len = 0;
	enum rc rc = RC_MALFORMED;

	if (text.len != TOKEN_TEXT_LEN || !slice_starts(text, slice_of(prefix)) ||
	    text.data[SEALED_AT - 1] != '_' || !is_ascii(text) ||
	    !token_id_is_valid(slice_make(text.data + PREFIX_LEN, STORE_TOKEN_ID_LEN)))
		return RC_MALFORMED;
	memcpy(out->id, text.data + PREFIX_LEN, STORE_TOKEN_ID_LEN);
	out->id[STORE_TOKEN_ID_LEN] = '\0';
	if (sodium_base642bin(sealed, sizeof(sealed), text.data + SEALED_AT, text.len - SEALED_AT,
			      NULL, &sealed_len, NULL, BASE64) == 0 &&
	    sealed_len == sizeof(sealed)) {
		secret_checksum(out->id, sealed, checksum);
		if (sodium_memcmp(checksum, sealed + SECRET_LEN, CHECKSUM_LEN) == 0) {
			secret_hash(out->id, sealed, out->hash);
			rc = RC_OK;
		}
	}
	sodium_memzero(sealed, sizeof(sealed));
	return rc;
}

enum rc token_parse(struct slice text, struct token_parts *out)
{
	return parse(text, TOKEN_PREFIX, out);
}

enum rc invite_parse(struct slice text, struct token_parts *out)
{
	return parse(text, INVITE_PREFIX, out);
}

bool token_hash_equal(const unsigned char a[STORE_TOKEN_HASH_LEN],
		      const unsigned char b[STORE_TOKEN_HASH_LEN])
{
	return sodium_memcmp(a, b, STORE_TOKEN_HASH_LEN) == 0;
}

/* ---- Seeds ---- */

_Static_assert(sizeof((struct token_seed){ { 0 } }.bytes) == crypto_kdf_KEYBYTES,
	       "a seed is a key that others are derived from");
_Static_assert(sodium_base64_ENCODED_LEN(crypto_kdf_KEYBYTES, BASE64) == TOKEN_SEED_TEXT_LEN + 1,
	       "the length of its text");

enum { SEED_SECRET = 1, SEED_RETRY };

static void derive(const struct token_seed *seed, uint64_t number, unsigned char *out)
{
	(void)crypto_kdf_derive_from_key(out, SECRET_LEN, number, "pb-join", seed->bytes);
}

enum rc token_seed_parse(struct slice text, struct token_seed *out)
{
	size_t len = 0;

	if (text.len != TOKEN_SEED_TEXT_LEN || !is_ascii(text) ||
	    sodium_base642bin(out->bytes, sizeof(out->bytes), text.data, text.len, NULL, &len, NULL,
			      BASE64) != 0 ||
	    len != sizeof(out->bytes))
		return RC_MALFORMED;
	return RC_OK;
}

enum rc token_seed_random(struct token_seed *out)
{
	if (sodium_init() < 0)
		return RC_IO;
	randombytes_buf(out->bytes, sizeof(out->bytes));
	return RC_OK;
}

enum rc token_mint_from(const struct token_seed *seed, struct token_minted *out)
{
	unsigned char secret[SECRET_LEN];

	if (sodium_init() < 0)
		return RC_IO;
	random_id(out);
	derive(seed, SEED_SECRET, secret);
	seal(out, TOKEN_PREFIX, secret);
	sodium_memzero(secret, sizeof(secret));
	return RC_OK;
}

void token_of_seed(const struct token_seed *seed, struct slice id, struct token_minted *out)
{
	unsigned char secret[SECRET_LEN];

	assert(token_id_is_valid(id));
	memcpy(out->id, id.data, id.len);
	out->id[id.len] = '\0';
	derive(seed, SEED_SECRET, secret);
	seal(out, TOKEN_PREFIX, secret);
	sodium_memzero(secret, sizeof(secret));
}

void token_retry_hash(const struct token_seed *seed, unsigned char out[STORE_TOKEN_HASH_LEN])
{
	_Static_assert(STORE_TOKEN_HASH_LEN == SECRET_LEN, "both are derived alike");
	derive(seed, SEED_RETRY, out);
}

void token_seed_wipe(struct token_seed *seed)
{
	sodium_memzero(seed, sizeof(*seed));
}
