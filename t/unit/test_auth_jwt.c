/* Tokens that an identity provider has signed: keys, headers, signatures, claims. */
#include "auth/jwt.h"
#include "base/array.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cjose/cjose.h>
#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

#define NOW INT64_C(1700000000)
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

/* ---- An identity provider ---- */

static cjose_jwk_t *rsa, *ec, *thief;
static const struct jwt_policy policy = { "https://login.example", "notes", "groups" };

static int make_keys(void **state)
{
	cjose_err err;

	(void)state;
	rsa = cjose_jwk_create_RSA_random(2048, (const uint8_t *)"\x01\x00\x01", 3, &err);
	thief = cjose_jwk_create_RSA_random(2048, (const uint8_t *)"\x01\x00\x01", 3, &err);
	ec = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &err);
	return rsa && ec && thief && cjose_jwk_set_kid(rsa, "r1", 2, &err) &&
			       cjose_jwk_set_kid(ec, "e1", 2, &err)
		       ? 0
		       : 1;
}

static int free_keys(void **state)
{
	(void)state;
	cjose_jwk_release(rsa);
	cjose_jwk_release(ec);
	cjose_jwk_release(thief);
	return 0;
}

static void put_key(struct buf *out, const cjose_jwk_t *key, const char *more)
{
	cjose_err err;
	char *text = cjose_jwk_to_json(key, false, &err);

	assert_non_null(text);
	buf_put_text(out, more);
	buf_put(out, text + 1, strlen(text) - 1);
	free(text);
}

static enum rc read_keys(const char *text, struct auth_verifier **out, struct error *err)
{
	return jwt_new(slice_of(text), &policy, out, err);
}

static struct auth_verifier *verifier_of(bool has_both, const struct jwt_policy *asked)
{
	struct buf text = BUF_EMPTY;
	struct auth_verifier *verifier;
	struct error err;

	buf_put_text(&text, "{\"keys\":[");
	put_key(&text, rsa, "{\"alg\":\"RS256\",");
	if (has_both)
		put_key(&text, ec, ",{");
	buf_put_text(&text, "]}");
	assert_int_equal(jwt_new(buf_slice(&text), asked, &verifier, &err), RC_OK);
	buf_free(&text);
	return verifier;
}

/* A token with this header and these claims; the caller frees it. */
static char *sign(const cjose_jwk_t *key, const char *header, const char *claims)
{
	json_error_t error;
	json_t *fields = json_loads(header, 0, &error);
	const char *text;
	cjose_err err;
	cjose_jws_t *jws =
		cjose_jws_sign(key, fields, (const uint8_t *)claims, strlen(claims), &err);
	char *copy;

	assert_non_null(jws);
	assert_true(cjose_jws_export(jws, &text, &err));
	copy = strdup(text);
	cjose_jws_release(jws);
	json_decref(fields);
	return copy;
}

static void put_base64(struct buf *out, const char *bytes)
{
	char *text = malloc(strlen(bytes) * 2 + 8);

	assert_non_null(text);
	(void)sodium_bin2base64(text, strlen(bytes) * 2 + 8, (const unsigned char *)bytes,
				strlen(bytes), BASE64);
	buf_put_text(out, text);
	free(text);
}

#define RS256 "{\"alg\":\"RS256\",\"kid\":\"r1\"}"
#define ES256 "{\"alg\":\"ES256\",\"kid\":\"e1\"}"
#define ISS "\"iss\":\"https://login.example\","
#define AUD "\"aud\":\"notes\","
#define SUB "\"sub\":\"ann\","
#define EXP "\"exp\":1700000100,"
#define GROUPS "\"groups\":[\"todos\",\"notes:ro\"]"
#define CLAIMS "{" ISS AUD SUB EXP GROUPS "}"

static struct identity *verify(const struct auth_verifier *verifier, const char *text)
{
	struct identity *identity;
	enum rc rc = verifier->verify(verifier, slice_of(text), NOW, &identity);

	assert_int_equal(rc, identity ? RC_OK : RC_DENIED);
	return identity;
}

static bool is_good(const struct auth_verifier *verifier, const char *text)
{
	struct identity *identity = verify(verifier, text);
	const bool is = identity != NULL;

	identity_unref(identity);
	return is;
}

/* ---- Good tokens ---- */

