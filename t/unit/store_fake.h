/* A back end whose answers come when a test sends them; link no other. The store lives
 * in the process that the test forks, and the two talk over a socketpair. */
#ifndef T_UNIT_STORE_FAKE_H
#define T_UNIT_STORE_FAKE_H

#include "store/store.h"

/* What the store was called for. */
enum fake_call {
	FAKE_HEAD,
	FAKE_COMMIT,
	FAKE_COMMITTED, /* it has called back; `id` is read from the request at that moment */
	FAKE_MAINTAIN,
	FAKE_CANCEL
};

struct fake_event {
	enum fake_call call;
	size_t count; /* requests of the commit */
	char id[32];  /* of the first document */
};

/* What it shall do. */
enum fake_do {
	FAKE_ANSWER, /* what is outstanding: with `rc`, and the head `seq` */
	/* Reports of a shared database: */
	FAKE_BEGIN, /* the head `seq` */
	FAKE_LOSS,  /* commits of other hosts are not known for the time being */
	FAKE_TOKEN, /* a token was revoked */
	FAKE_CHANGE /* a commit in `group`; empty: none */
};

struct fake_order {
	enum fake_do what;
	enum rc rc;
	uint64_t seq;
	char group[32];
	uint64_t as_of; /* of FAKE_BEGIN; 0: now */
};

/* Call before the fork. */
void fake_setup(void);
/* The same for a database that several hosts use. */
void fake_setup_shared(void);
/* In the test, which waits. */
void fake_expect(enum fake_call call, struct fake_event *event);
void fake_order(struct fake_order order);

#endif
