/* Fuzzes what is read of JSON Web Tokens: sets of keys, tokens, and claims whose
 * signature was good. No set without a key is accepted, no token, and no claims beyond
 * the limits of a user. */
#include "auth/jwt.h"
#include "auth/jwt_claims.h"
#include "t/fuzz/fuzz.h"

#define NOW INT64_C(1700000000)

static const struct jwt_policy policy = { NULL, NULL, "groups" };
static const char keys[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e1\","
			   "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
			   "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

static void try_keys(struct slice text)
{
	struct auth_verifier *verifier;
	struct error err = { "" };

	if (jwt_new(text, &policy, &verifier, &err) == RC_OK) {
		REQUIRE(memmem(text.data, text.len, "keys", 4) != NULL);
		jwt_free(verifier);
	} else {
		REQUIRE(verifier == NULL && err.text[0]);
	}
}

static void try_token(const struct auth_verifier *verifier, struct slice text)
{
	struct identity *identity;

	REQUIRE(verifier->verify(verifier, text, NOW, &identity) == RC_DENIED);
	REQUIRE(identity == NULL);
}

static void try_claims(struct slice text)
{
	struct store_grant grants[STORE_GRANTS_MAX];
	struct store_token token = { .grants = grants };
	json_error_t error;
	json_t *claims = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);
	const char *reason = NULL;

	if (json_is_object(claims) &&
	    jwt_claims_read(claims, &policy, NOW, &token, &reason) == RC_OK) {
		REQUIRE(token.user.len > 0 && token.user.len <= STORE_USER_MAX);
		REQUIRE(token.expires > NOW && token.grant_count <= STORE_GRANTS_MAX);
		for (size_t i = 0; i < token.grant_count; i++)
			REQUIRE(token.grants[i].group.len > 0);
	}
	json_decref(claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const uint64_t kind = input_number(&input, 1) % 3;
	struct slice text;
	char *copy = input_rest(&input, &text);
	static struct auth_verifier *verifier;
	struct error err;

	/* It loads the library, too. */
	if (verifier == NULL)
		REQUIRE(jwt_new(slice_of(keys), &policy, &verifier, &err) == RC_OK);

	if (kind == 0)
		try_keys(text);
	else if (kind == 1)
		try_token(verifier, text);
	else
		try_claims(text);
	free(copy);
	return 0;
}