static void good_tokens(void **state)
{
	struct auth_verifier *verifier = verifier_of(true, &policy);
	char *tokens[] = { sign(rsa, RS256, CLAIMS), sign(ec, ES256, CLAIMS) };

	(void)state;
	for (size_t i = 0; i < COUNT(tokens); i++) {
		struct identity *identity = verify(verifier, tokens[i]);

		assert_non_null(identity);
		assert_true(slice_is(identity->user, "ann"));
		assert_true(identity_is_foreign(identity));
		assert_int_equal(identity->expires, NOW + 100);
		assert_true(identity_may_group(identity, slice_of("todos"), AUTH_WRITE));
		assert_true(identity_may_group(identity, slice_of("notes"), AUTH_READ));
		assert_false(identity_may_group(identity, slice_of("notes"), AUTH_WRITE));
		assert_false(identity_may_group(identity, slice_of("other"), AUTH_READ));
		assert_true(verifier->knows(verifier, identity));
		identity_unref(identity);
		free(tokens[i]);
	}
	jwt_free(verifier);
}

static void other_keys_or_purposes_are_not_known(void **state)
{
	const struct jwt_policy other = { policy.issuer, "mail", policy.groups };
	struct auth_verifier *verifiers[] = { verifier_of(true, &policy),
					      verifier_of(false, &policy),
					      verifier_of(true, &other) };
	char *token = sign(ec, ES256, CLAIMS);
	struct identity *identity = verify(verifiers[0], token);

	(void)state;
	assert_non_null(identity);
	assert_false(verifiers[1]->knows(verifiers[1], identity));
	assert_false(verifiers[2]->knows(verifiers[2], identity));
	identity_unref(identity);
	free(token);
	for (size_t i = 0; i < COUNT(verifiers); i++)
		jwt_free(verifiers[i]);
}

/* ---- Headers and signatures ---- */

static void forged_headers(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\",\"kid\":\"r1\"}",
		"{\"alg\":\"None\",\"kid\":\"r1\"}",
		"{\"alg\":\"\",\"kid\":\"r1\"}",
		"{\"kid\":\"r1\"}",
		"{\"alg\":7,\"kid\":\"r1\"}",
		"{\"alg\":\"HS256\",\"kid\":\"r1\"}",
		"{\"alg\":\"RS384\",\"kid\":\"r1\"}",
		"{\"alg\":\"PS256\",\"kid\":\"r1\"}",
		"{\"alg\":\"ES256\",\"kid\":\"r1\"}",
		"{\"alg\":\"RS256\",\"kid\":\"e1\"}",
		"{\"alg\":\"RS256\",\"kid\":\"r2\"}",
		"{\"alg\":\"RS256\",\"kid\":\"\"}",
		"{\"alg\":\"RS256\",\"kid\":7}",
		"{\"alg\":\"RS256\"}",
		"{\"alg\":\"RS256\",\"kid\":\"r1\",\"crit\":[\"exp\"]}",
		"{\"alg\":\"RS256\",\"kid\":\"r1\",\"crit\":null}",
		"{\"alg\":\"HS256\",\"alg\":\"RS256\",\"kid\":\"r1\"}",
		"[\"RS256\"]",
		"7",
		"",
		"{",
	};
	struct auth_verifier *verifier = verifier_of(true, &policy);
	char *good = sign(rsa, RS256, CLAIMS);

	(void)state;
	assert_true(is_good(verifier, good));
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct buf text = BUF_EMPTY;

		put_base64(&text, headers[i]);
		buf_put_text(&text, strchr(good, '.'));
		buf_put_byte(&text, 0);
		assert_false(is_good(verifier, text.data));
		buf_free(&text);
	}
	free(good);
	jwt_free(verifier);
}

/* Signed as they are, so that only the header is wrong. */
static void signed_headers(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"RS384\",\"kid\":\"r1\"}",
		"{\"alg\":\"PS256\",\"kid\":\"r1\"}",
		"{\"alg\":\"RS256\"}",
		"{\"alg\":\"RS256\",\"kid\":\"r2\"}",
		"{\"alg\":\"RS256\",\"kid\":\"r1\",\"crit\":[\"exp\"]}",
	};
	struct auth_verifier *verifier = verifier_of(true, &policy);

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		char *token = sign(rsa, headers[i], CLAIMS);

		assert_false(is_good(verifier, token));
		free(token);
	}
	jwt_free(verifier);
}

