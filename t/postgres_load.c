/* Pushes to a database, whatever becomes of its servers, and prints the number of each
 * push that was accepted. A push without an answer is sent again, as a client would.
 * For t/0920-postgres-failover.sh and t/0930-postgres-writers.sh.
 *
 *     postgres_load URL          document load:N, until the standard input ends
 *     postgres_load URL NAME COUNT   documents aX:N and bY:N, both or none, COUNT times;
 *                                another process may have been first */
#include "base/clock.h"
#include "base/log.h"
#include "store/postgres/backend.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct load {
	struct store *store;
	const char *name; /* NULL: alone */
	unsigned count;
};

struct answer {
	bool came;
	enum rc rc;
	enum store_status status;
};

static void on_replies(void *arg, enum rc rc, const struct store_reply *replies)
{
	*(struct answer *)arg = (struct answer){
		.came = true,
		.rc = rc == RC_OK ? replies->rc : rc,
		.status = rc == RC_OK && replies->rc == RC_OK ? replies->results->status : STORE_OK,
	};
}

/* False: the standard input has ended, if that is of interest. */
static bool turn(const struct load *load)
{
	struct pollfd wanted[2] = { { .fd = load->name ? -1 : STDIN_FILENO, .events = POLLIN } };
	uint64_t deadline, now;

	store_poll(load->store, &wanted[1].fd, &wanted[1].events, &deadline);
	now = clock_ms();
	deadline = deadline < now ? now : deadline;
	(void)poll(wanted, 2, deadline - now < 100 ? (int)(deadline - now) : 100);
	store_run(load->store);
	return (wanted[0].revents & (POLLIN | POLLHUP)) == 0;
}

/* Sends it until it is answered. */
static bool send_push(const struct load *load, const struct store_request *request,
		      struct answer *answer)
{
	bool goes_on = true;

	do {
		*answer = (struct answer){ .came = false };
		store_commit(load->store, request, 1, on_replies, answer);
		do
			goes_on = turn(load) && goes_on;
		while (!answer->came);
	} while (goes_on && answer->rc != RC_OK);
	return goes_on;
}

static bool push(const struct load *load, unsigned number)
{
	char ids[2][32], op[64];
	struct store_edit edits[2];
	struct store_request request = {
		.kind = STORE_PUSH, .edits = edits, .edit_count = load->name ? 2 : 1, .atomic = true
	};
	struct answer answer;
	bool goes_on;

	(void)snprintf(op, sizeof(op), "%s-%u", load->name ? load->name : "op", number);
	if (load->name) {
		(void)snprintf(ids[0], sizeof(ids[0]), "a%u:%u", number % 7, number);
		(void)snprintf(ids[1], sizeof(ids[1]), "b%u:%u", number % 5, number);
	} else {
		(void)snprintf(ids[0], sizeof(ids[0]), "load:%u", number);
	}
	for (size_t i = 0; i < request.edit_count; i++)
		edits[i] = (struct store_edit){ .id = slice_of(ids[i]),
						.op = slice_of(op),
						.plain = true,
						.value = slice_of("1") };
	goes_on = send_push(load, &request, &answer);
	if (goes_on && answer.status == STORE_OK)
		printf("%u\n", number);
	(void)fflush(stdout);
	return goes_on;
}

int main(int argc, char *argv[])
{
	struct load load = { .name = argc == 4 ? argv[2] : NULL };
	struct error err;
	unsigned number = 0;

	if (argc != 2 && argc != 4)
		return 2;
	load.count = argc == 4 ? (unsigned)atoi(argv[3]) : 0;
	log_process("load");
	store_add_backend(&backend_postgres);
	if (store_open(argv[1], STORE_WRITER, &load.store, &err) != RC_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	while ((load.count == 0 || number < load.count) && push(&load, ++number))
		;
	store_cancel(load.store);
	store_close(load.store);
	return 0;
}
