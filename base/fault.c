#include "base/fault.h"

#ifdef ENABLE_FAULTS

#include "base/rc.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FAULTS_MAX 16

struct fault {
	char name[64];
	int signal;
	unsigned at;
	atomic_uint visits; /* of all processes together */
};

static struct fault *faults;
static size_t fault_count;

static void fault_parse(char *word)
{
	struct fault *fault = &faults[fault_count];
	char *action = strchr(word, '=');
	char *at = strchr(word, '@');

	fault->at = 1;
	if (at) {
		*at = 0;
		fault->at = (unsigned)strtoul(at + 1, NULL, 10);
	}
	if (action) {
		*action++ = 0;
		fault->signal = strcmp(action, "kill") == 0 ? SIGKILL : strcmp(action, "stop") == 0 ? SIGSTOP : 0;
	}
	if (fault_count == FAULTS_MAX || fault->signal == 0 || fault->at == 0 || strlen(word) >= sizeof(fault->name)) {
		fprintf(stderr, "pocketbook: POCKETBOOK_FAULTS: cannot read \"%s\"; write NAME=kill or NAME=stop@N\n", word);
		exit(2);
	}
	memcpy(fault->name, word, strlen(word));
	fault_count++;
}

void fault_setup(void)
{
	const char *list = getenv("POCKETBOOK_FAULTS");
	char *copy, *rest;

	if (list == NULL || *list == 0)
		return;
	faults = mmap(NULL, (FAULTS_MAX + 1) * sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
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
		if (strcmp(faults[i].name, name) == 0 && atomic_fetch_add(&faults[i].visits, 1) + 1 == faults[i].at)
			kill(getpid(), faults[i].signal);
}

#endif
