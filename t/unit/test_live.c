/* Tests of worker/live: feeds, subscribers and streams over a store that answers when
 * the test says so. Links no HTTP server and no back end. */
#include "auth/auth.h"
#include "base/hash.h"
#include "base/mem.h"
#include "shm/followers.h"
#include "shm/generation.h"
#include "shm/map.h"
#include "shm/ring.h"
#include "shm/shm.h"
#include "store/backend.h"
#include "store/lane.h"
#include "worker/live/handoff_stream.h"
#include "worker/live/hint_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <event2/event.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EPOCH 5

/* ---- A store that answers on demand ---- */

enum call { HEAD, LATEST, CHANGES, TOKEN, FOLLOWS };

struct asked {
	STAILQ_ENTRY(asked) next;
	enum call call;
	uint64_t since;
	union {
		on_store_place *place;
		on_store_places *places;
		on_store_page *page;
		on_store_token *token;
		on_store_follows *follows;
	} on;
	void *arg;
};

struct fake {
	struct store store; /* first */
	STAILQ_HEAD(, asked) asked;
	size_t count;
	uint64_t epoch;
};

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

/* The only token of the database. */
static struct store_grant grant = { .group = { "g", 1 } };
static const struct store_token reader = {
	.id = { "0123456789abcdef", 16 }, .user = { "ann", 3 }, .grants = &grant, .grant_count = 1
};

/* Answers the oldest question, which must be of this kind. RC_OK: with the number, and
 * for a page with one document of that number, unless it is `since`; numbers up to
 * this one follow. */
static void answer(struct fake *fake, enum call call, enum rc rc, uint64_t number)
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

/* The same with two lanes: answers for the head, or a page of all groups, which has a
 * document if `count` is 1. */
static void answer_lanes(struct fake *fake, enum call call, uint64_t one, uint64_t two,
			 size_t count)
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

static void fake_cancel(struct store *store)
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

/* ---- The parts of a worker that streams need ---- */

struct world {
	struct fake fake;
	struct event_base *base;
	struct shm *shm;
	struct counters counters;
	struct identity *anyone;
	struct auth *auth;
	struct feeds *feeds;
	struct streams *streams;
	struct hint_reader *hints;
	enum rc started; /* RC_COUNT: not yet */
	int client;      /* of the last stream */
};

static void on_started(void *arg, enum rc rc)
{
	((struct world *)arg)->started = rc;
}

static uint64_t tokens_now(const void *shm)
{
	return generation_tokens_read(shm);
}

static int setup(void **state)
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

/* As worker/worker.c ends. A leak is the address sanitizer's to find. */
static int teardown(void **state)
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

/* Turns of the loop until nothing is due at once. */
static void turn(struct world *world)
{
	for (int i = 0; i < 5; i++)
		(void)event_base_loop(world->base, EVLOOP_NONBLOCK);
}

static void start(struct world *world, uint64_t head)
{
	answer(&world->fake, HEAD, RC_OK, head);
	assert_int_equal(world->started, RC_OK);
}

static void open_subscription(struct world *world, const struct subscription *subscription)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends),
			 0);
	if (world->client >= 0)
		(void)close(world->client);
	world->client = ends[0];
	streams_open(world->streams, ends[1], subscription, slice_of("head\n\n"));
}

/* With a reference to the identity, which is the stream's from now on. */
static void open_stream_of(struct world *world, struct identity *identity, bool docs,
			   uint64_t since)
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

/* Of all groups in two lanes. */
static void open_stream_of_all(struct world *world, bool docs, uint64_t one, uint64_t two)
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

static void open_stream(struct world *world, bool docs, uint64_t since)
{
	open_stream_of(world, identity_ref(world->anyone), docs, since);
}

/* How often the text stands in what the client has been sent since. */
static int count_sent(const struct world *world, const char *text)
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

/* ---- Tests ---- */

static void hints_before_the_head_are_not_lost(void **state)
{
	struct world *world = *state;

	feeds_announce(world->feeds, 0, 9);
	start(world, 7);
	assert_int_equal(feeds_announced(world->feeds)->epoch, EPOCH);
	assert_int_equal(feeds_announced(world->feeds)->seqs[0], 9);
}

static void a_store_that_fails_is_reported(void **state)
{
	struct world *world = *state;

	answer(&world->fake, HEAD, RC_IO, 0);
	assert_int_equal(world->started, RC_IO);
}

