/* See live_kit.h. */
#include "live_kit.h"

#include "base/mem.h"
#include "shm/generation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- The store ---- */

static void ask(struct store *store, struct asked asked)
{
	struct fake *fake = (struct fake *)store;
	struct asked *copy = mem_alloc(sizeof(*copy));

	*copy = asked;
	STAILQ_INSERT_TAIL(&fake->asked, copy, next);
	fake->count++;
}

static void fake_head(struct store *store, on_store_places *on_places, void *arg)
{
	ask(store, (struct asked){ .call = HEAD, .on.places = on_places, .arg = arg });
}

static void fake_latest(struct store *store, struct slice group, on_store_place *on_place,
			void *arg)
{
	(void)group;
	ask(store, (struct asked){ .call = LATEST, .on.place = on_place, .arg = arg });
}

static void fake_changes(struct store *store, const struct store_query *query,
			 on_store_page *on_page, void *arg)
{
	ask(store,
	    (struct asked){
		    .call = CHANGES, .since = query->since.seq, .on.page = on_page, .arg = arg });
}

static void fake_follows(struct store *store, const struct store_places *places,
			 on_store_follows *on_follows, void *arg)
{
	ask(store, (struct asked){ .call = FOLLOWS,
				   .since = places->seqs[0],
				   .on.follows = on_follows,
				   .arg = arg });
}

static void fake_token(struct store *store, struct slice id, on_store_token *on_token, void *arg)
{
	(void)id;
	ask(store, (struct asked){ .call = TOKEN, .on.token = on_token, .arg = arg });
}

static struct store_grant grant = { .group = { "g", 1 } };
const struct store_token reader = {
	.id = { "0123456789abcdef", 16 }, .user = { "ann", 3 }, .grants = &grant, .grant_count = 1
};

void answer(struct fake *fake, enum call call, enum rc rc, uint64_t number)
{
	struct asked *asked = STAILQ_FIRST(&fake->asked);
	const struct store_doc doc = {
		.id = slice_of("g:1"), .version = number, .seq = number, .value = slice_of("1")
	};
	struct store_page page = { .next = { .epoch = fake->epoch, .seq = number } };
	const struct store_places head = { .epoch = fake->epoch, .lanes = 1, .seqs = { number } };

	assert_non_null(asked);
	assert_int_equal(asked->call, call);
	STAILQ_REMOVE_HEAD(&fake->asked, next);
	fake->count--;
	page.docs = &doc;
	page.count = number != asked->since;
	if (call == FOLLOWS)
		asked->on.follows(asked->arg, rc, asked->since <= number);
	else if (call == TOKEN)
		asked->on.token(asked->arg, rc, rc == RC_OK ? &reader : NULL);
	else if (call == CHANGES)
		asked->on.page(asked->arg, rc, rc == RC_OK ? &page : NULL);
	else if (call == HEAD)
		asked->on.places(asked->arg, rc, rc == RC_OK ? &head : NULL);
	else
		asked->on.place(asked->arg, rc, rc == RC_OK ? &page.next : NULL);
	free(asked);
}

void answer_lanes(struct fake *fake, enum call call, uint64_t one, uint64_t two, size_t count)
{
	struct asked *asked = STAILQ_FIRST(&fake->asked);
	const struct store_cursors at = {
		.at = { .epoch = fake->epoch, .lanes = 2, .seqs = { one, two } }
	};
	const struct store_doc doc = {
		.id = slice_of("g:1"), .version = 1, .seq = two, .value = slice_of("1")
	};
	const struct store_page page = {
		.docs = &doc, .count = count, .all = &at, .heads = &at.at
	};

	assert_non_null(asked);
	assert_int_equal(asked->call, call);
	STAILQ_REMOVE_HEAD(&fake->asked, next);
	fake->count--;
	if (call == HEAD)
		asked->on.places(asked->arg, RC_OK, &at.at);
	else
		asked->on.page(asked->arg, RC_OK, &page);
	free(asked);
}

void fake_cancel(struct store *store)
{
	struct fake *fake = (struct fake *)store;

	while (!STAILQ_EMPTY(&fake->asked))
		answer(fake, STAILQ_FIRST(&fake->asked)->call, RC_UNAVAILABLE, 0);
}

static void fake_run(struct store *store)
{
	(void)store;
}

