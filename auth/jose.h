/* libcjose and libjansson, loaded when --jwt-keys is read. They bring OpenSSL with
 * them, memory that a process without such keys need not have.
 *
 * Included in place of their headers: calls of their functions go through pointers of
 * the same names. A function that is not in the list does not link. */
#ifndef AUTH_JOSE_H
#define AUTH_JOSE_H

#include "base/error.h"
#include "base/rc.h"
#include "base/slice.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <stdbool.h>

#define JOSE_FUNCTIONS(of) \
	of(json_array_get) of(json_array_size) of(json_delete) of(json_loadb) \
		of(json_number_value) of(json_object_get) of(json_string_length) \
			of(json_string_value) of(cjose_header_get) of(cjose_jwk_get_keysize) of( \
				cjose_jwk_get_kty) of(cjose_jwk_import_json) of(cjose_jwk_release) \
				of(cjose_jwk_to_json) of(cjose_jws_get_plaintext) \
					of(cjose_jws_get_protected) of(cjose_jws_import) \
						of(cjose_jws_release) of(cjose_jws_verify)

struct jose {
#define JOSE_MEMBER(name) __typeof__(&(name)) name;
	JOSE_FUNCTIONS(JOSE_MEMBER)
#undef JOSE_MEMBER
};
extern struct jose jose;

/* Before anything else. RC_UNAVAILABLE: they are not installed. */
MUST_USE enum rc jose_load(struct error *err);

/* Is it base64url without padding (RFC 4648, section 5; RFC 7515, section 2), and not
 * empty? All that libcjose shall decode must be: of other text it accepts some and ends
 * the process with an assertion for some, such as padding with more text behind it. */
bool jose_is_base64url(struct slice text);

/* In place of jansson's, which is inline. NULL is a no-op. */
static inline void jose_decref(json_t *json)
{
	if (json && json->refcount != (size_t)-1 && JSON_INTERNAL_DECREF(json) == 0)
		jose.json_delete(json);
}

#define json_array_get jose.json_array_get
#define json_array_size jose.json_array_size
#define json_decref jose_decref
#define json_loadb jose.json_loadb
#define json_number_value jose.json_number_value
#define json_object_get jose.json_object_get
#define json_string_length jose.json_string_length
#define json_string_value jose.json_string_value
#define cjose_header_get jose.cjose_header_get
#define cjose_jwk_get_keysize jose.cjose_jwk_get_keysize
#define cjose_jwk_get_kty jose.cjose_jwk_get_kty
#define cjose_jwk_import_json jose.cjose_jwk_import_json
#define cjose_jwk_release jose.cjose_jwk_release
#define cjose_jwk_to_json jose.cjose_jwk_to_json
#define cjose_jws_get_plaintext jose.cjose_jws_get_plaintext
#define cjose_jws_get_protected jose.cjose_jws_get_protected
#define cjose_jws_import jose.cjose_jws_import
#define cjose_jws_release jose.cjose_jws_release
#define cjose_jws_verify jose.cjose_jws_verify

#endif