static void a_hint_becomes_one_event(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, false, 7);
	assert_int_equal(count_sent(world, "event: connected"), 1);
	answer(&world->fake, LATEST, RC_OK, 7);
	turn(world);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 8);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 8);
	feeds_announce(world->feeds, 0, 8);
	turn(world);
	assert_int_equal(count_sent(world, "event: change"), 1);
	assert_int_equal(world->fake.count, 0);
}

/* The hint of a commit comes before the answer that knows of it, or after it. */
static void a_commit_while_a_stream_opens_is_one_event(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, false, 7);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 8);
	feeds_announce(world->feeds, 0, 8);
	turn(world);
	answer(&world->fake, LATEST, RC_OK, 8);
	turn(world);
	assert_int_equal(count_sent(world, "event: change"), 1);
	open_stream(world, false, 8);
	answer(&world->fake, LATEST, RC_OK, 9);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 9);
	feeds_announce(world->feeds, 0, 9);
	turn(world);
	assert_int_equal(count_sent(world, "event: change"), 1);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 10);
	feeds_announce(world->feeds, 0, 10);
	turn(world);
	assert_int_equal(count_sent(world, "event: change"), 1);
}

static void hints_during_a_read_are_one_more_page(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, true, 7);
	answer(&world->fake, CHANGES, RC_OK, 7);
	turn(world);
	(void)count_sent(world, "event:");
	for (uint64_t number = 8; number <= 10; number++) {
		feeds_hint(world->feeds, hash_of(slice_of("g")), 0, number);
		turn(world);
		assert_int_equal(world->fake.count, 1);
	}
	answer(&world->fake, CHANGES, RC_OK, 8);
	turn(world);
	answer(&world->fake, CHANGES, RC_OK, 10);
	turn(world);
	assert_int_equal(world->fake.count, 0);
	assert_int_equal(count_sent(world, "event: change"), 2);
}

static void a_failed_read_is_tried_again(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, true, 7);
	answer(&world->fake, CHANGES, RC_OK, 7);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 8);
	turn(world);
	answer(&world->fake, CHANGES, RC_BUSY, 0);
	while (world->fake.count == 0)
		assert_int_equal(event_base_loop(world->base, EVLOOP_ONCE), 0);
	answer(&world->fake, CHANGES, RC_OK, 8);
	assert_int_equal(count_sent(world, "event: change"), 1);
}

/* The struct must outlive the client: the store has its address. */
static void a_client_may_leave_before_its_answer(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, true, 3);
	assert_int_equal(close(world->client), 0);
	world->client = -1;
	turn(world);
	assert_int_equal(streams_count(world->streams), 0);
	answer(&world->fake, CHANGES, RC_OK, 7);
	turn(world);
	assert_int_equal(world->fake.count, 0);
}

/* ---- Ids of streams of several groups ---- */

/* Answers with a page of one document, up to `next`. */
static void answer_page(struct fake *fake, struct store_cursor next, bool more)
{
	struct asked *asked = STAILQ_FIRST(&fake->asked);
	const struct store_doc doc = {
		.id = slice_of("g:1"), .version = 1, .seq = next.seq, .value = slice_of("1")
	};
	const struct store_page page = {
		.docs = &doc, .count = 1, .next = next, .head = next.seq, .more = more
	};

	assert_non_null(asked);
	assert_int_equal(asked->call, CHANGES);
	STAILQ_REMOVE_HEAD(&fake->asked, next);
	fake->count--;
	asked->on.page(asked->arg, RC_OK, &page);
	free(asked);
}

/* `span`: in several lanes, else NULL. */
static void open_stream_of_two(struct world *world, bool docs, struct store_cursor since,
			       const struct store_span *span)
{
	const struct slice groups[] = { slice_of("g"), slice_of(span ? "*" : "h") };
	const struct subscription subscription = {
		.identity = identity_ref(world->anyone),
		.docs = docs,
		.since = since,
		.span = span,
		.groups = groups,
		.group_count = 2,
	};

	open_subscription(world, &subscription);
}