static void a_public_key_is_no_secret(void **state)
{
	struct auth_verifier *verifier = verifier_of(false, &policy);
	cjose_err err;
	char *text = cjose_jwk_to_json(rsa, false, &err);
	cjose_jwk_t *secret = cjose_jwk_create_oct_spec((const uint8_t *)text, strlen(text), &err);
	char *token = sign(secret, "{\"alg\":\"HS256\",\"kid\":\"r1\"}", CLAIMS);

	(void)state;
	assert_false(is_good(verifier, token));
	free(token);
	free(text);
	cjose_jwk_release(secret);
	jwt_free(verifier);
}

static void another_key_has_signed(void **state)
{
	struct auth_verifier *verifier = verifier_of(true, &policy);
	char *token = sign(thief, RS256, CLAIMS);

	(void)state;
	assert_false(is_good(verifier, token));
	free(token);
	jwt_free(verifier);
}

static void one_key_need_not_be_named(void **state)
{
	struct auth_verifier *one = verifier_of(false, &policy);
	struct auth_verifier *two = verifier_of(true, &policy);
	char *token = sign(rsa, "{\"alg\":\"RS256\"}", CLAIMS);

	(void)state;
	assert_true(is_good(one, token));
	assert_false(is_good(two, token));
	free(token);
	jwt_free(one);
	jwt_free(two);
}

/* Each byte of a token changed to another letter, and each length of it. */
static void changed_bytes(void **state)
{
	struct auth_verifier *verifier = verifier_of(true, &policy);
	char *token = sign(ec, ES256, CLAIMS);
	const size_t len = strlen(token);

	(void)state;
	for (size_t i = 0; i + 1 < len; i++) {
		const char was = token[i];

		token[i] = was == 'A' ? 'B' : 'A';
		assert_false(is_good(verifier, token));
		token[i] = '=';
		assert_false(is_good(verifier, token));
		token[i] = was;
	}
	assert_true(is_good(verifier, token));
	for (size_t i = 0; i < len; i++) {
		struct identity *identity;

		assert_int_equal(verifier->verify(verifier, slice_make(token, i), NOW, &identity),
				 RC_DENIED);
		assert_null(identity);
	}
	free(token);
	jwt_free(verifier);
}

static void huge_and_deep(void **state)
{
	struct auth_verifier *verifier = verifier_of(false, &policy);
	struct buf claims = BUF_EMPTY, header = BUF_EMPTY;
	char *token;

	(void)state;
	buf_put_text(&claims, "{" ISS AUD SUB EXP GROUPS ",\"more\":");
	for (size_t i = 0; i < 2500; i++)
		buf_put_byte(&claims, '[');
	for (size_t i = 0; i < 2500; i++)
		buf_put_byte(&claims, ']');
	buf_put(&claims, "}", 2);
	token = sign(rsa, RS256, claims.data);
	assert_true(strlen(token) < JWT_TEXT_MAX);
	assert_false(is_good(verifier, token));
	free(token);
	buf_clear(&claims);
	buf_put_text(&claims, "{" ISS AUD SUB EXP GROUPS ",\"more\":\"");
	while (claims.len < JWT_TEXT_MAX)
		buf_put_byte(&claims, 'x');
	buf_put(&claims, "\"}", 3);
	token = sign(rsa, RS256, claims.data);
	assert_false(is_good(verifier, token));
	free(token);
	for (size_t i = 0; i < 700; i++)
		buf_put_byte(&header, '[');
	buf_put_byte(&header, 0);
	buf_clear(&claims);
	put_base64(&claims, header.data);
	buf_put(&claims, ".e30.AAAA", 10);
	assert_false(is_good(verifier, claims.data));
	buf_free(&claims);
	buf_free(&header);
	jwt_free(verifier);
}

/* ---- Claims ---- */

static bool has_good_claims(const struct auth_verifier *verifier, const char *claims)
{
	char *token = sign(ec, ES256, claims);
	const bool is = is_good(verifier, token);

	free(token);
	return is;
}

