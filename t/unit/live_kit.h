/* What the tests of worker/live share: a store that answers on demand, and the parts of
 * a worker that streams need, over it. */
#ifndef T_UNIT_LIVE_KIT_H
#define T_UNIT_LIVE_KIT_H

#include "auth/auth.h"
#include "shm/shm.h"
#include "store/backend.h"
#include "worker/live/feeds.h"
#include "worker/live/hint_reader.h"
#include "worker/live/streams.h"

#include <event2/event.h>

#define EPOCH 5

/* ---- The store ---- */

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

/* The only token of the database. */
extern const struct store_token reader;

/* Answers the oldest question, which must be of this kind. RC_OK: with the number, and
 * for a page with one document of that number, unless it is `since`; numbers up to
 * this one follow. */
void answer(struct fake *fake, enum call call, enum rc rc, uint64_t number);
/* The same with two lanes: answers for the head, or a page of all groups, which has a
 * document if `count` is 1. */
void answer_lanes(struct fake *fake, enum call call, uint64_t one, uint64_t two, size_t count);
/* Answers all questions with RC_UNAVAILABLE. */
void fake_cancel(struct store *store);

/* ---- The worker ---- */

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

/* For cmocka; teardown ends as worker/worker.c does. */
int setup(void **state);
int teardown(void **state);
/* Turns of the loop until nothing is due at once. */
void turn(struct world *world);
/* Answers the first question for the head. */
void start(struct world *world, uint64_t head);
void open_subscription(struct world *world, const struct subscription *subscription);
/* Of the group g. The second takes a reference to an identity. */
void open_stream(struct world *world, bool docs, uint64_t since);
void open_stream_of(struct world *world, struct identity *identity, bool docs, uint64_t since);
/* Of all groups in two lanes. */
void open_stream_of_all(struct world *world, bool docs, uint64_t one, uint64_t two);
/* How often the text is in what the client has received since the last call. */
int count_sent(const struct world *world, const char *text);

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
