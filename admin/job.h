/* Work that reads the whole database: one at a time, from the process's own loop, which
 * each job lets turn every few milliseconds (job_breathe). So requests that need no job
 * are answered meanwhile, without threads, which SQLite is not built for here. */
#ifndef ADMIN_JOB_H
#define ADMIN_JOB_H

#include "base/rc.h"

#include <stdint.h>
#include <sys/queue.h>

struct admin;
struct job;

TAILQ_HEAD(job_list, job);

struct jobs {
	struct job_list waiting;
	uint64_t breathed; /* clock_ms() when the running job has last let the loop turn */
};

/* Runs in a turn of the loop of its own; must answer what it was made for. */
typedef void on_job(struct admin *admin, void *arg);

void jobs_init(struct jobs *jobs);
void job_add(struct admin *admin, on_job *run, void *arg);
/* Runs all that wait, for the loop. */
void jobs_run(struct admin *admin);
/* For a job, often: lets the loop turn if it has waited for long. RC_UNAVAILABLE: the
 * process is to end, and the job should too. */
MUST_USE enum rc job_breathe(struct admin *admin);

#endif
