/* Pushes one document after the other to a database, whatever becomes of its servers,
 * and prints the number of each that was acknowledged. A push without an answer is sent
 * again, as a client would. For t/0920-postgres-failover.sh; ends when its standard
 * input does. */
#include "base/clock.h"
#include "base/log.h"
#include "store/postgres/backend.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

struct answer {
	bool came;
	bool is_ok;
};

static void on_replies(void *arg, enum rc rc, const struct store_reply *replies)
{
	struct answer *answer = arg;

	answer->came = true;
	answer->is_ok = rc == RC_OK && replies->rc == RC_OK && replies->results->status == STORE_OK;
}

/* False: the standard input has ended. */
static bool turn(struct store *store)
{
	struct pollfd wanted[2] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	uint64_t deadline, now;

	store_poll(store, &wanted[1].fd, &wanted[1].events, &deadline);
	now = clock_ms();
	(void)poll(wanted, 2,
		   deadline <= now        ? 0
		   : deadline - now < 100 ? (int)(deadline - now)
					  : 100);
	store_run(store);
	return (wanted[0].revents & (POLLIN | POLLHUP)) == 0;
}

/* Sends it until it is acknowledged. */
static bool push(struct store *store, unsigned number)
{
	char id[32], op[32];
	struct store_edit edit = { .plain = true, .value = slice_of("1") };
	struct store_request request = { .kind = STORE_PUSH, .edits = &edit, .edit_count = 1 };
	struct answer answer = { false, false };
	bool goes_on = true;

	(void)snprintf(id, sizeof(id), "load:%u", number);
	(void)snprintf(op, sizeof(op), "op-%u", number);
	edit.id = slice_of(id);
	edit.op = slice_of(op);
	while (goes_on && !answer.is_ok) {
		answer = (struct answer){ false, false };
		store_commit(store, &request, 1, on_replies, &answer);
		do
			goes_on = turn(store) && goes_on;
		while (!answer.came);
	}
	return goes_on;
}

int main(int argc, char *argv[])
{
	struct error err;
	struct store *store;
	unsigned number = 0;

	if (argc != 2)
		return 2;
	log_process("load");
	store_add_backend(&backend_postgres);
	if (store_open(argv[1], STORE_WRITER, &store, &err) != RC_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	while (push(store, ++number)) {
		printf("%u\n", number);
		(void)fflush(stdout);
	}
	store_cancel(store);
	store_close(store);
	return 0;
}