static void fake_poll(struct store *store, int *fd, short *events, uint64_t *deadline)
{
	(void)store;
	*fd = -1;
	*events = 0;
	*deadline = UINT64_MAX;
}

static const struct backend backend = {
	.scheme = "fake",
	.changes = fake_changes,
	.latest = fake_latest,
	.follows = fake_follows,
	.head = fake_head,
	.token_find = fake_token,
	.poll = fake_poll,
	.run = fake_run,
	.cancel = fake_cancel,
};

/* ---- The worker ---- */

static void on_started(void *arg, enum rc rc)
{
	((struct world *)arg)->started = rc;
}

static uint64_t tokens_now(const void *shm)
{
	return generation_tokens_read(shm);
}

int setup(void **state)
{
	struct world *world = mem_alloc(sizeof(*world));
	static const struct store_quota none;
	struct streams_options options = { .ping_interval = 12,
					   .backlog_max = 4096,
					   .quota = &none };

	world->fake.store.backend = &backend;
	world->fake.store.role = STORE_READER;
	world->fake.epoch = EPOCH;
	STAILQ_INIT(&world->fake.asked);
	world->started = RC_COUNT;
	world->client = -1;
	world->base = event_base_new();
	assert_non_null(world->base);
	assert_int_equal(shm_new(1, &world->shm), RC_OK);
	world->counters.shm = world->shm;
	world->anyone = identity_anyone();
	world->feeds = feeds_new(world->base, &world->fake.store, &world->counters, 0);
	options.base = world->base;
	options.counters = &world->counters;
	options.store = &world->fake.store;
	options.feeds = world->feeds;
	options.anyone = world->anyone;
	options.auth = world->auth = auth_new(&world->fake.store, 0, tokens_now, world->shm);
	world->streams = streams_new(&options);
	world->hints = hint_reader_new(&world->counters, world->feeds, world->streams);
	feeds_start(world->feeds, on_started, world);
	*state = world;
	return 0;
}

int teardown(void **state)
{
	struct world *world = *state;

	store_cancel(&world->fake.store);
	hint_reader_free(world->hints);
	streams_free(world->streams);
	feeds_free(world->feeds);
	auth_free(world->auth);
	identity_unref(world->anyone);
	event_base_free(world->base);
	shm_free(world->shm);
	if (world->client >= 0)
		(void)close(world->client);
	free(world);
	return 0;
}

void turn(struct world *world)
{
	for (int i = 0; i < 5; i++)
		(void)event_base_loop(world->base, EVLOOP_NONBLOCK);
}

void start(struct world *world, uint64_t head)
{
	answer(&world->fake, HEAD, RC_OK, head);
	assert_int_equal(world->started, RC_OK);
}

void open_subscription(struct world *world, const struct subscription *subscription)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends),
			 0);
	if (world->client >= 0)
		(void)close(world->client);
	world->client = ends[0];
	streams_open(world->streams, ends[1], subscription, slice_of("head\n\n"));
}

void open_stream_of(struct world *world, struct identity *identity, bool docs, uint64_t since)
{
	const struct slice group = slice_of("g");
	const struct subscription subscription = {
		.identity = identity,
		.docs = docs,
		.since = { .epoch = EPOCH, .seq = since },
		.groups = &group,
		.group_count = 1,
	};

	open_subscription(world, &subscription);
}

void open_stream_of_all(struct world *world, bool docs, uint64_t one, uint64_t two)
{
	const struct slice group = slice_of("*");
	const struct store_cursors since = { .at = { EPOCH, 2, { one, two } } };
	const struct store_span span = { .from = since.at };
	const struct subscription subscription = {
		.identity = identity_ref(world->anyone),
		.docs = docs,
		.all = &since,
		.span = &span,
		.groups = &group,
		.group_count = 1,
	};

	open_subscription(world, &subscription);
}

void open_stream(struct world *world, bool docs, uint64_t since)
{
	open_stream_of(world, identity_ref(world->anyone), docs, since);
}

int count_sent(const struct world *world, const char *text)
{
	static char bytes[65536];
	ssize_t got = recv(world->client, bytes, sizeof(bytes) - 1, 0);
	int count = 0;

	if (got < 0)
		return 0;
	bytes[got] = '\0';
	for (const char *at = bytes; (at = strstr(at, text)) != NULL; at++)
		count++;
	return count;
}