static void ids_say_what_was_shown_beyond_them(void **state)
{
	const struct store_cursor since = { .epoch = EPOCH, .seq = 7 };
	struct world *world = *state;

	start(world, 7);
	open_stream_of_two(world, true, since, NULL);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7\nevent: connected"), 2);
	answer(&world->fake, CHANGES, RC_OK, 9);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7.7.9\nevent: change"), 1);
	turn(world);
	answer(&world->fake, CHANGES, RC_OK, 9);
	turn(world);
	(void)count_sent(world, "event");
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 10);
	feeds_announce(world->feeds, 0, 10);
	turn(world);
	answer(&world->fake, CHANGES, RC_OK, 10);
	assert_int_equal(count_sent(world, "id: 0000000000000005.10\nevent: change"), 1);
}

/* A hint shows nothing: each pull has a cursor of its own. */
static void ids_without_documents_are_plain(void **state)
{
	const struct store_cursor since = { .epoch = EPOCH, .seq = 7 };
	struct world *world = *state;

	start(world, 7);
	open_stream_of_two(world, false, since, NULL);
	(void)count_sent(world, "event");
	answer(&world->fake, LATEST, RC_OK, 9);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7\nevent: change"), 1);
}

static void ids_in_a_snapshot_say_what_was_shown(void **state)
{
	struct store_cursor since = { .epoch = EPOCH, .seq = 7 };
	struct store_cursor next = { .epoch = EPOCH + 1, .seq = 5, .start = 8, .bound = 8 };
	struct world *world = *state;

	start(world, 7);
	/* Of another epoch: what was shown may be beyond its start. */
	open_stream_of_two(world, true, since, NULL);
	(void)count_sent(world, "event");
	answer_page(&world->fake, (struct store_cursor){ .epoch = EPOCH + 1, .seq = 9 }, false);
	turn(world);
	next.reset = true;
	answer_page(&world->fake, next, true);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7.7.9\nevent: change"), 2);
	fake_cancel(&world->fake.store);
	/* From the beginning: of the epoch that it is in, where the snapshot began. */
	since = next = (struct store_cursor){ .epoch = 0 };
	open_stream_of_two(world, true, since, NULL);
	assert_int_equal(count_sent(world, "id: 0\nevent: connected"), 2);
	next = (struct store_cursor){ .epoch = EPOCH, .seq = 5, .start = 8, .bound = 8 };
	answer_page(&world->fake, next, true);
	assert_int_equal(count_sent(world, "id: 0000000000000005.0.8.8\nevent: change"), 1);
}

static void ids_of_several_lanes_say_what_was_shown(void **state)
{
	const struct store_span since = {
		.from = { EPOCH, 2, { 5, 3 } },
		.shown = { 6, 0 },
	};
	struct world *world = *state;

	world->fake.store.lanes = 2;
	ring_set_lanes(world->shm, 2);
	answer_lanes(&world->fake, HEAD, 7, 3, 0);
	open_stream_of_two(world, true, (struct store_cursor){ .epoch = 0 }, &since);
	assert_int_equal(count_sent(world, "id: 0000000000000005.5-6~3\nevent: connected"), 2);
	assert_int_equal(lane_of(slice_of("g"), 2), 0);
	answer_page(&world->fake, (struct store_cursor){ .epoch = EPOCH, .seq = 7 }, false);
	assert_int_equal(count_sent(world, "id: 0000000000000005.5-7~3\nevent: change"), 1);
	turn(world);
	answer_lanes(&world->fake, CHANGES, 7, 4, 1);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7~3-4\nevent: change"), 1);
}

/* ---- All groups in several lanes ---- */

static void hint_of_all(struct world *world, unsigned lane, uint64_t number)
{
	feeds_hint(world->feeds, hash_of(slice_of("*")), lane, number);
	feeds_announce(world->feeds, lane, number);
	turn(world);
}

static void start_lanes(struct world *world)
{
	world->fake.store.lanes = 2;
	ring_set_lanes(world->shm, 2);
	answer_lanes(&world->fake, HEAD, 7, 3, 0);
	assert_int_equal(world->started, RC_OK);
}

/* The stream as another process gets it. */
static const struct subscriber *hand_off(struct world *world)
{
	const struct subscriber *old = streams_next(world->streams, NULL);
	const struct subscriber *new;
	struct buf message = BUF_EMPTY;
	struct unpack in;
	int ends[2];

	subscriber_pack(old, &message);
	in = (struct unpack){ .rest = buf_slice(&message) };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends),
			 0);
	(void)close(world->client);
	world->client = ends[0];
	streams_receive(world->streams, ends[1], &in);
	buf_free(&message);
	new = streams_next(world->streams, NULL);
	if (new == old)
		new = streams_next(world->streams, old);
	return new;
}

