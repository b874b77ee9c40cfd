#include "worker/health.h"

#include "store/store.h"

static void health_answer(struct request *request, const char *text)
{
	request_set_header(request, "Content-Type", "text/plain; charset=utf-8");
	request_set_header(request, "Cache-Control", "no-store");
	request_answer_static(request, 200, slice_of(text));
}

void health_live(struct request *request)
{
	health_answer(request, "ok\n");
}

static void on_head(void *arg, enum rc rc, const struct store_cursor *place)
{
	(void)place;
	if (rc == RC_OK)
		health_answer(arg, "ready\n");
	else
		request_refuse(arg, PROBLEM_UNAVAILABLE, "the database does not answer");
}

void health_ready(struct request *request)
{
	store_head(request->worker->store, on_head, request);
}
