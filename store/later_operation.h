/* An operation of the store that answers later (later.c): its arguments and, once the
 * inner back end has been asked, a copy of the answer. */
#ifndef STORE_LATER_OPERATION_H
#define STORE_LATER_OPERATION_H

#include "store/store.h"

enum operation_kind {
	CHANGES,
	VERSIONS,
	LATEST,
	HEAD,
	STATS,
	STATS_FULL,
	USERS,
	TOKEN_FIND,
	COMMIT
};

struct operation {
	enum operation_kind kind;
	uint64_t due; /* clock_ms() of the next step */
	bool is_answered;

	/* What was asked. */
	struct store_query query;
	struct store_cursors all; /* the query's, if it has them */
	struct store_versions versions;
	unsigned limit;  /* of users */
	struct buf text; /* the query's group; the id of a document or token */
	const struct store_request *requests;
	size_t request_count;
	union {
		on_store_page *page;
		on_store_place *place;
		on_store_places *places;
		on_store_stats *stats;
		on_store_stats_full *stats_full;
		on_store_users *users;
		on_store_token *token;
		on_store_replies *replies;
	} on;
	void *arg;

	/* What was answered. */
	enum rc rc;
	struct store_page page;
	struct store_cursors next; /* the page's, if it has them */
	struct store_places heads; /* the same */
	struct store_doc *docs;
	struct buf bytes; /* ids and values of `docs`, or names of `users` */
	struct store_users users;
	struct store_user *user_list;
	struct store_cursor place;
	struct store_places places;
	struct store_stats stats;
	struct store_stats_full stats_full;
	struct buf *packed; /* of each reply; a token is the reply that lists it */
	size_t packed_count;
};

/* Calls the inner store, which answers before the call returns. */
void operation_ask(struct operation *operation, struct store *inner);
/* Calls back with the answer, or without one if operation->rc is not RC_OK. */
void operation_answer(const struct operation *operation);
void operation_free(struct operation *operation);

#endif