static void what_was_shown_is_handed_off(void **state)
{
	const struct store_span since = { .from = { EPOCH, 2, { 5, 3 } }, .shown = { 0, 9 } };
	const struct slice groups[] = { slice_of("g"), slice_of("g:h") };
	const struct subscription subscription = {
		.identity = identity_new(&reader),
		.docs = true,
		.span = &since,
		.groups = groups,
		.group_count = 2,
	};
	struct world *world = *state;
	const struct subscriber *new;

	start_lanes(world);
	open_subscription(world, &subscription);
	new = hand_off(world);
	assert_non_null(new);
	assert_int_equal(new->span->from.seqs[0], 5);
	assert_int_equal(new->span->from.seqs[1], 3);
	assert_int_equal(new->span->shown[0], 0);
	assert_int_equal(new->span->shown[1], 9);
}

static void hints_of_each_lane_become_events_of_all(void **state)
{
	struct world *world = *state;

	start_lanes(world);
	open_stream_of_all(world, false, 7, 3);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7~3\nevent: connected"), 1);
	answer_lanes(&world->fake, HEAD, 7, 3, 0);
	turn(world);
	assert_int_equal(count_sent(world, "event"), 0);
	hint_of_all(world, 1, 4);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7~4\nevent: change"), 1);
	hint_of_all(world, 0, 9);
	assert_int_equal(count_sent(world, "id: 0000000000000005.9~4\nevent: change"), 1);
	hint_of_all(world, 0, 9);
	assert_int_equal(count_sent(world, "event"), 0);
	/* What another stream has missed in one lane is news. */
	open_stream_of_all(world, false, 9, 3);
	(void)count_sent(world, "event");
	answer_lanes(&world->fake, HEAD, 9, 4, 0);
	assert_int_equal(count_sent(world, "id: 0000000000000005.9~4\nevent: change"), 1);
}

static void pages_of_all_have_cursors_of_all(void **state)
{
	struct world *world = *state;

	start_lanes(world);
	open_stream_of_all(world, true, 7, 3);
	answer_lanes(&world->fake, CHANGES, 7, 3, 0);
	turn(world);
	(void)count_sent(world, "event");
	hint_of_all(world, 1, 4);
	assert_int_equal(world->fake.count, 1);
	answer_lanes(&world->fake, CHANGES, 7, 4, 1);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7~4\nevent: change"), 1);
	hint_of_all(world, 1, 4);
	assert_int_equal(world->fake.count, 0);
	/* The feed reads again until it has the hint of each lane. */
	hint_of_all(world, 0, 8);
	feeds_hint(world->feeds, hash_of(slice_of("*")), 1, 5);
	answer_lanes(&world->fake, CHANGES, 8, 4, 1);
	turn(world);
	answer_lanes(&world->fake, CHANGES, 8, 5, 1);
	turn(world);
	assert_int_equal(world->fake.count, 0);
	assert_int_equal(count_sent(world, "event: change"), 2);
}

/* ---- A new epoch ---- */

/* A stream with documents that is live at 7, when the next epoch begins. */
static void open_in_new_epoch(struct world *world, void (*tell)(struct shm *shm))
{
	start(world, 7);
	open_stream(world, true, 7);
	answer(&world->fake, CHANGES, RC_OK, 7);
	turn(world);
	assert_int_equal(count_sent(world, "event: end"), 0);
	world->fake.epoch = EPOCH + 1;
	tell(world->shm);
	hint_reader_wake(world->hints);
}

static void streams_go_on_in_a_new_epoch(void **state)
{
	struct world *world = *state;

	open_in_new_epoch(world, shm_resync);
	/* Hints of the new epoch may come before it is looked into. */
	ring_attach(world->shm, RING_HEADS(9));
	hint_reader_wake(world->hints);
	answer(&world->fake, HEAD, RC_OK, 9);
	answer(&world->fake, FOLLOWS, RC_OK, 7);
	turn(world);
	assert_int_equal(feeds_announced(world->feeds)->epoch, EPOCH + 1);
	assert_int_equal(streams_count(world->streams), 1);
	answer(&world->fake, LATEST, RC_OK, 9);
	turn(world);
	answer(&world->fake, CHANGES, RC_OK, 9);
	turn(world);
	assert_int_equal(count_sent(world, "id: 0000000000000006.9"), 1);
}

