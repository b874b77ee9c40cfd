/* See store_fake.h. */
#include "t/unit/store_fake.h"

#include "base/clock.h"

#include "base/mem.h"
#include "store/backend.h"

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

static bool is_shared;
static int ends[2] = { -1, -1 }; /* the test's and the store's */

struct fake {
	struct store store; /* first */
	const struct store_request *requests;
	size_t count;
	uint64_t commits; /* that have begun */
	on_store_replies *on_replies;
	on_store_places *on_place;
	on_store_news *on_news;
	void *arg, *place_arg, *news_arg;
};

/* ---- The test's side ------------------------------------------------------------- */

void fake_expect(enum fake_call call, struct fake_event *event)
{
	struct fake_event unused = { 0 };

	event = event ? event : &unused;
	assert_int_equal(recv(ends[0], event, sizeof(*event), 0), sizeof(*event));
	assert_int_equal(event->call, call);
}

void fake_order(struct fake_order order)
{
	assert_int_equal(send(ends[0], &order, sizeof(order), MSG_NOSIGNAL), sizeof(order));
}

/* ---- The store ------------------------------------------------------------------- */

static void report(const struct fake *fake, enum fake_call call)
{
	struct fake_event event = { .call = call, .count = fake->count };

	if (fake->count && fake->requests[0].edit_count)
		(void)snprintf(event.id, sizeof(event.id), "%.*s",
			       (int)fake->requests[0].edits[0].id.len,
			       fake->requests[0].edits[0].id.data);
	if (send(ends[1], &event, sizeof(event), MSG_NOSIGNAL) != sizeof(event))
		abort();
}

static struct fake *fake_of(struct store *store)
{
	return (struct fake *)store;
}

static enum rc fake_open(const struct db_url *db, enum store_role role, struct store **out,
			 struct error *err)
{
	struct fake *fake = mem_alloc(sizeof(*fake));

	(void)db, (void)role, (void)err;
	*out = &fake->store;
	return RC_OK;
}

static void fake_close(struct store *store)
{
	if (fake_of(store)->on_replies || fake_of(store)->on_place)
		abort();
	free(store);
}

static void fake_head(struct store *store, on_store_places *on_place, void *arg)
{
	struct fake *fake = fake_of(store);

	fake->on_place = on_place;
	fake->place_arg = arg;
	report(fake, FAKE_HEAD);
}

static void fake_commit(struct store *store, const struct store_request *requests, size_t count,
			on_store_replies *on_replies, void *arg)
{
	struct fake *fake = fake_of(store);

	if (fake->on_replies)
		abort(); /* the writer has one batch at a time */
	fake->requests = requests;
	fake->count = count;
	fake->commits++;
	fake->on_replies = on_replies;
	fake->arg = arg;
	report(fake, FAKE_COMMIT);
}

/* As if each became visible at once. */
static uint64_t fake_edition(struct store *store)
{
	return 1 + fake_of(store)->commits;
}

static enum rc fake_maintain(struct store *store)
{
	struct fake *fake = fake_of(store);

	report(fake, FAKE_MAINTAIN);
	return RC_OK;
}

static void fake_stats(struct store *store, on_store_stats *on_stats, void *arg)
{
	const struct store_stats none = { 0 };

	(void)store;
	on_stats(arg, RC_OK, &none);
}

static bool fake_watch(struct store *store, on_store_news *on_news, void *arg)
{
	struct fake *fake = fake_of(store);

	fake->on_news = on_news;
	fake->news_arg = arg;
	return is_shared;
}

static void fake_poll(struct store *store, int *fd, short *events, uint64_t *deadline)
{
	(void)store;
	*fd = ends[1];
	*events = POLLIN;
	*deadline = UINT64_MAX;
}

/* Each edit is written as version 1. */
static void answer_commit(struct fake *fake, enum rc rc, uint64_t seq)
{
	on_store_replies *on_replies = fake->on_replies;
	struct store_reply *replies = mem_array(fake->count, sizeof(*replies));

	for (size_t i = 0; i < fake->count; i++) {
		size_t edits = fake->requests[i].edit_count;

		replies[i] = (struct store_reply){ .kind = fake->requests[i].kind,
						   .results = mem_array(
							   edits + 1, sizeof(struct store_result)),
						   .result_count = edits,
						   .head = { .epoch = 1, .seq = seq } };
		for (size_t j = 0; j < edits; j++)
			replies[i].results[j] = (struct store_result){ .version = 1, .seq = seq };
	}
	report(fake, FAKE_COMMITTED);
	fake->on_replies = NULL;
	on_replies(fake->arg, rc, rc == RC_OK ? replies : NULL);
	for (size_t i = 0; i < fake->count; i++)
		free(replies[i].results);
	free(replies);
	fake->count = 0;
}

static void answer(struct fake *fake, enum rc rc, uint64_t seq)
{
	const struct store_places head = { .epoch = 1, .lanes = 1, .seqs = { seq } };
	on_store_places *on_place = fake->on_place;

	fake->on_place = NULL;
	if (on_place)
		on_place(fake->place_arg, rc, rc == RC_OK ? &head : NULL);
	else if (fake->on_replies)
		answer_commit(fake, rc, seq);
}

static void tell(const struct fake *fake, const struct fake_order *order)
{
	struct store_change change = { .group = slice_of(order->group), .seq = order->seq };
	struct store_news news = { .kind = STORE_NEWS_CHANGES,
				   .head = { .epoch = 1, .lanes = 1, .seqs = { order->seq } },
				   .changes = &change };

	if (order->what == FAKE_TOKEN)
		change = (struct store_change){ .token = slice_of("00000000000000aa") };
	news.count = order->group[0] || order->what == FAKE_TOKEN;
	if (order->what == FAKE_BEGIN)
		news.kind = STORE_NEWS_HEAD;
	news.as_of = order->as_of ? order->as_of : clock_ms();
	if (order->what == FAKE_LOSS)
		news.kind = STORE_NEWS_LOST;
	fake->on_news(fake->news_arg, &news);
}

static void fake_run(struct store *store)
{
	struct fake *fake = fake_of(store);
	struct fake_order order;

	if (recv(ends[1], &order, sizeof(order), MSG_DONTWAIT) != sizeof(order))
		return;
	if (order.what == FAKE_ANSWER)
		answer(fake, order.rc, order.seq);
	else
		tell(fake, &order);
}

static void fake_cancel(struct store *store)
{
	struct fake *fake = fake_of(store);

	report(fake, FAKE_CANCEL);
	answer(fake, RC_UNAVAILABLE, 0);
}

/* ---- The table ------------------------------------------------------------------- */

static const struct backend backend_fake = {
	.scheme = "sqlite", /* the writer is given a file's name */
	.open = fake_open,
	.close = fake_close,
	.head = fake_head,
	.edition = fake_edition,
	.stats = fake_stats,
	.commit = fake_commit,
	.maintain = fake_maintain,
	.poll = fake_poll,
	.run = fake_run,
	.cancel = fake_cancel,
	.watch = fake_watch,
};

void fake_setup_shared(void)
{
	fake_setup();
	is_shared = true;
}

void fake_setup(void)
{
	is_shared = false;
	store_add_backend(&backend_fake);
	for (size_t i = 0; i < 2; i++)
		if (ends[i] >= 0)
			(void)close(ends[i]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
}
