/* Loads libcjose and libjansson, and checks text for them. Called by jwt.c, which is
 * the first to need them, and jwt_keys.c. */
#include "auth/jose.h"

#include "base/array.h"

#include <dlfcn.h>
#include <string.h>

#define CJOSE "libcjose.so.0"
#define JANSSON "libjansson.so.4"

/* Here they are names of members. */
#undef json_array_get
#undef json_array_size
#undef json_loadb
#undef json_number_value
#undef json_object_get
#undef json_string_length
#undef json_string_value
#undef cjose_header_get
#undef cjose_jwk_get_keysize
#undef cjose_jwk_get_kty
#undef cjose_jwk_import_json
#undef cjose_jwk_release
#undef cjose_jwk_to_json
#undef cjose_jws_get_plaintext
#undef cjose_jws_get_protected
#undef cjose_jws_import
#undef cjose_jws_release
#undef cjose_jws_verify

struct jose jose;

static const struct {
	const char *name;
	void *pointer; /* of struct jose */
} functions[] = {
#define JOSE_ROW(name) { #name, (void *)&jose.name },
	JOSE_FUNCTIONS(JOSE_ROW)
#undef JOSE_ROW
};

static enum rc load(const char *file, void **out, struct error *err)
{
	*out = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	return *out ? RC_OK
		    : error_set(err, RC_UNAVAILABLE,
				"the library for JSON Web Tokens cannot be loaded (%s); install "
				"it, in Debian the package libcjose0",
				dlerror());
}

enum rc jose_load(struct error *err)
{
	static bool is_loaded;
	void *cjose, *jansson;
	enum rc rc = RC_OK;

	if (is_loaded)
		return RC_OK;
	rc = load(JANSSON, &jansson, err);
	if (rc == RC_OK)
		rc = load(CJOSE, &cjose, err);
	for (size_t i = 0; rc == RC_OK && i < COUNT(functions); i++) {
		const bool is_json = strncmp(functions[i].name, "json_", 5) == 0;
		void *function = dlsym(is_json ? jansson : cjose, functions[i].name);

		/* ISO C knows no conversion between the two kinds of pointers. */
		memcpy(functions[i].pointer, &function, sizeof(function));
		if (function == NULL)
			rc = error_set(err, RC_UNAVAILABLE, "%s has no %s",
				       is_json ? JANSSON : CJOSE, functions[i].name);
	}
	is_loaded = rc == RC_OK;
	return rc;
}

bool jose_is_base64url(struct slice text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789-_";

	for (size_t i = 0; i < text.len; i++)
		if (memchr(alphabet, text.data[i], sizeof(alphabet) - 1) == NULL)
			return false;
	return text.len > 0 && text.len % 4 != 1;
}