static void streams_end_that_have_met_lost_numbers(void **state)
{
	struct world *world = *state;

	open_in_new_epoch(world, shm_resync);
	answer(&world->fake, HEAD, RC_UNAVAILABLE, 0);
	assert_int_equal(streams_count(world->streams), 1);
	while (world->fake.count == 0)
		assert_true(event_base_loop(world->base, EVLOOP_ONCE) == 0);
	answer(&world->fake, HEAD, RC_OK, 9);
	answer(&world->fake, FOLLOWS, RC_OK, 6);
	turn(world);
	assert_int_equal(streams_count(world->streams), 0);
	assert_int_equal(count_sent(world, "draining"), 1);
	assert_int_equal(feeds_announced(world->feeds)->seqs[0], 9);
}

/* Their feed has met 7, and the next commit is 6. */
static void numbers_begin_anew_after_a_restart(void **state)
{
	struct world *world = *state;

	open_in_new_epoch(world, shm_restart);
	assert_int_equal(streams_count(world->streams), 0);
	answer(&world->fake, HEAD, RC_OK, 5);
	turn(world);
	open_stream(world, false, 5);
	answer(&world->fake, LATEST, RC_OK, 5);
	turn(world);
	(void)count_sent(world, "event");
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 6);
	turn(world);
	assert_int_equal(count_sent(world, "id: 0000000000000006.6"), 1);
}

/* Teardown cancels: a stream that catches up, a feed that reads, one that asks. */
static void the_end_may_come_before_answers(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, true, 7);
	answer(&world->fake, CHANGES, RC_OK, 7);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 8);
	open_stream(world, false, 7);
	turn(world);
	feeds_refresh(world->feeds);
	turn(world);
	assert_true(world->fake.count >= 3);
}

/* A stream that gets events until its client, who does not read, has a full socket and
 * a full backlog. */
static void open_and_stop_reading(struct world *world)
{
	start(world, 7);
	open_stream(world, false, 7);
	answer(&world->fake, LATEST, RC_OK, 7);
	for (uint64_t number = 8; scoreboard_get(world->shm, 0, METRIC_SLOW_READERS) == 0;
	     number++) {
		assert_true(number < 1000000);
		feeds_hint(world->feeds, hash_of(slice_of("g")), 0, number);
		turn(world);
	}
	assert_int_equal(scoreboard_get(world->shm, 0, METRIC_SLOW_READERS), 1);
}

static void a_client_that_does_not_read_is_told_when_it_does(void **state)
{
	struct world *world = *state;
	int ends = 0;

	open_and_stop_reading(world);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 2000000);
	while (streams_count(world->streams) == 1) {
		ends += count_sent(world, "event: end\ndata: {\"code\":\"slow\"}\n\n");
		turn(world);
	}
	while (recv(world->client, (char[1]){ 0 }, 1, MSG_PEEK) > 0)
		ends += count_sent(world, "event: end\ndata: {\"code\":\"slow\"}\n\n");
	assert_int_equal(ends, 1);
	assert_int_equal(scoreboard_get(world->shm, 0, METRIC_SLOW_READERS), 1);
}

static void a_client_that_never_reads_is_cut_off(void **state)
{
	struct world *world = *state;
	struct stream *stream;

	open_and_stop_reading(world);
	stream = &streams_next(world->streams, NULL)->stream;
	stream_end_overdue(stream, stream->end_by - 1);
	assert_int_equal(streams_count(world->streams), 1);
	stream_end_overdue(stream, stream->end_by);
	assert_int_equal(streams_count(world->streams), 0);
}

/* Every entry is from a later lap than the head, as after a process gone wild. */
static void a_spoiled_ring_ends_the_process(void **state)
{
	struct world *world = *state;
	int status;
	pid_t pid;

	start(world, 7);
	memset(world->shm->map->entries, 0x7f, sizeof(world->shm->map->entries));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(60);
		hint_reader_poll(world->hints);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
}

/* Asks for the token of the stream, which must be the only question. */
static void change_tokens(struct world *world)
{
	generation_tokens_begin(world->shm);
	generation_tokens_end(world->shm);
	hint_reader_poll(world->hints);
	assert_int_equal(world->fake.count, 1);
}