static const char *const bad[] = {
	/* expired, endless, odd dates */
	"{" ISS AUD SUB "\"exp\":1699999940}",
	"{" ISS AUD SUB GROUPS "}",
	"{" ISS AUD SUB "\"exp\":\"1700000100\"}",
	"{" ISS AUD SUB "\"exp\":-1}",
	"{" ISS AUD SUB "\"exp\":1e300}",
	"{" ISS AUD SUB "\"exp\":9223372036854775807}",
	"{" ISS AUD SUB "\"exp\":null}",
	"{" ISS AUD SUB "\"exp\":true}",
	"{" ISS AUD SUB "\"exp\":1699999940,\"exp\":1700000100}",
	/* not yet */
	"{" ISS AUD SUB EXP "\"nbf\":1700000061}",
	"{" ISS AUD SUB EXP "\"nbf\":\"0\"}",
	/* for others, of others */
	"{" AUD SUB EXP GROUPS "}",
	"{\"iss\":\"https://login.example/\"," AUD SUB EXP GROUPS "}",
	"{\"iss\":[\"https://login.example\"]," AUD SUB EXP GROUPS "}",
	"{" ISS SUB EXP GROUPS "}",
	"{" ISS "\"aud\":\"note\"," SUB EXP GROUPS "}",
	"{" ISS "\"aud\":[\"mail\",[\"notes\"]]," SUB EXP GROUPS "}",
	"{" ISS "\"aud\":{\"notes\":\"notes\"}," SUB EXP GROUPS "}",
	"{" ISS "\"aud\":[]," SUB EXP GROUPS "}",
	/* no user */
	"{" ISS AUD EXP GROUPS "}",
	"{" ISS AUD "\"sub\":\"\"," EXP GROUPS "}",
	"{" ISS AUD "\"sub\":7," EXP GROUPS "}",
	"{" ISS AUD "\"sub\":\"a\\u0000\"," EXP GROUPS "}",
	"{" ISS AUD "\"sub\":\"a\\nb\"," EXP GROUPS "}",
	/* no claims */
	"[]",
	"7",
	"",
	"{",
	CLAIMS "x",
};

static void bad_claims(void **state)
{
	struct auth_verifier *verifier = verifier_of(true, &policy);

	(void)state;
	assert_true(has_good_claims(verifier, CLAIMS));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(has_good_claims(verifier, bad[i]));
	jwt_free(verifier);
}

static void odd_claims_that_are_good(void **state)
{
	static const char *const good[] = {
		"{" ISS AUD SUB "\"exp\":1699999941}",
		"{" ISS AUD SUB "\"exp\":1700000000.5}",
		"{" ISS AUD SUB EXP "\"nbf\":1700000060}",
		"{" ISS "\"aud\":[\"mail\",7,\"notes\"]," SUB EXP GROUPS "}",
		"{" ISS AUD "\"sub\":\"Andr\\u00e9\"," EXP GROUPS "}",
	};
	struct auth_verifier *verifier = verifier_of(true, &policy);

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(has_good_claims(verifier, good[i]));
	jwt_free(verifier);
}

static void without_a_purpose_any_is_good(void **state)
{
	const struct jwt_policy open = { NULL, NULL, "groups" };
	struct auth_verifier *verifier = verifier_of(true, &open);

	(void)state;
	assert_true(has_good_claims(verifier, "{" SUB EXP GROUPS "}"));
	assert_true(has_good_claims(verifier, "{\"iss\":7,\"aud\":7," SUB EXP GROUPS "}"));
	jwt_free(verifier);
}

static size_t grants_of(const char *groups)
{
	struct auth_verifier *verifier = verifier_of(true, &policy);
	struct buf claims = BUF_EMPTY;
	struct identity *identity;
	size_t count;
	char *token;

	buf_putf(&claims, "{" ISS AUD SUB EXP "\"groups\":%s}", groups);
	buf_put_byte(&claims, 0);
	token = sign(ec, ES256, claims.data);
	identity = verify(verifier, token);
	assert_non_null(identity);
	assert_false(identity_is_admin(identity));
	count = identity->grant_count;
	identity_unref(identity);
	free(token);
	buf_free(&claims);
	jwt_free(verifier);
	return count;
}

static void groups(void **state)
{
	struct buf many = BUF_EMPTY;

	(void)state;
	assert_int_equal(grants_of("[]"), 0);
	assert_int_equal(grants_of("[\"a\",\"b:ro\",\"*\"]"), 3);
	assert_int_equal(grants_of("\"a  b:ro \""), 2);
	assert_int_equal(grants_of("[\"a\",\"\",\"b:\",\":rw\",\"\\t\"]"), 1);
	assert_int_equal(grants_of("\"admin\""), 1); /* a group of that name */
	/* Nothing of what is malformed. */
	assert_int_equal(grants_of("7"), 0);
	assert_int_equal(grants_of("null"), 0);
	assert_int_equal(grants_of("{\"a\":true}"), 0);
	assert_int_equal(grants_of("[\"a\",7]"), 0);
	assert_int_equal(grants_of("[\"a\",[\"b\"]]"), 0);
	for (size_t i = 0; i <= STORE_GRANTS_MAX; i++)
		buf_putf(&many, "%sg%zu", i ? " " : "\"", i);
	buf_put(&many, "\"", 2);
	assert_int_equal(grants_of(many.data), 0);
	buf_free(&many);
}

