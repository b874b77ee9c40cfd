/* Fault points: named places where a test may end or stop the process that comes by, or
 * have it do the wrong thing.
 *
 * Only in a build with --enable-faults; elsewhere FAULT() is nothing. The environment
 * variable POCKETBOOK_FAULTS lists what is to happen: `NAME=ACTION[@N]`, separated by
 * commas; ACTION is `kill` (SIGKILL), `stop` (SIGSTOP) or `exec` (tries to become
 * another program), N the visit at which it happens (1 unless told), counted over all
 * processes; or `wrong`, which happens at every Nth visit and shows that a test would
 * notice.
 *
 * The variable POCKETBOOK_LEVERS names a file of struct fault_levers, which a test
 * writes to while the program runs. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where FAULT() stands. */
#define FAULT_POINTS(X) \
	X(writer_before_commit, "the writer has gathered a batch and not begun its transaction") \
	X(log_write, "the writer is about to write a page of a transaction to the log") \
	X(log_sync, "in COMMIT: the log is written and not synced") \
	X(writer_after_commit, "the transaction is durable, nobody was answered") \
	X(writer_after_answer, "the answers are on their way, nothing is published") \
	X(ring_before_committed, \
	  "in publishing: the buckets are raised, the newest number is not") \
	X(ring_in_entry, "in publishing: a hint is half written") \
	X(ring_before_wake, "in publishing: the hints are written, nobody was woken") \
	X(checkpoint_write, "in a checkpoint: about to copy a page into the database") \
	X(checkpoint_sync, "in a checkpoint: the pages are copied and not synced") \
	X(pull_in_page, "a worker is in the middle of reading a page, of a pull or a stream") \
	X(catch_up_page, "a worker has a page for a stream that catches up, and has not sent it") \
	X(takeover_paired, "in a reload or an upgrade: two workers were told of each other") \
	X(handoff_given, "a worker has given a connection or a stream to its successor") \
	X(handoff_taken, "a worker was given one and has not looked at it") \
	X(backup_copied, "a backup is copied, and has no name yet") \
	X(restore_made, "a restore: the new database is whole, the old one untouched") \
	X(restore_retired, \
	  "a restore: the old database is folded into one file, the new one has no name yet") \
	X(import_batch, "an import, between two batches")

/* Where FAULT_MUTANT() stands, and what is wrong there. */
#define FAULT_MUTANTS(X) \
	X(commit_left_out, "a batch is answered without its COMMIT") \
	X(stale_applied, "a write on a stale base is applied") \
	X(op_forgotten, "a write is stored without its op") \
	X(version_skipped, "a version grows by two") \
	X(atomic_ignored, "an atomic push is applied in part") \
	X(cursor_ahead, "the cursor of a page is one too far") \
	X(hints_dropped, "a commit publishes no hints") \
	X(page_dropped, "a page that was read for a group's streams is not sent") \
	X(resume_forgotten, "a stream does not begin at its last event") \
	X(lapped_untold, "a reader that the ring has lapped is not told") \
	X(purge_takes_living, "a purge takes a document that is not deleted") \
	X(horizon_kept, "a purge does not move the horizon") \
	X(generation_ignored, \
	  "a worker tells a page that it keeps again, whatever was committed since") \
	X(generation_kept, "a commit leaves the edition as it was") \
	X(answers_crossed, "two pushes of one commit get each other's answers") \
	X(refusal_spoils, \
	  "an atomic push that is refused takes along what its commit has of others")

#ifdef ENABLE_FAULTS
#define FAULT_POINT_MAX 64

struct fault_levers {
	_Atomic int64_t pid;         /* whose allocations are counted; 0: everybody's */
	_Atomic int64_t allocations; /* this one from now fails, 1 the next; 0: none */
	_Atomic int64_t wall_s;      /* by so much the wall clock is wrong */
	_Atomic int64_t
		visits; /* at this visit of the point from now its process is killed; 0: at none */
	char point[FAULT_POINT_MAX];
};

/* Reads the variables; call once, before the first fork. A word that it does not know
 * ends the process. */
void fault_setup(void);
void fault_visit(const char *name);
#define FAULT(name) fault_visit(name)
/* Is the wrong thing to be done here, this time? */
bool fault_mutates(const char *name);
#define FAULT_MUTANT(name) fault_mutates(name)
/* Is this the allocation that fails? */
bool fault_allocation(void);
#define FAULT_ALLOCATION() fault_allocation()
int64_t fault_wall_s(void);
#define FAULT_WALL_S() fault_wall_s()
#else
#define fault_setup() ((void)0)
#define FAULT(name) ((void)0)
#define FAULT_MUTANT(name) false
#define FAULT_ALLOCATION() false
#define FAULT_WALL_S() 0
#endif

#endif