/* The loop's next question, which comes with its tick. */
static void await_question(struct world *world)
{
	while (world->fake.count == 0)
		assert_int_equal(event_base_loop(world->base, EVLOOP_ONCE), 0);
}

static void a_token_that_cannot_be_checked_is_checked_again(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream_of(world, identity_new(&reader), true, 7);
	answer(&world->fake, CHANGES, RC_OK, 7);
	change_tokens(world);
	answer(&world->fake, TOKEN, RC_IO, 0);
	assert_int_equal(streams_count(world->streams), 1);
	await_question(world);
	answer(&world->fake, TOKEN, RC_NOT_FOUND, 0);
	assert_int_equal(streams_count(world->streams), 0);
}

/* The answer on its way may be from before the second change. */
static void a_token_that_changes_during_a_check_is_checked_again(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream_of(world, identity_new(&reader), true, 7);
	answer(&world->fake, CHANGES, RC_OK, 7);
	change_tokens(world);
	change_tokens(world);
	answer(&world->fake, TOKEN, RC_OK, 0);
	assert_int_equal(streams_count(world->streams), 1);
	await_question(world);
	answer(&world->fake, TOKEN, RC_NOT_FOUND, 0);
	assert_int_equal(streams_count(world->streams), 0);
}

/* ---- Bounded turns ---- */

#define MANY 5000
#define IN_A_TURN 256 /* questions, at most */

static void on_no_event(struct membership *membership, struct sse *sse)
{
	(void)membership;
	(void)sse;
}

static void on_no_failure(struct membership *membership, enum rc rc)
{
	(void)membership;
	(void)rc;
}

/* As many groups as there are memberships, followed without documents. */
static void follow_many(struct world *world, struct membership *memberships)
{
	char name[16];

	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "many:%zu", i);
		memberships[i] =
			(struct membership){ .deliver = on_no_event, .fail = on_no_failure };
		feeds_join(world->feeds, &memberships[i], slice_of(name));
	}
}

static void leave_many(struct membership *memberships)
{
	for (size_t i = 0; i < MANY; i++)
		feed_leave(&memberships[i]);
}

