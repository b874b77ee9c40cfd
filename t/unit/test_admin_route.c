/* The table of the admin page's paths: which handler answers what, and what needs a
 * token. The handlers are stand-ins, so that nothing but the table is linked. */
#include "admin/route.h"

#include "admin/api.h"
#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define STAND_IN(name) \
	void name(struct exchange *exchange) \
	{ \
		(void)exchange; \
	}

STAND_IN(page_serve)
STAND_IN(api_session)
STAND_IN(api_numbers)
STAND_IN(api_users)
STAND_IN(api_tokens)
STAND_IN(api_token_add)
STAND_IN(api_token_rotate)
STAND_IN(api_token_revoke)
STAND_IN(api_token_set)
STAND_IN(api_invites)
STAND_IN(api_invite_add)
STAND_IN(api_invite_end)
STAND_IN(api_streams)
STAND_IN(api_stream_end)
STAND_IN(api_groups)
STAND_IN(api_documents)
STAND_IN(api_document)
STAND_IN(api_versions)
STAND_IN(api_document_put)
STAND_IN(api_audit)
STAND_IN(api_backup_ticket)
STAND_IN(api_backup_file)

static on_admin_exchange *handler(const char *path, enum evhttp_cmd_type method)
{
	return admin_route_handler(admin_route_find(path), method);
}

static void reads_and_changes_have_handlers_of_their_own(void **state)
{
	(void)state;
	assert_ptr_equal(handler("/api/tokens", EVHTTP_REQ_GET), api_tokens);
	assert_ptr_equal(handler("/api/tokens", EVHTTP_REQ_POST), api_token_add);
	assert_ptr_equal(handler("/api/tokens/set", EVHTTP_REQ_POST), api_token_set);
	assert_ptr_equal(handler("/api/users", EVHTTP_REQ_GET), api_users);
	assert_ptr_equal(handler("/api/invites/end", EVHTTP_REQ_POST), api_invite_end);
	assert_ptr_equal(handler("/api/document", EVHTTP_REQ_POST), api_document_put);
}

static void a_path_that_only_reads_changes_nothing(void **state)
{
	static const char *const reads[] = { "/api/session",     "/api/numbers",
					     "/api/users",       "/api/streams",
					     "/api/groups",      "/api/documents",
					     "/api/audit",       "/api/versions",
					     "/api/backup/file", "/",
					     "/nothing/there",   "/index.html" };
	static const char *const changes[] = { "/api/tokens/rotate", "/api/tokens/revoke",
					       "/api/tokens/set",    "/api/invites/end",
					       "/api/streams/end",   "/api/backup" };

	(void)state;
	for (size_t i = 0; i < COUNT(reads); i++) {
		assert_non_null(handler(reads[i], EVHTTP_REQ_GET));
		assert_null(handler(reads[i], EVHTTP_REQ_POST));
	}
	for (size_t i = 0; i < COUNT(changes); i++) {
		assert_null(handler(changes[i], EVHTTP_REQ_GET));
		assert_non_null(handler(changes[i], EVHTTP_REQ_POST));
	}
}

static void other_methods_have_none(void **state)
{
	static const enum evhttp_cmd_type methods[] = { EVHTTP_REQ_PUT,     EVHTTP_REQ_DELETE,
							EVHTTP_REQ_OPTIONS, EVHTTP_REQ_TRACE,
							EVHTTP_REQ_CONNECT, EVHTTP_REQ_PATCH };

	(void)state;
	for (size_t i = 0; i < COUNT(methods); i++) {
		assert_null(handler("/api/tokens", methods[i]));
		assert_null(handler("/", methods[i]));
	}
	assert_null(handler("/api/tokens", EVHTTP_REQ_HEAD));
	assert_ptr_equal(handler("/", EVHTTP_REQ_HEAD), page_serve);
}

/* What a browser loads by itself, without the page's token. */
static void only_the_page_and_downloads_are_open(void **state)
{
	static const char *const closed[] = {
		"/api/session",     "/api/numbers",       "/api/users",         "/api/tokens",
		"/api/tokens/set",  "/api/tokens/rotate", "/api/tokens/revoke", "/api/invites",
		"/api/invites/end", "/api/streams",       "/api/streams/end",   "/api/groups",
		"/api/documents",   "/api/document",      "/api/versions",      "/api/audit",
		"/api/backup",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(closed); i++) {
		const struct admin_route *route = admin_route_find(closed[i]);

		assert_non_null(route->path);
		assert_string_equal(route->path, closed[i]);
		assert_false(route->open);
	}
	assert_true(admin_route_find("/")->open);
	assert_true(admin_route_find("/api/backup/file")->open);
}

/* A path is one of the API as a whole or not at all: the page's handler has nothing of
 * the database, and finds no file. */
static void what_is_nearly_a_path_is_the_page(void **state)
{
	static const char *const near[] = { "",
					    "/api",
					    "/api/",
					    "/api/token",
					    "/api/tokens/",
					    "/api/tokens/x",
					    "/API/tokens",
					    "//api/tokens",
					    "/api/tokens%2fset",
					    "/api/backup/file/" };

	(void)state;
	for (size_t i = 0; i < COUNT(near); i++) {
		assert_null(admin_route_find(near[i])->path);
		assert_ptr_equal(handler(near[i], EVHTTP_REQ_GET), page_serve);
	}
}

/* The field Allow of a refusal says what is there. */
static void allow_names_the_methods(void **state)
{
	static const char *const paths[] = { "/api/session",  "/api/tokens", "/api/tokens/set",
					     "/api/document", "/api/backup", "/" };

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		const struct admin_route *route = admin_route_find(paths[i]);

		assert_true((strstr(route->allow, "GET") != NULL) ==
			    (admin_route_handler(route, EVHTTP_REQ_GET) != NULL));
		assert_true((strstr(route->allow, "POST") != NULL) ==
			    (admin_route_handler(route, EVHTTP_REQ_POST) != NULL));
		assert_true((strstr(route->allow, "HEAD") != NULL) ==
			    (admin_route_handler(route, EVHTTP_REQ_HEAD) != NULL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_changes_have_handlers_of_their_own),
		cmocka_unit_test(a_path_that_only_reads_changes_nothing),
		cmocka_unit_test(other_methods_have_none),
		cmocka_unit_test(only_the_page_and_downloads_are_open),
		cmocka_unit_test(what_is_nearly_a_path_is_the_page),
		cmocka_unit_test(allow_names_the_methods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
