/* What pulls and pushes share: the headers of responses and refusals. Called by
 * sync_pull.c and sync_push.c. */
#include "worker/sync.h"

#include "worker/dispatch.h"
#include "worker/http/media.h"

void sync_set_headers(struct exchange *exchange)
{
	struct request *request = &exchange->request;

	request_set_header(request, "Content-Type", media_type(exchange->encoding));
	request_set_header(request, "Cache-Control", "no-store");
	request_set_header(request, "Cross-Origin-Resource-Policy", "same-origin");
}

static const char *sync_failure(enum rc rc)
{
	switch (rc) {
	case RC_BUSY:
		return "too many writes are waiting; try again";
	case RC_FULL:
		return "the server's disk is full; try again when there is room";
	case RC_READ_ONLY:
		return "the server's disk is read-only; try again when it takes writes";
	case RC_MOVED:
		return "the files of the database were moved; try again when they are back";
	case RC_CORRUPT:
		return "a document that this request needs is corrupted on the server";
	default:
		return "the database does not answer; try again";
	}
}

void sync_refuse_failed(struct exchange *exchange, enum rc rc)
{
	request_refuse(&exchange->request, problem_of(rc), sync_failure(rc));
}
