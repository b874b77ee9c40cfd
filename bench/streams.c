/* Opens event streams, makes changes and measures their delivery:
 * streams [OPTION]... PORT PATH
 *
 * Prints "open COUNT" when all streams are open. Each line of standard input is then a
 * change: it is posted to each group. When all streams have received it, a line of JSON
 * is printed, {"count","first","p50","p99","last"}, in seconds since before the posts
 * were sent. Ends at the end of standard input. */
#include "base/array.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/options.h"
#include "bench/poster.h"
#include "bench/subscriber.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_US UINT64_C(60000000)
#define PROCESSES_MAX 64

static const struct option_spec specs[] = {
	{ .name = "count",
	  .argument = "N",
	  .fallback = "1",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  .max = 1000000,
	  .help = "Open N streams." },
	{ .name = "groups",
	  .argument = "N",
	  .fallback = "1",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  .max = 100000,
	  .help = "Of N groups in turn." },
	{ .name = "processes",
	  .argument = "N",
	  .fallback = "1",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  .max = PROCESSES_MAX,
	  .help = "Spread over N processes, each with a loopback address of its own." },
	{ .name = "greeting",
	  .argument = "TEXT",
	  .fallback = "event: connected",
	  .kind = OPTION_TEXT,
	  .help = "The first line of a stream." },
	{ .name = "post",
	  .argument = "PATH",
	  .kind = OPTION_TEXT,
	  .help = "A change is a POST to PATH." },
	{ .name = "type",
	  .argument = "TYPE",
	  .fallback = "application/json",
	  .kind = OPTION_TEXT,
	  .help = "The media type of a change." },
	{ .name = "body",
	  .argument = "TEXT",
	  .kind = OPTION_TEXT,
	  .help = "The body of a change." },
	{ .name = "connections",
	  .argument = "N",
	  .fallback = "1",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  .max = 1000,
	  .help = "Post over N connections." },
};

static pid_t children[PROCESSES_MAX];
static unsigned child_count;

static _Noreturn void leave(int status)
{
	for (unsigned i = 0; i < child_count; i++)
		(void)kill(children[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	exit(status);
}

static struct options *read_options(int argc, char **argv)
{
	struct options *options = options_new(specs, COUNT(specs));
	struct error err;
	size_t words;

	if (options_take_arguments(options, argc - 1, argv + 1, &err) != RC_OK) {
		fprintf(stderr, "streams: %s\n", err.text);
		exit(2);
	}
	(void)options_words(options, &words);
	if (words != 2) {
		fprintf(stderr, "usage: streams [OPTION]... PORT PATH\n");
		for (size_t i = 0; i < COUNT(specs); i++)
			fprintf(stderr, "  --%s %s  %s\n", specs[i].name, specs[i].argument,
				specs[i].help);
		exit(2);
	}
	options_take_defaults(options);
	return options;
}

static struct sockaddr_in address_of(const struct options *options)
{
	size_t words;

	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(options_words(options, &words)[0])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static struct deliveries *share_deliveries(unsigned room)
{
	struct deliveries *deliveries =
		mmap(NULL, sizeof(*deliveries) + room * sizeof(deliveries->at[0]),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (deliveries == MAP_FAILED) {
		perror("streams: mmap");
		exit(1);
	}
	deliveries->room = room;
	return deliveries;
}

static void start_children(const struct options *options, struct deliveries *deliveries)
{
	unsigned processes = (unsigned)options_number(options, "processes"),
		 count = deliveries->room;
	size_t words;

	for (unsigned i = 0; i < processes; i++) {
		char source[32];
		struct subscription what = {
			.to = address_of(options),
			.path = options_words(options, &words)[1],
			.greeting = options_text(options, "greeting"),
			.groups = (unsigned)options_number(options, "groups"),
			.first = (unsigned)((uint64_t)count * i / processes),
		};

		what.count = (unsigned)((uint64_t)count * (i + 1) / processes) - what.first;
		if (processes > 1) {
			(void)snprintf(source, sizeof(source), "127.0.0.%u", 2 + i);
			what.source = source;
		}
		children[i] = fork();
		if (children[i] == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			subscriber_run(&what, deliveries);
		}
		child_count = i + 1;
	}
}

/* Waits until the counter reaches `wanted`, or a child or a stream has ended. */
static void wait_count(const struct deliveries *deliveries, const atomic_uint *counter,
		       unsigned wanted)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	uint64_t patience = clock_us() + PATIENCE_US;

	while (atomic_load(counter) < wanted) {
		(void)nanosleep(&pause, NULL);
		if (waitpid(-1, NULL, WNOHANG) > 0)
			leave(1); /* it has reported the reason */
		if (atomic_load(&deliveries->closed) || clock_us() > patience) {
			fprintf(stderr, "streams: %u of %u, %u streams ended\n",
				atomic_load(counter), wanted, atomic_load(&deliveries->closed));
			leave(1);
		}
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void change(struct deliveries *deliveries, struct poster *poster, unsigned number)
{
	const unsigned count = deliveries->room, middle = count / 2,
		       most = (unsigned)((uint64_t)count * 99 / 100);
	uint64_t *at = deliveries->at, begin = clock_us();

	atomic_store(&deliveries->count, 0);
	poster_change(poster, number);
	wait_count(deliveries, &deliveries->count, count);
	/* An entry is reserved before its time is set. */
	for (unsigned i = 0; i < count; i++)
		while (((volatile uint64_t *)at)[i] < begin)
			;
	qsort(at, count, sizeof(*at), compare);
	printf("{\"count\":%u,\"first\":%.6f,\"p50\":%.6f,\"p99\":%.6f,\"last\":%.6f}\n", count,
	       (double)(at[0] - begin) / 1e6, (double)(at[middle] - begin) / 1e6,
	       (double)(at[most] - begin) / 1e6, (double)(at[count - 1] - begin) / 1e6);
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	struct options *options = read_options(argc, argv);
	struct deliveries *deliveries =
		share_deliveries((unsigned)options_number(options, "count"));
	struct rlimit files;
	struct post post = {
		.to = address_of(options),
		.path = options_text(options, "post"),
		.type = options_text(options, "type"),
		.body = options_text(options, "body"),
		.groups = (unsigned)options_number(options, "groups"),
		.connections = (unsigned)options_number(options, "connections"),
	};
	struct poster *poster;
	char line[64];

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	start_children(options, deliveries);
	wait_count(deliveries, &deliveries->open, deliveries->room);
	printf("open %u\n", deliveries->room);
	(void)fflush(stdout);
	poster = post.path ? poster_new(&post) : NULL;
	for (unsigned number = (unsigned)getpid() * 1000; fgets(line, sizeof(line), stdin);
	     number++)
		if (poster)
			change(deliveries, poster, number);
	leave(0);
}
