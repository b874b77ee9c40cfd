#include "worker/http/cors.h"

#include "worker/route.h"

static bool cors_allows(const struct worker_settings *settings, const char *origin)
{
	for (size_t i = 0; i < settings->cors_count; i++)
		if (strcmp(settings->cors[i], "*") == 0 || strcmp(settings->cors[i], origin) == 0)
			return true;
	return false;
}

#define EXPOSED "Retry-After, WWW-Authenticate, " ANSWER_REQUEST_FIELD

void cors_begin(struct request *request)
{
	const char *origin = request_header(request, "Origin");

	if (request->worker->settings->cors_count)
		request_set_header(request, "Vary", "Origin");
	if (origin == NULL || strlen(origin) >= sizeof(request->origin) ||
	    !cors_allows(request->worker->settings, origin))
		return;
	strcpy(request->origin, origin);
	request_set_header(request, "Access-Control-Allow-Origin", request->origin);
	request_set_header(request, "Access-Control-Expose-Headers", EXPOSED);
}

void cors_put(const struct worker_settings *settings, const char *origin, struct buf *out)
{
	if (settings->cors_count)
		buf_put_text(out, "Vary: Origin\r\n");
	if (*origin && cors_allows(settings, origin))
		buf_putf(
			out,
			"Access-Control-Allow-Origin: %s\r\nAccess-Control-Expose-Headers: " EXPOSED
			"\r\n",
			origin);
}

void cors_preflight(struct request *request)
{
	request_set_header(request, "Allow", request->route->allow);
	if (request->origin[0]) {
		request_set_header(request, "Access-Control-Allow-Methods", request->route->allow);
		request_set_header(request, "Access-Control-Allow-Headers",
				   "Authorization, Content-Type, Accept, Last-Event-ID");
		request_set_header(request, "Access-Control-Max-Age", "7200");
		/* Of a public page that calls a server in a private network (Private
		 * Network Access, 3.1.1). */
		if (request_header(request, "Access-Control-Request-Private-Network"))
			request_set_header(request, "Access-Control-Allow-Private-Network", "true");
	}
	request_answer_static(request, 204, slice_of(""));
}
