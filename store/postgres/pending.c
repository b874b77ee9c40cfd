/* See pending.h. Called by line.c. */
#include "store/postgres/pending.h"

#include "base/mem.h"

#include <stdlib.h>

void pending_init(struct pending *pending)
{
	pending->first = NULL;
	pending->last = &pending->first;
}

void pending_add(struct pending *pending, uint64_t deadline, on_line_result *on_result, void *arg)
{
	struct request *request = mem_alloc(sizeof(*request));

	*request = (struct request){ .on_result = on_result, .arg = arg, .deadline = deadline };
	*pending->last = request;
	pending->last = &request->next;
}

struct request *pending_take(struct pending *pending)
{
	struct request *request = pending->first;

	pending->first = request->next;
	if (pending->first == NULL)
		pending->last = &pending->first;
	return request;
}

void pending_answer(struct request *request, enum rc rc)
{
	if (request->on_result)
		request->on_result(request->arg, rc, request->result);
	PQclear(request->result);
	free(request);
}

void pending_fail(struct pending *pending)
{
	struct request *request = pending->first;

	pending_init(pending);
	while (request) {
		struct request *next = request->next;

		PQclear(request->result);
		request->result = NULL;
		pending_answer(request, RC_UNAVAILABLE);
		request = next;
	}
}
