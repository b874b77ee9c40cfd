/* See store_fake.h. */
#include "t/unit/store_fake.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2] = { -1, -1 }; /* the test's and the store's */

struct store {
	const struct store_request *requests;
	size_t count;
	on_store_replies *on_replies;
	on_store_place *on_place;
	on_store_remote_change *on_change;
	void *arg, *place_arg, *change_arg;
};

/* ---- The test's side --------------------------------------------------------------- */

void fake_setup(void)
{
	for (size_t i = 0; i < 2; i++)
		if (ends[i] >= 0)
			(void)close(ends[i]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
}

void fake_expect(enum fake_call call, struct fake_event *event)
{
	struct fake_event unused;

	event = event ? event : &unused;
	assert_int_equal(recv(ends[0], event, sizeof(*event), 0), sizeof(*event));
	assert_int_equal(event->call, call);
}

void fake_order(struct fake_order order)
{
	assert_int_equal(send(ends[0], &order, sizeof(order), MSG_NOSIGNAL), sizeof(order));
}

/* ---- The store --------------------------------------------------------------------- */

static void report(const struct store *store, enum fake_call call)
{
	struct fake_event event = { .call = call, .count = store->count };

	if (store->count && store->requests[0].edit_count)
		(void)snprintf(event.id, sizeof(event.id), "%.*s",
			       (int)store->requests[0].edits[0].id.len,
			       store->requests[0].edits[0].id.data);
	if (send(ends[1], &event, sizeof(event), MSG_NOSIGNAL) != sizeof(event))
		abort();
}

enum rc store_open(const char *path, enum store_role role, struct store **out, struct error *err)
{
	(void)path, (void)role, (void)err;
	*out = mem_alloc(sizeof(**out));
	return RC_OK;
}

void store_close(struct store *store)
{
	if (store && (store->on_replies || store->on_place))
		abort();
	free(store);
}

void store_head(struct store *store, on_store_place *on_place, void *arg)
{
	store->on_place = on_place;
	store->place_arg = arg;
	report(store, FAKE_HEAD);
}

void store_commit(struct store *store, const struct store_request *requests, size_t count,
		  on_store_replies *on_replies, void *arg)
{
	if (store->on_replies)
		abort(); /* the writer has one batch at a time */
	store->requests = requests;
	store->count = count;
	store->on_replies = on_replies;
	store->arg = arg;
	report(store, FAKE_COMMIT);
}

enum rc store_maintain(struct store *store)
{
	report(store, FAKE_MAINTAIN);
	return RC_OK;
}

void store_stats(struct store *store, on_store_stats *on_stats, void *arg)
{
	const struct store_stats none = { 0 };

	(void)store;
	on_stats(arg, RC_OK, &none);
}

void store_watch(struct store *store, on_store_remote_change *on_change, void *arg)
{
	store->on_change = on_change;
	store->change_arg = arg;
}

void store_poll(struct store *store, int *fd, short *events, uint64_t *deadline)
{
	(void)store;
	*fd = ends[1];
	*events = POLLIN;
	*deadline = UINT64_MAX;
}

/* Each edit is written as version 1. */
static void answer_commit(struct store *store, enum rc rc, uint64_t seq)
{
	on_store_replies *on_replies = store->on_replies;
	struct store_reply *replies = mem_array(store->count, sizeof(*replies));

	for (size_t i = 0; i < store->count; i++) {
		size_t edits = store->requests[i].edit_count;

		replies[i] = (struct store_reply){ .kind = store->requests[i].kind,
						   .results = mem_array(
							   edits + 1, sizeof(struct store_result)),
						   .result_count = edits,
						   .head = { .epoch = 1, .seq = seq } };
		for (size_t j = 0; j < edits; j++)
			replies[i].results[j] = (struct store_result){ .version = 1, .seq = seq };
	}
	report(store, FAKE_COMMITTED);
	store->on_replies = NULL;
	on_replies(store->arg, rc, rc == RC_OK ? replies : NULL);
	for (size_t i = 0; i < store->count; i++)
		free(replies[i].results);
	free(replies);
	store->count = 0;
}

static void answer(struct store *store, enum rc rc, uint64_t seq)
{
	const struct store_cursor head = { .epoch = 1, .seq = seq };
	on_store_place *on_place = store->on_place;

	store->on_place = NULL;
	if (on_place)
		on_place(store->place_arg, rc, rc == RC_OK ? &head : NULL);
	else if (store->on_replies)
		answer_commit(store, rc, seq);
}

void store_run(struct store *store)
{
	struct fake_order order;
	struct store_change change;

	if (recv(ends[1], &order, sizeof(order), MSG_DONTWAIT) != sizeof(order))
		return;
	if (order.what == FAKE_ANSWER) {
		answer(store, order.rc, order.seq);
		return;
	}
	change = (struct store_change){ slice_of(order.group), order.seq };
	store->on_change(store->change_arg, &change, order.group[0] ? 1 : 0);
}

void store_cancel(struct store *store)
{
	report(store, FAKE_CANCEL);
	answer(store, RC_UNAVAILABLE, 0);
}
