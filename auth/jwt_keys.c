/* Reads the keys of an identity provider (RFC 7517). Called by auth/jwt.c.
 *
 * A key is for one algorithm, that of its member `alg` or the usual one of its type, so
 * that a token cannot choose how it is verified. */
#include "auth/jwt_keys.h"

#include "auth/jwt.h"
#include "base/array.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define RSA_BITS_MIN 2048

/* The first one of a type (and curve) is for keys that name none. */
static const struct algorithm {
	const char *type, *curve, *name;
} algorithms[] = {
	{ "RSA", NULL, "RS256" },   { "RSA", NULL, "RS384" },   { "RSA", NULL, "RS512" },
	{ "RSA", NULL, "PS256" },   { "RSA", NULL, "PS384" },   { "RSA", NULL, "PS512" },
	{ "EC", "P-256", "ES256" }, { "EC", "P-384", "ES384" }, { "EC", "P-521", "ES512" },
};

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool is_text(const char *text, const char *wanted)
{
	return text && strcmp(text, wanted) == 0;
}

/* NULL: the key is for nothing that is verified here. */
static const char *algorithm_of(const json_t *item)
{
	const json_t *alg = json_object_get(item, "alg");

	for (size_t i = 0; i < COUNT(algorithms); i++) {
		const struct algorithm *one = &algorithms[i];

		if (!is_text(text_of(item, "kty"), one->type) ||
		    (one->curve && !is_text(text_of(item, "crv"), one->curve)))
			continue;
		if (alg == NULL || is_text(json_string_value(alg), one->name))
			return one->name;
	}
	return NULL;
}

static bool is_for_signatures(const json_t *item)
{
	const json_t *use = json_object_get(item, "use");
	const json_t *ops = json_object_get(item, "key_ops");
	const json_t *op;
	size_t i;

	if (use && !is_text(json_string_value(use), "sig"))
		return false;
	if (ops == NULL)
		return true;
	json_array_foreach(ops, i, op) if (is_text(json_string_value(op), "verify")) return true;
	return false;
}

/* The public numbers of RFC 7518, sections 6.2.1 and 6.3.1. */
static enum rc check_numbers(const json_t *item, struct error *err)
{
	static const char *const numbers[] = { "n", "e", "x", "y" };

	for (size_t i = 0; i < COUNT(numbers); i++) {
		const char *text = text_of(item, numbers[i]);

		if (text && !jose_is_base64url(slice_of(text)))
			return error_set(err, RC_MALFORMED, "its %s is not base64url", numbers[i]);
	}
	return RC_OK;
}

static enum rc check_item(const json_t *item, struct error *err)
{
	const json_t *kid = json_object_get(item, "kid");

	if (text_of(item, "kty") == NULL)
		return error_set(err, RC_MALFORMED, "it is no key: it has no kty");
	if (is_text(text_of(item, "kty"), "oct"))
		return error_set(
			err, RC_MALFORMED,
			"it is a shared secret (oct), with which each party that can verify "
			"can sign; use RSA or EC keys");
	if (json_object_get(item, "d"))
		return error_set(err, RC_MALFORMED,
				 "it is a private key (d); this file needs the public one only");
	if (kid && (!json_is_string(kid) || json_string_length(kid) == 0))
		return error_set(err, RC_MALFORMED, "its kid is no text");
	return check_numbers(item, err);
}

static bool is_named(const struct jwt_keys *keys, const char *kid)
{
	for (size_t i = 0; kid && i < keys->count; i++)
		if (is_text(keys->all[i].kid, kid))
			return true;
	return false;
}

/* What it has imported belongs to `keys`, also if the key is refused. */
static enum rc import(json_t *item, const char *alg, struct jwt_keys *keys, struct error *err)
{
	const char *kid = text_of(item, "kid");
	struct jwt_key *key;
	cjose_err error;
	cjose_jwk_t *jwk;

	if (is_named(keys, kid))
		return error_set(err, RC_MALFORMED, "another key has the kid \"%.100s\"", kid);
	if (keys->count == JWT_KEYS_MAX)
		return error_set(err, RC_MALFORMED, "there are more than %d keys", JWT_KEYS_MAX);
	jwk = cjose_jwk_import_json(item, &error);
	if (jwk == NULL)
		return error_set(err, RC_MALFORMED, "its numbers are not those of such a key");
	key = &keys->all[keys->count++];
	*key = (struct jwt_key){ .jwk = jwk, .alg = alg };
	key->text = cjose_jwk_to_json(jwk, false, &error);
	if (kid)
		key->kid = mem_copy(kid, strlen(kid));
	if (key->text == NULL)
		return error_set(err, RC_MALFORMED, "its numbers are not those of such a key");
	if (cjose_jwk_get_kty(jwk, &error) == CJOSE_JWK_KTY_RSA &&
	    cjose_jwk_get_keysize(jwk, &error) < RSA_BITS_MIN)
		return error_set(err, RC_MALFORMED, "it has fewer than %d bits", RSA_BITS_MIN);
	return RC_OK;
}

static enum rc read_item(json_t *item, struct jwt_keys *keys, struct error *err)
{
	const char *alg = algorithm_of(item);
	enum rc rc = check_item(item, err);

	return rc == RC_OK && alg && is_for_signatures(item) ? import(item, alg, keys, err) : rc;
}

static enum rc read_set(const json_t *set, struct jwt_keys *keys, struct error *err)
{
	const json_t *list = json_object_get(set, "keys");
	struct error detail;
	json_t *item;
	size_t i;

	if (!json_is_array(list))
		return error_set(err, RC_MALFORMED,
				 "it is no JWK Set: {\"keys\": [...]}, as the identity provider "
				 "publishes it");
	keys->all = mem_array(JWT_KEYS_MAX, sizeof(*keys->all));
	json_array_foreach(list, i, item) if (read_item(item, keys, &detail) !=
					      RC_OK) return error_set(err, RC_MALFORMED,
								      "key %zu: %s", i + 1,
								      detail.text);
	if (keys->count == 0)
		return error_set(err, RC_MALFORMED,
				 "it has no key for RS256, RS384, RS512, PS256, PS384, PS512, "
				 "ES256, ES384 or ES512");
	return RC_OK;
}

enum rc jwt_keys_read(struct slice text, struct jwt_keys *out, struct error *err)
{
	json_error_t error;
	json_t *set = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);
	enum rc rc;

	*out = (struct jwt_keys){ .all = NULL };
	if (set == NULL)
		return error_set(err, RC_MALFORMED, "line %d: it is no JSON: %s", error.line,
				 error.text);
	rc = read_set(set, out, err);
	json_decref(set);
	return rc;
}

void jwt_keys_clear(struct jwt_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		cjose_jwk_release(keys->all[i].jwk);
		free(keys->all[i].kid);
		free(keys->all[i].text);
	}
	free(keys->all);
	*keys = (struct jwt_keys){ .all = NULL };
}

const struct jwt_key *jwt_keys_find(const struct jwt_keys *keys, const char *kid)
{
	if (kid == NULL)
		return keys->count == 1 ? &keys->all[0] : NULL;
	for (size_t i = 0; i < keys->count; i++)
		if (is_text(keys->all[i].kid, kid))
			return &keys->all[i];
	return NULL;
}
