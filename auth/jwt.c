/* Verifies JSON Web Tokens with libcjose. Made by cli/jwt_file.c; auth/auth.c calls it.
 *
 * The header, which any client can write, is read here before libcjose sees the token:
 * it may choose one of our keys, and nothing else. So no algorithm, key, address of a
 * key or extension that a header names is ever used. The rest is parsed only if the
 * signature is good. */
#include "auth/jwt.h"

#include "auth/jwt_claims.h"
#include "auth/jwt_keys.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_MAX 1024 /* as text */
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

struct jwt {
	struct auth_verifier verifier; /* first */
	struct jwt_keys keys;
	unsigned char (*prints)[STORE_TOKEN_HASH_LEN]; /* of each key with the policy */
	struct jwt_policy policy;                      /* of these: */
	char *issuer, *audience, *groups;
};

/* ---- The header ---- */

/* The first of the three parts. NULL: it is not of that form. */
static json_t *read_header(struct slice text)
{
	const char *dot = memchr(text.data, '.', text.len);
	const size_t len = dot ? (size_t)(dot - text.data) : 0;
	unsigned char bytes[HEADER_MAX];
	json_error_t error;
	size_t size = 0;

	if (len == 0 || len > HEADER_MAX || len + 1 == text.len ||
	    sodium_base642bin(bytes, sizeof(bytes), text.data, len, NULL, &size, NULL, BASE64) != 0)
		return NULL;
	return json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);
}

/* The key that must have signed; NULL with the reason. */
static const struct jwt_key *choose_key(const struct jwt *jwt, const json_t *header,
					const char **reason)
{
	const json_t *kid = json_object_get(header, "kid");
	const char *alg = json_string_value(json_object_get(header, "alg"));
	const struct jwt_key *key;

	*reason = "its header cannot be read";
	if (!json_is_object(header) || alg == NULL || (kid && !json_is_string(kid)))
		return NULL;
	*reason = "its header asks for extensions (crit)";
	if (json_object_get(header, "crit"))
		return NULL;
	*reason = kid ? "no key has its kid" : "it has no kid, and there are several keys";
	key = jwt_keys_find(&jwt->keys, json_string_value(kid));
	if (key == NULL)
		return NULL;
	*reason = "its alg is not that of the key";
	return strcmp(alg, key->alg) == 0 ? key : NULL;
}

/* ---- The signature ---- */

/* What was signed, or NULL. */
static json_t *signed_claims(cjose_jws_t *jws, const struct jwt_key *key)
{
	const char *alg;
	json_error_t unused;
	cjose_err error;
	uint8_t *bytes;
	size_t len;

	/* It has read the same header. */
	alg = cjose_header_get(cjose_jws_get_protected(jws), "alg", &error);
	if (alg == NULL || strcmp(alg, key->alg) != 0 || !cjose_jws_verify(jws, key->jwk, &error) ||
	    !cjose_jws_get_plaintext(jws, &bytes, &len, &error))
		return NULL;
	return json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, &unused);
}

static json_t *verify_signature(struct slice text, const struct jwt_key *key, const char **reason)
{
	cjose_err error;
	cjose_jws_t *jws = cjose_jws_import(text.data, text.len, &error);
	json_t *claims = jws ? signed_claims(jws, key) : NULL;

	cjose_jws_release(jws);
	if (!json_is_object(claims))
		*reason = "its signature is not good, or it has no claims";
	if (claims && !json_is_object(claims)) {
		json_decref(claims);
		claims = NULL;
	}
	return claims;
}

/* ---- The token ---- */

/* Three parts of base64url (RFC 7515, section 7.1). libsodium is less strict too. */
static bool is_compact(struct slice text)
{
	size_t dots = 0, begin = 0;

	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && text.data[i] != '.')
			continue;
		if (!jose_is_base64url(slice_make(text.data + begin, i - begin)))
			return false;
		dots += i < text.len;
		begin = i + 1;
	}
	return dots == 2;
}

static struct identity *identity_of(const struct jwt *jwt, const struct jwt_key *key,
				    const json_t *claims, int64_t now, const char **reason)
{
	struct store_grant grants[STORE_GRANTS_MAX];
	struct store_token token = { .id = slice_of(IDENTITY_JWT), .grants = grants };

	memcpy(token.hash, jwt->prints[key - jwt->keys.all], sizeof(token.hash));
	if (jwt_claims_read(claims, &jwt->policy, now, &token, reason) != RC_OK)
		return NULL;
	return identity_new(&token);
}