/* ---- Keys ---- */

static void assert_refused(const char *text, const char *reason)
{
	struct auth_verifier *verifier;
	struct error err;

	assert_int_equal(read_keys(text, &verifier, &err), RC_MALFORMED);
	assert_null(verifier);
	if (strstr(err.text, reason) == NULL)
		fail_msg("\"%s\" is not in: %s", reason, err.text);
}

static void bad_key_sets(void **state)
{
	(void)state;
	assert_refused("", "line 1: it is no JSON");
	assert_refused("{\n\n\"keys\":}", "line 3: it is no JSON");
	assert_refused("[]", "it is no JWK Set");
	assert_refused("{\"keys\":{}}", "it is no JWK Set");
	assert_refused("{\"keys\":[]}", "it has no key for RS256");
	assert_refused("{\"keys\":[7]}", "key 1: it is no key");
	assert_refused("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", "shared secret");
	assert_refused(
		"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"d\":\"AQAB\"}]}",
		"private key");
	assert_refused("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"0-99\",\"e\":\"AQAB\"}]}",
		       "fewer than 2048 bits");
	assert_refused("{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\"}]}", "its numbers");
	assert_refused("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}",
		       "its numbers");
	/* Padding inside of a number: libcjose ends the process. */
	assert_refused("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
		       "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		       "\"y\":\"x_FEzRu9m=6HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}",
		       "key 1: its y is not base64url");
	assert_refused("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQABA\",\"e\":\"AQAB\"}]}",
		       "its n is not base64url");
	assert_refused("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQ+B\"}]}",
		       "its e is not base64url");
	assert_refused("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}]}",
		       "it has no key for RS256");
	assert_refused("{\"keys\":[{\"kty\":\"RSA\",\"kid\":7}]}", "its kid");
}

static void key_sets_of_keys(void **state)
{
	static const struct {
		const char *before;
		const char *reason;
	} sets[] = {
		{ "{\"keys\":[{\"use\":\"enc\",", "it has no key" },
		{ "{\"keys\":[{\"key_ops\":[\"encrypt\"],", "it has no key" },
		{ "{\"keys\":[{\"alg\":\"RSA-OAEP\",", "it has no key" },
		{ "{\"keys\":[{\"alg\":\"HS256\",", "it has no key" },
		{ "{\"keys\":[{\"alg\":\"none\",", "it has no key" },
		{ "{\"keys\":[{\"alg\":\"ES256\",", "it has no key" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sets); i++) {
		struct buf text = BUF_EMPTY;

		put_key(&text, rsa, sets[i].before);
		buf_put(&text, "]}", 3);
		assert_refused(text.data, sets[i].reason);
		buf_free(&text);
	}
}

static void keys_of_one_name(void **state)
{
	struct buf text = BUF_EMPTY;

	(void)state;
	put_key(&text, rsa, "{\"keys\":[{");
	put_key(&text, rsa, ",{");
	buf_put(&text, "]}", 3);
	assert_refused(text.data, "key 2: another key has the kid \"r1\"");
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_tokens),
		cmocka_unit_test(other_keys_or_purposes_are_not_known),
		cmocka_unit_test(forged_headers),
		cmocka_unit_test(signed_headers),
		cmocka_unit_test(a_public_key_is_no_secret),
		cmocka_unit_test(another_key_has_signed),
		cmocka_unit_test(one_key_need_not_be_named),
		cmocka_unit_test(changed_bytes),
		cmocka_unit_test(huge_and_deep),
		cmocka_unit_test(bad_claims),
		cmocka_unit_test(odd_claims_that_are_good),
		cmocka_unit_test(without_a_purpose_any_is_good),
		cmocka_unit_test(groups),
		cmocka_unit_test(bad_key_sets),
		cmocka_unit_test(key_sets_of_keys),
		cmocka_unit_test(keys_of_one_name),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
