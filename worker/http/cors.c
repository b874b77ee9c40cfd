/* The fields of the CORS protocol. Called by worker/dispatch at the beginning of a
 * request, and by worker/events for the head of a stream. */
#include "worker/http/cors.h"

#define EXPOSED "Retry-After, WWW-Authenticate, " PROBLEM_REQUEST_FIELD

static bool cors_allows(const struct cors *cors, const char *origin)
{
	for (size_t i = 0; i < cors->count; i++)
		if (strcmp(cors->origins[i], "*") == 0 || strcmp(cors->origins[i], origin) == 0)
			return true;
	return false;
}

void cors_begin(const struct cors *cors, struct request *request)
{
	const char *origin = request_header(request, "Origin");

	if (cors->count)
		request_set_header(request, "Vary", "Origin");
	if (origin == NULL || strlen(origin) >= sizeof(request->origin) ||
	    !cors_allows(cors, origin))
		return;
	strcpy(request->origin, origin);
	request_set_header(request, "Access-Control-Allow-Origin", request->origin);
	request_set_header(request, "Access-Control-Expose-Headers", EXPOSED);
}

void cors_put(const struct cors *cors, const char *origin, struct buf *out)
{
	if (cors->count)
		buf_put_text(out, "Vary: Origin\r\n");
	if (*origin && cors_allows(cors, origin))
		buf_putf(
			out,
			"Access-Control-Allow-Origin: %s\r\nAccess-Control-Expose-Headers: " EXPOSED
			"\r\n",
			origin);
}

void cors_preflight(struct request *request)
{
	request_set_header(request, "Allow", request->allow);
	if (request->origin[0]) {
		request_set_header(request, "Access-Control-Allow-Methods", request->allow);
		request_set_header(request, "Access-Control-Allow-Headers",
				   "Authorization, Content-Type, Accept, Last-Event-ID");
		request_set_header(request, "Access-Control-Max-Age", "7200");
		/* From a public page to a server in a private network (Private Network
		 * Access, 3.1.1). */
		if (request_header(request, "Access-Control-Request-Private-Network"))
			request_set_header(request, "Access-Control-Allow-Private-Network", "true");
	}
	request_answer_static(request, 204, slice_of(""));
}