static struct identity *examine(const struct jwt *jwt, struct slice text, int64_t now,
				const char **reason)
{
	const struct jwt_key *key;
	struct identity *identity;
	json_t *header, *claims;

	*reason = "it is too long, or no JSON Web Token";
	if (text.len > JWT_TEXT_MAX || !is_compact(text))
		return NULL;
	header = read_header(text);
	key = choose_key(jwt, header, reason);
	json_decref(header);
	claims = key ? verify_signature(text, key, reason) : NULL;
	identity = claims ? identity_of(jwt, key, claims, now, reason) : NULL;
	json_decref(claims);
	return identity;
}

static enum rc verify(const struct auth_verifier *verifier, struct slice text, int64_t now,
		      struct identity **out)
{
	const char *reason = "";

	*out = examine((const struct jwt *)verifier, text, now, &reason);
	if (*out == NULL)
		log_debug("jwt_refused", LOG_TEXT("reason", reason));
	return *out ? RC_OK : RC_DENIED;
}

static bool knows(const struct auth_verifier *verifier, const struct identity *identity)
{
	const struct jwt *jwt = (const struct jwt *)verifier;

	for (size_t i = 0; i < jwt->keys.count; i++)
		if (memcmp(jwt->prints[i], identity->hash, sizeof(identity->hash)) == 0)
			return true;
	return false;
}

/* ---- Making ---- */

static char *copy_of(const char *text)
{
	return text ? mem_copy(text, strlen(text)) : NULL;
}

static void print_add(crypto_generichash_state *state, const char *text)
{
	const uint64_t len = text ? strlen(text) : UINT64_MAX;

	(void)crypto_generichash_update(state, (const unsigned char *)&len, sizeof(len));
	if (text)
		(void)crypto_generichash_update(state, (const unsigned char *)text, len);
}

/* Names the key, and what is asked of its tokens: what another one would accept is not
 * accepted any more if one of these has changed. */
static void print_make(const struct jwt *jwt, size_t i)
{
	const struct jwt_key *key = &jwt->keys.all[i];
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, STORE_TOKEN_HASH_LEN);
	print_add(&state, key->text);
	print_add(&state, key->alg);
	print_add(&state, jwt->issuer);
	print_add(&state, jwt->audience);
	print_add(&state, jwt->groups);
	(void)crypto_generichash_final(&state, jwt->prints[i], STORE_TOKEN_HASH_LEN);
}

/* Has OpenSSL load what a verification needs, which a worker in its sandbox could not:
 * workers are forked after this. */
static void warm_up(const struct jwt_key *key)
{
	static const char claims[] = ".e30.AAAA";
	char header[64], text[128];
	const char *unused;

	(void)snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", key->alg);
	(void)sodium_bin2base64(text, sizeof(text), (const unsigned char *)header, strlen(header),
				BASE64);
	memcpy(text + strlen(text), claims, sizeof(claims));
	json_decref(verify_signature(slice_of(text), key, &unused));
}

enum rc jwt_new(struct slice keys, const struct jwt_policy *policy, struct auth_verifier **out,
		struct error *err)
{
	struct jwt *jwt = mem_alloc(sizeof(*jwt));
	enum rc rc = jose_load(err);

	assert(policy->groups);
	if (rc == RC_OK)
		rc = jwt_keys_read(keys, &jwt->keys, err);
	jwt->verifier = (struct auth_verifier){ .verify = verify, .knows = knows };
	jwt->issuer = copy_of(policy->issuer);
	jwt->audience = copy_of(policy->audience);
	jwt->groups = copy_of(policy->groups);
	jwt->policy = (struct jwt_policy){ jwt->issuer, jwt->audience, jwt->groups };
	jwt->prints = mem_array(jwt->keys.count, sizeof(*jwt->prints));
	for (size_t i = 0; rc == RC_OK && i < jwt->keys.count; i++) {
		print_make(jwt, i);
		warm_up(&jwt->keys.all[i]);
	}
	*out = &jwt->verifier;
	if (rc != RC_OK) {
		jwt_free(*out);
		*out = NULL;
	}
	return rc;
}

void jwt_free(struct auth_verifier *verifier)
{
	struct jwt *jwt = (struct jwt *)verifier;

	if (jwt == NULL)
		return;
	jwt_keys_clear(&jwt->keys);
	free(jwt->prints);
	free(jwt->issuer);
	free(jwt->audience);
	free(jwt->groups);
	free(jwt);
}
