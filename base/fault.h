/* Fault injection: named points in the code where a test can kill or stop the process,
 * and mutants, which are seeded bugs that a test must detect.
 *
 * Only in a build with --enable-faults; in other builds the macros expand to nothing.
 * The environment variable POCKETBOOK_FAULTS is a comma-separated list of
 * `NAME=ACTION[@N]`. For a point, ACTION is `kill` (SIGKILL), `stop` (SIGSTOP) or
 * `exec` (an attempt to execute another program), at the Nth visit (default 1), counted
 * over all processes. For a mutant, ACTION is `wrong`, at every Nth visit.
 *
 * The variable POCKETBOOK_LEVERS names a file that contains a struct fault_levers, to
 * which a test writes while the program runs.
 *
 * To add a point: put FAULT("name") where it belongs, a row into the table of
 * doc/reliability.md, and the name into t/history/nemesis.mjs (for a point in a
 * command: into the test of that command). To add a mutant: FAULT_MUTANT("name"), a row
 * in doc/reliability.md, and an entry in t/history/mutants.mjs.
 * t/history/names.test.mjs checks that all of these agree. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef ENABLE_FAULTS
#define FAULT_POINT_MAX 64

struct fault_levers {
	_Atomic int64_t pid;         /* the process whose allocations count; 0: all */
	_Atomic int64_t allocations; /* the nth allocation from now fails; 0: none */
	_Atomic int64_t wall_s;      /* added to the wall clock */
	_Atomic int64_t visits;      /* kill at the nth visit of `point` from now; 0: never */
	char point[FAULT_POINT_MAX];
};

/* Reads the variables; call once, before the first fork. An unknown name or action ends
 * the process. */
void fault_setup(void);
void fault_visit(const char *name);
/* Is the mutant active at this visit? */
bool fault_mutates(const char *name);

/* The names of all points and mutants, collected by the linker: a misspelled name in
 * POCKETBOOK_FAULTS must be an error, and base must not list what other folders
 * have. */
#define FAULT_NAME_(section_name, text) \
	static const char *const fault_name_ __attribute__((section(section_name), used)) = text
#define FAULT(name) \
	({ \
		FAULT_NAME_("fault_points", name); \
		fault_visit(fault_name_); \
	})
#define FAULT_MUTANT(name) \
	({ \
		FAULT_NAME_("fault_mutants", name); \
		fault_mutates(fault_name_); \
	})

/* Must this allocation fail? */
bool fault_allocation(void);
#define FAULT_ALLOCATION() fault_allocation()
int64_t fault_wall_s(void);
#define FAULT_WALL_S() fault_wall_s()
/* The number in this environment variable, by which a test makes a time or an amount
 * smaller; `usual` if it is not set. */
uint64_t fault_number(const char *variable, uint64_t usual);
#define FAULT_NUMBER(variable, usual) fault_number(variable, usual)
#else
#define fault_setup() ((void)0)
#define FAULT(name) ((void)0)
#define FAULT_MUTANT(name) false
#define FAULT_ALLOCATION() false
#define FAULT_WALL_S() 0
#define FAULT_NUMBER(variable, usual) (usual)
#endif

#endif