/* A turn of the loop, in which few questions may be asked; answers them. */
static size_t turn_and_answer(struct world *world, uint64_t number)
{
	size_t count;

	assert_int_equal(event_base_loop(world->base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	count = world->fake.count;
	assert_in_range(count, 0, IN_A_TURN);
	for (size_t i = 0; i < count; i++)
		answer(&world->fake, LATEST, RC_OK, number);
	return count;
}

/* What all feeds must ask for is asked in many turns, and nothing is announced before
 * all know that they have missed something. */
static void a_lap_costs_each_turn_little(void **state)
{
	struct membership *memberships = mem_array(MANY, sizeof(*memberships));
	struct world *world = *state;
	size_t asked = 0;

	start(world, 7);
	follow_many(world, memberships);
	ring_attach(world->shm, RING_HEADS(50));
	hint_reader_poll(world->hints);
	assert_int_equal(world->fake.count, 0);
	assert_int_equal(feeds_announced(world->feeds)->seqs[0], 7);
	while (asked < MANY)
		asked += turn_and_answer(world, 20);
	assert_int_equal(feeds_announced(world->feeds)->seqs[0], 50);
	turn(world);
	assert_int_equal(world->fake.count, 0);
	leave_many(memberships);
	while (turn_and_answer(world, 0))
		;
	free(memberships);
}

/* Hints that come meanwhile announce nothing yet, and a second loss is made good for
 * all. */
static void a_lap_during_a_lap_is_made_good(void **state)
{
	struct membership *memberships = mem_array(MANY, sizeof(*memberships));
	struct world *world = *state;

	start(world, 7);
	follow_many(world, memberships);
	ring_attach(world->shm, RING_HEADS(50));
	hint_reader_poll(world->hints);
	feeds_announce(world->feeds, 0, 60);
	(void)turn_and_answer(world, 50);
	ring_attach(world->shm, RING_HEADS(70));
	hint_reader_poll(world->hints);
	assert_int_equal(feeds_announced(world->feeds)->seqs[0], 7);
	while (feeds_announced(world->feeds)->seqs[0] < 70)
		(void)turn_and_answer(world, 70);
	for (int i = 0; i < 2 * MANY / IN_A_TURN + 100; i++)
		(void)turn_and_answer(world, 70);
	for (size_t i = 0; i < MANY; i++)
		assert_true(memberships[i].feed->in[0].hinted >= 70);
	leave_many(memberships);
	while (turn_and_answer(world, 0))
		;
	free(memberships);
}

static bool is_followed(const struct world *world, const char *group)
{
	struct followers_slots slots = { { 0 } };

	return followers_find(world->shm, hash_of(slice_of(group)), &slots);
}

/* As often as it takes to look at all feeds. */
static bool are_followed(const struct world *world)
{
	bool are = true;

	for (int i = 0; i < 2 * MANY / IN_A_TURN + 100; i++)
		are &= feeds_are_followed(world->feeds);
	return are;
}

/* Each feed with a bit, whether or not the table of feeds is larger than the ring's. */
static void what_is_followed_is_marked(void **state)
{
	struct membership *memberships = mem_array(MANY, sizeof(*memberships));
	struct world *world = *state;

	start(world, 7);
	assert_false(is_followed(world, "g"));
	open_stream(world, false, 7);
	assert_true(is_followed(world, "g"));
	answer(&world->fake, LATEST, RC_OK, 7);
	follow_many(world, memberships);
	for (size_t i = 0; i < MANY; i++)
		assert_true(is_followed(world, memberships[i].feed->group));
	assert_true(are_followed(world));
	followers_remove(world->shm, 0, memberships[MANY / 2].feed->hash);
	assert_false(are_followed(world));
	followers_add(world->shm, 0, memberships[MANY / 2].feed->hash);
	leave_many(memberships);
	for (int i = 0; i < 2 * MANY / IN_A_TURN + 100; i++)
		(void)turn_and_answer(world, 0);
	assert_true(is_followed(world, "g"));
	streams_end(world->streams);
	turn(world);
	turn(world);
	assert_false(is_followed(world, "g"));
	for (size_t i = 0; i < RING_BUCKETS / 64; i++)
		assert_int_equal(world->shm->map->cells[0].followed[0][i], 0);
	free(memberships);
}

/* Streams of one token cost one question, and those of many are asked for in turns. */
static void a_change_of_tokens_costs_each_turn_little(void **state)
{
	struct world *world = *state;
	size_t asked = 0;

	start(world, 7);
	for (int i = 0; i < 400; i++) {
		open_stream_of(world, identity_new(&reader), false, 7);
		answer(&world->fake, LATEST, RC_OK, 7);
	}
	generation_tokens_begin(world->shm);
	generation_tokens_end(world->shm);
	hint_reader_poll(world->hints);
	while (world->fake.count) {
		size_t count = world->fake.count;

		assert_in_range(count, 1, IN_A_TURN);
		for (size_t i = 0; i < count; i++)
			answer(&world->fake, TOKEN, RC_OK, 0);
		asked += count;
		(void)event_base_loop(world->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	}
	assert_in_range(asked, 1, IN_A_TURN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hints_before_the_head_are_not_lost),
		TEST(a_store_that_fails_is_reported),
		TEST(a_hint_becomes_one_event),
		TEST(a_commit_while_a_stream_opens_is_one_event),
		TEST(hints_during_a_read_are_one_more_page),
		TEST(a_failed_read_is_tried_again),
		TEST(a_client_may_leave_before_its_answer),
		TEST(ids_say_what_was_shown_beyond_them),
		TEST(ids_without_documents_are_plain),
		TEST(ids_in_a_snapshot_say_what_was_shown),
		TEST(ids_of_several_lanes_say_what_was_shown),
		TEST(what_was_shown_is_handed_off),
		TEST(hints_of_each_lane_become_events_of_all),
		TEST(pages_of_all_have_cursors_of_all),
		TEST(streams_go_on_in_a_new_epoch),
		TEST(streams_end_that_have_met_lost_numbers),
		TEST(numbers_begin_anew_after_a_restart),
		TEST(the_end_may_come_before_answers),
		TEST(a_client_that_does_not_read_is_told_when_it_does),
		TEST(a_client_that_never_reads_is_cut_off),
		TEST(a_spoiled_ring_ends_the_process),
		TEST(a_token_that_cannot_be_checked_is_checked_again),
		TEST(a_token_that_changes_during_a_check_is_checked_again),
		TEST(a_lap_costs_each_turn_little),
		TEST(a_lap_during_a_lap_is_made_good),
		TEST(what_is_followed_is_marked),
		TEST(a_change_of_tokens_costs_each_turn_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
