#include "base/fault.h"

#ifdef ENABLE_FAULTS

#include "base/text.h"

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
	int signal; /* 0: go wrong */
	unsigned at;
	atomic_uint visits; /* of all processes together */
};

static struct fault *faults;
static size_t fault_count;

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
	fault->signal = slice_is(action, "kill") ? SIGKILL : slice_is(action, "stop") ? SIGSTOP : 0;
	fault->at = (unsigned)visit;
	return fault->signal != 0 || slice_is(action, "wrong");
}

static void fault_parse(const char *word)
{
	if (fault_count == FAULTS_MAX) {
		fprintf(stderr, "pocketbook: POCKETBOOK_FAULTS: more than %d words\n", FAULTS_MAX);
		exit(2);
	}
	if (!fault_read(word, &faults[fault_count])) {
		fprintf(stderr, "pocketbook: POCKETBOOK_FAULTS: cannot read \"%s\"; write NAME=kill, NAME=stop@N or NAME=wrong@N\n", word);
		exit(2);
	}
	fault_count++;
}

void fault_setup(void)
{
	const char *list = getenv("POCKETBOOK_FAULTS");
	char *copy, *rest;

	if (list == NULL || *list == 0)
		return;
	faults = mmap(NULL, FAULTS_MAX * sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	copy = strdup(list);
	if (faults == MAP_FAILED || copy == NULL)
		abort();
	for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
		fault_parse(word);
	free(copy);
}

void fault_visit(const char *name)
{
	for (size_t i = 0; i < fault_count; i++)
		if (faults[i].signal && strcmp(faults[i].name, name) == 0 && atomic_fetch_add(&faults[i].visits, 1) + 1 == faults[i].at)
			kill(getpid(), faults[i].signal);
}

bool fault_goes_wrong(const char *name)
{
	for (size_t i = 0; i < fault_count; i++)
		if (!faults[i].signal && strcmp(faults[i].name, name) == 0)
			return (atomic_fetch_add(&faults[i].visits, 1) + 1) % faults[i].at == 0;
	return false;
}

#endif
