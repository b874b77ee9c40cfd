/* The probes of supervisors and load balancers. See route.c for their paths. */
#include "worker/health.h"

#include "shm/scoreboard.h"
#include "store/store.h"
#include "worker/dispatch.h"
#include "worker/writer_link.h"

static void health_answer(struct request *request, const char *text)
{
	request_set_header(request, "Content-Type", "text/plain; charset=utf-8");
	request_set_header(request, "Cache-Control", "no-store");
	request_answer_static(request, 200, slice_of(text));
}

void health_live(struct exchange *exchange)
{
	health_answer(&exchange->request, "ok\n");
}

/* Has any worker met a damaged document since the start? */
static bool has_damage(const struct shm *shm)
{
	bool has = false;

	for (unsigned slot = 0; slot < shm_slots(shm); slot++)
		has |= scoreboard_get(shm, slot, METRIC_DAMAGED) != 0;
	return has;
}

static void on_head(void *arg, enum rc rc, const struct store_places *places)
{
	struct exchange *exchange = arg;
	const struct shm *shm = exchange->worker->from->shm;

	(void)places;
	if (scoreboard_get(shm, scoreboard_writer(shm), METRIC_DATABASE_MOVED))
		request_refuse(&exchange->request, PROBLEM_UNAVAILABLE,
			       "the files of the database were moved");
	else if (rc != RC_OK)
		request_refuse(&exchange->request, PROBLEM_UNAVAILABLE,
			       "the database does not answer");
	else if (!writer_link_is_well(exchange->worker->link))
		request_refuse(&exchange->request, PROBLEM_UNAVAILABLE,
			       "the writer does not answer");
	else
		health_answer(&exchange->request,
			      has_damage(shm) ? "ready\nwarning: damaged documents were read; run "
						"'pocketbook check'\n"
					      : "ready\n");
}

void health_ready(struct exchange *exchange)
{
	store_head(exchange->worker->store, on_head, exchange);
}
