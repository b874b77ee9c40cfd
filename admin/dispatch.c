/* Begins each request and checks that it may be made. Called by worker/http/conns; the
 * table of paths is route.c. */
#include "admin/dispatch.h"

#include "admin/api.h"
#include "admin/route.h"
#include "auth/auth.h"
#include "auth/throttle.h"
#include "base/mem.h"
#include "worker/http/host.h"
#include "worker/http/request_line.h"

#include <stdlib.h>
#include <strings.h>

#define FIELD "X-Pocketbook-Admin"

static void on_end(struct request *request)
{
	struct exchange *exchange = (struct exchange *)request;

	identity_unref(exchange->identity);
	free(exchange->own);
	free(exchange);
}

void dispatch_admin_options(struct request_options *out, const struct admin *admin)
{
	*out = (struct request_options){
		.access_log = &admin->access_log,
		.trusted = { admin->settings->trusted, admin->settings->trusted_count },
		.on_end = on_end,
	};
}

struct actor exchange_actor(const struct exchange *exchange)
{
	const struct identity *identity = exchange->identity;

	if (identity == NULL)
		return (struct actor){ .token = slice_of(""), .user = slice_of("") };
	return (struct actor){ .token = slice_of(identity->id), .user = identity->user };
}

/* ---- The token ---- */

static void exchange_handle(struct exchange *exchange)
{
	admin_route_handler(exchange->route, exchange->request.method)(exchange);
}

static void on_identified(void *arg, enum rc rc, struct identity *identity)
{
	struct exchange *exchange = arg;
	struct request *request = &exchange->request;

	if (rc == RC_BUSY) {
		request_refuse_for(request, PROBLEM_THROTTLED,
				   auth_wait(exchange->admin->auth, &request->client),
				   "too many invalid tokens from this address; try again later");
	} else if (rc == RC_DENIED) {
		request_refuse(
			request, PROBLEM_UNAUTHORIZED,
			"the token is not valid: it is malformed, unknown, revoked or expired");
	} else if (rc != RC_OK) {
		request_refuse(request, problem_of(rc), "the token could not be checked");
	} else if (!identity_is_admin(identity)) {
		request_refuse(request, PROBLEM_FORBIDDEN,
			       "this is no token of an administrator (token add --admin)");
	} else {
		exchange->identity = identity_ref(identity);
		exchange_handle(exchange);
	}
}

static void exchange_check_token(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	const char *field = request_header(request, "Authorization");

	if (exchange->route->open || exchange->admin->auth == NULL)
		exchange_handle(exchange);
	else if (field == NULL || strncasecmp(field, "Bearer ", 7) != 0)
		request_refuse(
			request, PROBLEM_UNAUTHORIZED,
			"a token of an administrator is needed: Authorization: Bearer TOKEN");
	else
		auth_identify(exchange->admin->auth, slice_of(field + 7 + strspn(field + 7, " ")),
			      &request->client, on_identified, exchange);
}

/* ---- The origin of a request ---- */

/* Elsewhere than on loopback, tokens are safe only within the proxy's TLS. */
static bool peer_is_allowed(const struct exchange *exchange)
{
	const struct admin *admin = exchange->admin;
	struct address peer;

	if (admin->from->is_unix || admin->from->is_loopback)
		return true;
	if (address_parse(slice_of(conn_peer(exchange->request.conn)), &peer) != RC_OK)
		return false;
	for (size_t i = 0; i < admin->settings->trusted_count; i++)
		if (cidr_contains(&admin->settings->trusted[i], &peer))
			return true;
	return false;
}

static bool host_is_allowed(const struct exchange *exchange)
{
	const struct worker_settings *settings = exchange->admin->settings;
	const char *host = request_host(&exchange->request);

	return host == NULL || host_is_own(slice_of(host), settings->hosts, settings->host_count);
}

/* The part behind the scheme is the Host, as both are the browser's. */
static bool origin_is_own(const struct exchange *exchange)
{
	const char *origin = request_header(&exchange->request, "Origin");
	const char *site = request_header(&exchange->request, "Sec-Fetch-Site");
	const char *host = request_host(&exchange->request);
	const char *from = origin ? strstr(origin, "://") : NULL;

	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return false;
	return origin == NULL || (from && host && strcasecmp(from + 3, host) == 0);
}

static bool is_api(const struct exchange *exchange)
{
	return exchange->route->path != NULL;
}

/* The page's handler takes GET of any path, and has nothing there. */
static bool is_unknown_api(const struct exchange *exchange)
{
	const struct slice path = slice_of(exchange->request.path);

	return !is_api(exchange) &&
	       (slice_is(path, "/api") || slice_starts(path, slice_of("/api/")));
}

static void exchange_check(struct exchange *exchange)
{
	struct request *request = &exchange->request;

	if (!peer_is_allowed(exchange))
		request_refuse(request, PROBLEM_FORBIDDEN,
			       "only a proxy of --trusted-proxy may connect to this address");
	else if (!host_is_allowed(exchange))
		request_refuse(request, PROBLEM_HOST,
			       "the admin page answers only to localhost, loopback addresses and "
			       "the names that --server-name gives it");
	else if (is_unknown_api(exchange))
		request_refuse(request, PROBLEM_NOT_FOUND, "there is nothing at this path");
	else if (admin_route_handler(exchange->route, request->method) == NULL)
		request_refuse(request, PROBLEM_METHOD, "this path does not support this method");
	else if (is_api(exchange) && !origin_is_own(exchange))
		request_refuse(request, PROBLEM_FORBIDDEN,
			       "the request comes from a page of another origin");
	else if (is_api(exchange) && !exchange->route->open &&
		 request_header(request, FIELD) == NULL)
		request_refuse(request, PROBLEM_FORBIDDEN,
			       "requests to the API need the field " FIELD ": 1");
	else
		exchange_check_token(exchange);
}

void dispatch_admin_request(void *arg, struct conn *conn, const struct incoming *incoming)
{
	struct admin *admin = arg;
	struct exchange *exchange = mem_alloc(sizeof(*exchange));
	struct request *request = &exchange->request;
	struct error err;
	enum rc rc = request_begin(request, &admin->request_options, conn, incoming, &err);

	exchange->admin = admin;
	exchange->route = admin_route_find(request->path);
	request->allow = exchange->route->allow;
	if (rc != RC_OK)
		request_refuse(request, PROBLEM_BAD_REQUEST, err.text);
	else
		exchange_check(exchange);
}

/* ---- Requests that break HTTP ---- */

void dispatch_admin_refused(void *arg, const struct conn_refusal *refusal, struct buf *response)
{
	const struct admin *admin = arg;
	const char *fields = refusal->status == 405 ? "Allow: GET, HEAD, POST\r\n" : "";
	struct access_log_entry entry;
	struct request_line line;
	struct access_log_response logged = {
		.route = SCOREBOARD_OTHER,
		.method = "-",
		.path = "-",
		.client = refusal->client,
		.status = refusal->status,
	};

	if (request_line_read(refusal->head, &line)) {
		logged.method = line.method;
		logged.path = line.path.data;
	}
	access_log_begin(&admin->access_log, &entry);
	access_log_refused(&entry, &logged, refusal->detail);
	access_log_end(&admin->access_log, &entry, &logged);
	problem_put_response(response, problem_of_status(refusal->status), refusal->detail,
			     entry.id, slice_of(fields), refusal->is_head);
	request_line_clear(&line);
}
