/* Tests of worker/http/media.c: the encoding of a body, and the one of the response. */
#include "base/array.h"
#include "worker/http/media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define JSON ENCODING_JSON
#define TRANSIT ENCODING_TRANSIT

static void a_type_names_its_encoding(void **state)
{
	enum encoding encoding;

	(void)state;
	for (int i = JSON; i <= TRANSIT; i++) {
		assert_int_equal(media_of_content(media_type((enum encoding)i), &encoding), RC_OK);
		assert_int_equal(encoding, i);
		assert_int_equal(
			media_of_accept(media_type((enum encoding)i), i == JSON ? TRANSIT : JSON),
			i);
	}
	assert_string_equal(media_type(JSON), "application/json");
	assert_string_equal(media_type(TRANSIT), "application/transit+json");
}

static const struct {
	const char *field;
	enum rc rc;
	enum encoding encoding;
} contents[] = {
	{ "application/json", RC_OK, JSON },
	{ "APPLICATION/Json", RC_OK, JSON },
	{ "application/json;charset=utf-8", RC_OK, JSON },
	{ " \tapplication/json ; charset=\"utf-8\"; x", RC_OK, JSON },
	{ "application/json;", RC_OK, JSON },
	{ "application/transit+json", RC_OK, TRANSIT },
	{ "application/transit+JSON;charset=utf-8", RC_OK, TRANSIT },
	{ "application/json; CHARSET=UTF-8", RC_OK, JSON },
	{ "application/json; x=y; charset=ISO-8859-1", RC_MALFORMED, JSON },
	{ "application/transit+json;charset=\"utf-16\"", RC_MALFORMED, JSON },
	{ "application/json;charset=", RC_MALFORMED, JSON },
	{ "application/json;charset=utf-8;charset=latin1", RC_MALFORMED, JSON },
	{ NULL, RC_MALFORMED, JSON },
	{ "", RC_MALFORMED, JSON },
	{ " ", RC_MALFORMED, JSON },
	{ ";", RC_MALFORMED, JSON },
	{ "application", RC_MALFORMED, JSON },
	{ "application/", RC_MALFORMED, JSON },
	{ "application/jso", RC_MALFORMED, JSON },
	{ "application/jsonx", RC_MALFORMED, JSON },
	{ "application/json5", RC_MALFORMED, JSON },
	{ "application/ json", RC_MALFORMED, JSON },
	{ "application/json, application/json", RC_MALFORMED, JSON },
	{ "application/transit+msgpack", RC_MALFORMED, JSON },
	{ "application/problem+json", RC_MALFORMED, JSON },
	{ "application/x-www-form-urlencoded", RC_MALFORMED, JSON },
	{ "text/json", RC_MALFORMED, JSON },
	{ "text/plain;application/json", RC_MALFORMED, JSON },
	{ "*/*", RC_MALFORMED, JSON },
};

static void a_body_says_what_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(contents); i++) {
		enum encoding encoding = JSON;

		if (media_of_content(contents[i].field, &encoding) != contents[i].rc ||
		    encoding != contents[i].encoding)
			fail_msg("%s", contents[i].field ? contents[i].field : "no field");
	}
}

