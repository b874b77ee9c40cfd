/* What the tests of auth/auth.c share: a fake clock, a fake store with one token, and
 * an authenticator of it. */
#ifndef T_UNIT_AUTH_KIT_H
#define T_UNIT_AUTH_KIT_H

#include "auth/auth.h"
#include "auth/token.h"

#define MAX_FAILURES 3

/* What clock_ms and clock_wall return; setup resets them. */
extern uint64_t now_ms;
extern int64_t now_wall;

/* A store with one token. It answers at once, or queues up to four lookups until
 * store_answer. */
struct store {
	enum rc rc;
	struct store_token token;
	unsigned asked;
	bool later;
	struct {
		on_store_token *on_token;
		void *arg;
	} waiting[4];
	size_t waiting_count;
};

/* The queued lookups are answered: as `rc` says, and as unavailable. */
void store_answer(struct store *store);
void store_answer_unavailable(struct store *store);

struct fixture {
	struct store store;
	uint64_t generation; /* of all tokens */
	struct auth *auth;
	struct address from; /* of the client */
	struct token_minted minted;
	unsigned answers;
	enum rc rc;
	struct identity *identity; /* of the last answer, referenced */
};

int setup(void **state);
int teardown(void **state);
/* An on_identity: the answer goes into the fixture, `arg`. */
void answered(void *arg, enum rc rc, struct identity *identity);
/* A token's text, that of the fixture's token, and the fixture's identity once more.
 * They require that the answer comes at once. */
enum rc identify(struct fixture *fixture, const char *text);
enum rc identify_mine(struct fixture *fixture);
enum rc recheck(struct fixture *fixture);

#define FIXTURE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
