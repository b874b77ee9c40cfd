/* The queue of jobs. Called by admin.c and by the files of requests that scan. */
#include "admin/job.h"

#include "admin/state.h"
#include "base/clock.h"
#include "base/mem.h"
#include "worker/store_events.h"

#include <event2/event.h>
#include <stdlib.h>

#define BREATH_MS 5

struct job {
	TAILQ_ENTRY(job) next;
	on_job *run;
	void *arg;
};

void jobs_init(struct jobs *jobs)
{
	TAILQ_INIT(&jobs->waiting);
}

void job_add(struct admin *admin, on_job *run, void *arg)
{
	struct job *job = mem_alloc(sizeof(*job));

	job->run = run;
	job->arg = arg;
	TAILQ_INSERT_TAIL(&admin->jobs.waiting, job, next);
}

void jobs_run(struct admin *admin)
{
	struct job *job;

	while ((job = TAILQ_FIRST(&admin->jobs.waiting)) != NULL) {
		TAILQ_REMOVE(&admin->jobs.waiting, job, next);
		admin->jobs.breathed = clock_ms();
		job->run(admin, job->arg);
		free(job);
	}
}

enum rc job_breathe(struct admin *admin)
{
	const uint64_t now = clock_ms();

	if (now - admin->jobs.breathed >= BREATH_MS) {
		store_events_update(admin->store_events);
		(void)event_base_loop(admin->base, EVLOOP_NONBLOCK);
		admin->jobs.breathed = clock_ms();
	}
	return admin->state == ADMIN_ENDED ? RC_UNAVAILABLE : RC_OK;
}