/* The response's encoding for a request in JSON, and for one in Transit. */
static const struct {
	const char *field;
	enum encoding for_json, for_transit;
} accepts[] = {
	{ NULL, JSON, TRANSIT },
	{ "", JSON, TRANSIT },
	{ ",", JSON, TRANSIT },
	{ " , ,", JSON, TRANSIT },
	{ "*/*", JSON, TRANSIT },
	{ "application/*", JSON, TRANSIT },
	{ "*/*;q=0.1", JSON, TRANSIT },
	{ "text/html", JSON, TRANSIT },
	{ "text/*", JSON, TRANSIT },
	{ "application/transit+msgpack", JSON, TRANSIT },
	{ "application/json", JSON, JSON },
	{ "application/transit+json", TRANSIT, TRANSIT },
	{ "Application/JSON", JSON, JSON },
	{ "application/json;charset=utf-8", JSON, JSON },
	{ "application/json;q=0.001", JSON, JSON },
	{ "text/html, application/transit+json", TRANSIT, TRANSIT },
	{ "text/html;q=1,application/json;q=0.5", JSON, JSON },
	/* The first of two that are wanted alike, else the one wanted more. */
	{ "application/json, application/transit+json", JSON, JSON },
	{ "application/transit+json, application/json", TRANSIT, TRANSIT },
	{ "application/transit+json;q=0.5, application/json", JSON, JSON },
	{ "application/transit+json;q=0.5, application/json;q=0.6", JSON, JSON },
	{ "application/transit+json;q=0.6, application/json;q=0.5", TRANSIT, TRANSIT },
	{ "application/json;q=0.5,application/transit+json;q=0.501", TRANSIT, TRANSIT },
	{ "application/json;Q=0.5 , application/transit+json ; q=1.000", TRANSIT, TRANSIT },
	{ "application/json;charset=utf-8;q=0.2,application/transit+json;x=y;q=0.3", TRANSIT,
	  TRANSIT },
	{ "application/json;q=0.9,\tapplication/transit+json", TRANSIT, TRANSIT },
	/* Not wanted at all. */
	{ "application/json;q=0", JSON, TRANSIT },
	{ "application/json;q=0.000, application/transit+json;q=0.1", TRANSIT, TRANSIT },
	{ "application/json;q=0, */*", TRANSIT, TRANSIT },
	{ "*/*, application/transit+json;q=0", JSON, JSON },
	{ "application/*;q=0.5, application/json;q=0", TRANSIT, TRANSIT },
	/* A wildcard weighs what is not named, and prefers nothing of its own. */
	{ "application/transit+json, */*;q=0.1", TRANSIT, TRANSIT },
	{ "*/*;q=0.1, application/transit+json", TRANSIT, TRANSIT },
	{ "application/transit+json;q=0.5, */*", JSON, JSON },
	{ "*/*, application/transit+json", TRANSIT, TRANSIT },
	{ "application/transit+json, */*", TRANSIT, TRANSIT },
	{ "application/*;q=0.2, */*, application/json;q=0.3", JSON, JSON },
	{ "*/*;q=0", JSON, TRANSIT },
	{ "application/json, text/plain, */*", JSON, JSON },
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON, TRANSIT },
	/* Weights that are none count as nothing. */
	{ "application/json;q=-1, application/transit+json;q=0.1", TRANSIT, TRANSIT },
	{ "application/json;q=nan, application/transit+json;q=0.1", TRANSIT, TRANSIT },
	{ "application/json;q=inf, application/transit+json", TRANSIT, TRANSIT },
	{ "application/json;q=2, application/transit+json", TRANSIT, TRANSIT },
	{ "application/json;q=1e3, application/transit+json", TRANSIT, TRANSIT },
	{ "application/json;q=0x1, application/transit+json;q=0.1", TRANSIT, TRANSIT },
	{ "application/json;q=abc, application/transit+json;q=0.1", TRANSIT, TRANSIT },
	{ "application/json;q=, application/transit+json;q=0.1", TRANSIT, TRANSIT },
	{ "application/json;q=1.001, application/transit+json;q=0.1", TRANSIT, TRANSIT },
	{ "application/json;q=1., application/transit+json", JSON, JSON },
	{ "application/json;q=.9, application/transit+json;q=0.1", TRANSIT, TRANSIT },
	{ "application/json;q=0.9x, application/transit+json;q=0.1", TRANSIT, TRANSIT },
	{ "application/json;q=1 0, application/transit+json;q=0.1", TRANSIT, TRANSIT },
	{ "application/json;q=0.00000000001, application/transit+json;q=0.1", TRANSIT, TRANSIT },
};

static void an_answer_is_in_what_is_wanted_most(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(accepts); i++) {
		const char *field = accepts[i].field ? accepts[i].field : "no field";

		if (media_of_accept(accepts[i].field, JSON) != accepts[i].for_json)
			fail_msg("%s: in Transit, though asked in JSON", field);
		if (media_of_accept(accepts[i].field, TRANSIT) != accepts[i].for_transit)
			fail_msg("%s: not as it should be where asked in Transit", field);
	}
}

static const struct {
	const char *field;
	bool taken;
} codings[] = {
	{ NULL, false },
	{ "", false },
	{ "gzip", true },
	{ "GZIP", true },
	{ "x-gzip", true },
	{ "br, gzip", true },
	{ "gzip, deflate, br, zstd", true },
	{ "deflate, br", false },
	{ "notgzip", false },
	{ "gzipped", false },
	{ "*", true },
	{ "*;q=0", false },
	{ "gzip;q=0", false },
	{ "gzip ; q=0.000", false },
	{ "gzip;q=0, *", false },
	{ "gzip;q=0.001", true },
	{ "gzip;q=0.5, *;q=0", true },
	{ "gzip;q=0.5, identity", false },
	{ "gzip;q=0.5, identity;q=0.5", true },
	{ "identity;q=0.9, gzip;q=0.8", false },
	{ "identity;q=0, *;q=0.1", true },
	{ "gzip;q=x", false },
	{ ",, gzip ,", true },
};

static void gzip_is_for_those_who_take_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(codings); i++)
		if (media_takes_gzip(codings[i].field) != codings[i].taken)
			fail_msg("%s: %s", codings[i].field ? codings[i].field : "no field",
				 codings[i].taken ? "refused" : "taken");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_type_names_its_encoding),
		cmocka_unit_test(a_body_says_what_it_is),
		cmocka_unit_test(an_answer_is_in_what_is_wanted_most),
		cmocka_unit_test(gzip_is_for_those_who_take_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
