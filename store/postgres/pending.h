/* The statements that a connection has sent and that have not been answered, in their
 * order. */
#ifndef STORE_POSTGRES_PENDING_H
#define STORE_POSTGRES_PENDING_H

#include "store/postgres/line.h"

#include <stdint.h>

struct request {
	struct request *next;
	on_line_result *on_result; /* NULL: of the setup */
	void *arg;
	PGresult *result; /* the first, while its sync has not been read */
	uint64_t deadline;
};

struct pending {
	struct request *first;
	struct request **last;
};

void pending_init(struct pending *pending);
void pending_add(struct pending *pending, uint64_t deadline, on_line_result *on_result, void *arg);
/* Removes the first one, which the caller answers. */
struct request *pending_take(struct pending *pending);
/* Frees the request. */
void pending_answer(struct request *request, enum rc rc);
/* Answers all with RC_UNAVAILABLE. What callbacks add meanwhile is not among them. */
void pending_fail(struct pending *pending);

#endif
