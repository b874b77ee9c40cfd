/* Creates, parses and hashes tokens. Commands create them (cli/token.c), workers parse
 * them (auth/auth.c). Secrets are wiped after use. */
#include "auth/token.h"

#include <sodium.h>

#define SECRET_LEN 32
#define CHECKSUM_LEN 4
#define SEALED_LEN (SECRET_LEN + CHECKSUM_LEN)
#define PREFIX_LEN (sizeof(TOKEN_PREFIX) - 1)
#define SEALED_AT (PREFIX_LEN + STORE_TOKEN_ID_LEN + 1)
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

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

enum rc token_mint(struct token_minted *out)
{
	unsigned char id[STORE_TOKEN_ID_LEN / 2];
	unsigned char sealed[SEALED_LEN];

	if (sodium_init() < 0)
		return RC_IO;
	randombytes_buf(id, sizeof(id));
	randombytes_buf(sealed, SECRET_LEN);
	(void)sodium_bin2hex(out->id, sizeof(out->id), id, sizeof(id));
	secret_checksum(out->id, sealed, sealed + SECRET_LEN);
	secret_hash(out->id, sealed, out->hash);
	memcpy(out->text, TOKEN_PREFIX, PREFIX_LEN);
	memcpy(out->text + PREFIX_LEN, out->id, STORE_TOKEN_ID_LEN);
	out->text[SEALED_AT - 1] = '_';
	(void)sodium_bin2base64(out->text + SEALED_AT, sizeof(out->text) - SEALED_AT, sealed,
				sizeof(sealed), BASE64);
	sodium_memzero(sealed, sizeof(sealed));
	return RC_OK;
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

enum rc token_parse(struct slice text, struct token_parts *out)
{
	unsigned char sealed[SEALED_LEN];
	unsigned char checksum[CHECKSUM_LEN];
	size_t sealed_len = 0;
	enum rc rc = RC_MALFORMED;

	if (text.len != TOKEN_TEXT_LEN || !slice_starts(text, slice_of(TOKEN_PREFIX)) ||
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

bool token_hash_equal(const unsigned char a[STORE_TOKEN_HASH_LEN],
		      const unsigned char b[STORE_TOKEN_HASH_LEN])
{
	return sodium_memcmp(a, b, STORE_TOKEN_HASH_LEN) == 0;
}
