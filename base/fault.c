/* Fault injection for tests: reads the environment and the levers, and acts at the
 * points and mutants that other folders declare with the macros of base/fault.h.
 * t/history drives it. Empty in a normal build. */
#include "base/fault.h"

#ifdef ENABLE_FAULTS

#include "base/text.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FAULTS_MAX 16

struct fault {
	char name[64];
	int signal; /* 0: a mutant; SIGSYS: execute a program, which the sandbox forbids */
	unsigned at;
	atomic_uint visits; /* by all processes */
};

static struct fault *faults;
static size_t fault_count;
static struct fault_levers *levers;

/* The bounds of the sections that FAULT() and FAULT_MUTANT() fill; NULL if empty. */
extern const char *const __start_fault_points[] __attribute__((weak));
extern const char *const __stop_fault_points[] __attribute__((weak));
extern const char *const __start_fault_mutants[] __attribute__((weak));
extern const char *const __stop_fault_mutants[] __attribute__((weak));

static bool fault_is_among(const char *name, const char *const *from, const char *const *end)
{
	for (; from < end; from++)
		if (strcmp(*from, name) == 0)
			return true;
	return false;
}

/* NAME=ACTION[@N] */
static bool fault_read(const char *word, struct fault *fault)
{
	size_t name = strcspn(word, "=@");
	size_t verb = word[name] == '=' ? strcspn(word + name + 1, "@") : 0;
	struct slice action = slice_make(word + name + 1, verb);
	const char *at = action.data + verb;
	uint64_t visit = 1;

	if (name == 0 || name >= sizeof(fault->name) || verb == 0)
		return false;
	if (*at && (text_number(slice_of(at + 1), UINT_MAX, &visit) != RC_OK || visit == 0))
		return false;
	memcpy(fault->name, word, name);
	fault->signal = slice_is(action, "kill")   ? SIGKILL
			: slice_is(action, "stop") ? SIGSTOP
			: slice_is(action, "exec") ? SIGSYS
						   : 0;
	fault->at = (unsigned)visit;
	if (fault->signal)
		return fault_is_among(fault->name, __start_fault_points, __stop_fault_points);
	return slice_is(action, "wrong") &&
	       fault_is_among(fault->name, __start_fault_mutants, __stop_fault_mutants);
}

static void fault_parse(const char *word)
{
	if (fault_count == FAULTS_MAX) {
		fprintf(stderr, "pocketbook: POCKETBOOK_FAULTS: more than %d words\n", FAULTS_MAX);
		exit(2);
	}
	if (!fault_read(word, &faults[fault_count])) {
		fprintf(stderr,
			"pocketbook: POCKETBOOK_FAULTS: cannot read \"%s\"; write NAME=kill, "
			"NAME=stop@N or NAME=wrong@N, with a NAME from "
			"doc/reliability.md\n",
			word);
		exit(2);
	}
	fault_count++;
}

/* A missing or short file ends the process: without its levers a test would prove
 * nothing. */
static void fault_set_levers(void)
{
	const char *path = getenv("POCKETBOOK_LEVERS");
	int fd;

	if (path == NULL || *path == 0)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || lseek(fd, 0, SEEK_END) != sizeof(*levers)) {
		fprintf(stderr, "pocketbook: POCKETBOOK_LEVERS: %s is not a file of %zu bytes\n",
			path, sizeof(*levers));
		exit(2);
	}
	levers = mmap(NULL, sizeof(*levers), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (levers == MAP_FAILED)
		abort();
}

void fault_setup(void)
{
	const char *list = getenv("POCKETBOOK_FAULTS");
	char *copy, *rest;

	fault_set_levers();
	if (list == NULL || *list == 0)
		return;
	faults = mmap(NULL, FAULTS_MAX * sizeof(*faults), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	copy = strdup(list);
	if (faults == MAP_FAILED || copy == NULL)
		abort();
	for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
		fault_parse(word);
	free(copy);
}

/* Counts down; true once, when the count reaches 0. */
static bool fault_is_due(_Atomic int64_t *left)
{
	return atomic_load(left) > 0 && atomic_fetch_sub(left, 1) == 1;
}

static void fault_do(int signal)
{
	if (signal == SIGSYS)
		(void)execl("/bin/true", "true", (char *)NULL);
	else
		kill(getpid(), signal);
}

void fault_visit(const char *name)
{
	if (levers && atomic_load(&levers->visits) > 0 &&
	    strncmp(levers->point, name, FAULT_POINT_MAX) == 0 && fault_is_due(&levers->visits))
		kill(getpid(), SIGKILL);
	for (size_t i = 0; i < fault_count; i++)
		if (faults[i].signal && strcmp(faults[i].name, name) == 0 &&
		    atomic_fetch_add(&faults[i].visits, 1) + 1 == faults[i].at)
			fault_do(faults[i].signal);
}

bool fault_mutates(const char *name)
{
	for (size_t i = 0; i < fault_count; i++)
		if (!faults[i].signal && strcmp(faults[i].name, name) == 0)
			return (atomic_fetch_add(&faults[i].visits, 1) + 1) % faults[i].at == 0;
	return false;
}

bool fault_allocation(void)
{
	if (levers == NULL || atomic_load(&levers->allocations) <= 0)
		return false;
	if (atomic_load(&levers->pid) != 0 && atomic_load(&levers->pid) != getpid())
		return false;
	return fault_is_due(&levers->allocations);
}

uint64_t fault_number(const char *variable, uint64_t usual)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 10) : usual;
}

int64_t fault_wall_s(void)
{
	return levers ? atomic_load(&levers->wall_s) : 0;
}

#endif
