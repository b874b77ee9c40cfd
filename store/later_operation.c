/* An operation of the store that answers later: asks the inner back end and keeps a
 * copy of its answer. Called by later.c. */
#include "store/later_operation.h"

#include "base/mem.h"

#include <stdlib.h>

/* ---- Copies of answers ---- */

static void copy_page(void *arg, enum rc rc, const struct store_page *page)
{
	struct operation *operation = arg;
	const char *at;

	operation->rc = rc;
	if (rc != RC_OK)
		return;
	operation->page = *page;
	operation->docs = mem_array(page->count, sizeof(*operation->docs));
	for (size_t i = 0; i < page->count; i++) {
		operation->docs[i] = page->docs[i];
		buf_put_slice(&operation->bytes, page->docs[i].id);
		buf_put_slice(&operation->bytes, page->docs[i].value);
		buf_put_slice(&operation->bytes, page->docs[i].meta.by);
	}
	at = operation->bytes.data;
	for (size_t i = 0; i < page->count; i++) {
		struct store_doc *doc = &operation->docs[i];

		doc->id.data = at;
		doc->value.data = doc->id.data + doc->id.len;
		doc->meta.by.data = doc->value.data + doc->value.len;
		at = doc->meta.by.data + doc->meta.by.len;
	}
	operation->page.docs = operation->docs;
	if (page->all) {
		operation->next = *page->all;
		operation->heads = *page->heads;
		operation->page.all = &operation->next;
		operation->page.heads = &operation->heads;
	}
}

static void copy_places(void *arg, enum rc rc, const struct store_places *places)
{
	struct operation *operation = arg;

	operation->rc = rc;
	if (rc == RC_OK)
		operation->places = *places;
}

static void copy_place(void *arg, enum rc rc, const struct store_cursor *place)
{
	struct operation *operation = arg;

	operation->rc = rc;
	if (rc == RC_OK)
		operation->place = *place;
}

static void copy_stats(void *arg, enum rc rc, const struct store_stats *stats)
{
	struct operation *operation = arg;

	operation->rc = rc;
	if (rc == RC_OK)
		operation->stats = *stats;
}

static void copy_stats_full(void *arg, enum rc rc, const struct store_stats_full *stats)
{
	struct operation *operation = arg;

	operation->rc = rc;
	if (rc == RC_OK)
		operation->stats_full = *stats;
}

static void copy_users(void *arg, enum rc rc, const struct store_users *users)
{
	struct operation *operation = arg;
	size_t at = 0;

	operation->rc = rc;
	if (rc != RC_OK)
		return;
	operation->users = *users;
	operation->user_list = mem_array(users->count, sizeof(*operation->user_list));
	for (size_t i = 0; i < users->count; i++)
		buf_put_slice(&operation->bytes, users->users[i].name);
	for (size_t i = 0; i < users->count; i++) {
		operation->user_list[i] = users->users[i];
		operation->user_list[i].name.data = operation->bytes.data + at;
		at += users->users[i].name.len;
	}
	operation->users.users = operation->user_list;
}

static void pack(struct operation *operation, const struct store_reply *replies, size_t count)
{
	operation->packed = mem_array(count, sizeof(*operation->packed));
	operation->packed_count = count;
	for (size_t i = 0; i < count; i++)
		store_reply_pack(&replies[i], &operation->packed[i]);
}

static void copy_token(void *arg, enum rc rc, const struct store_token *token)
{
	struct operation *operation = arg;
	struct store_token copy;
	const struct store_reply reply = { .kind = STORE_TOKEN_LIST,
					   .tokens = &copy,
					   .token_count = 1 };

	operation->rc = rc;
	if (rc != RC_OK)
		return;
	copy = *token;
	pack(operation, &reply, 1);
}

static void copy_replies(void *arg, enum rc rc, const struct store_reply *replies)
{
	struct operation *operation = arg;

	operation->rc = rc;
	if (rc == RC_OK)
		pack(operation, replies, operation->request_count);
}

/* ---- The first step ---- */

void operation_ask(struct operation *operation, struct store *inner)
{
	struct slice text = buf_slice(&operation->text);

	switch (operation->kind) {
	case CHANGES:
		operation->query.group = text;
		if (operation->query.all)
			operation->query.all = &operation->all;
		operation->query.shown = NULL; /* a file has no lanes */
		store_changes(inner, &operation->query, copy_page, operation);
		break;
	case VERSIONS:
		operation->versions.id = text;
		store_versions(inner, &operation->versions, copy_page, operation);
		break;
	case LATEST:
		store_latest(inner, text, copy_place, operation);
		break;
	case HEAD:
		store_head(inner, copy_places, operation);
		break;
	case STATS:
		store_stats(inner, copy_stats, operation);
		break;
	case STATS_FULL:
		store_stats_full(inner, copy_stats_full, operation);
		break;
	case USERS:
		store_users(inner, operation->limit, copy_users, operation);
		break;
	case TOKEN_FIND:
		store_token_find(inner, text, copy_token, operation);
		break;
	case COMMIT:
		store_commit(inner, operation->requests, operation->request_count, copy_replies,
			     operation);
		break;
	}
	operation->is_answered = true;
}

/* ---- The second step ---- */

static struct store_reply *unpack(const struct operation *operation)
{
	struct store_reply *replies = mem_array(operation->packed_count, sizeof(*replies));

	for (size_t i = 0; i < operation->packed_count; i++)
		if (store_reply_unpack(buf_slice(&operation->packed[i]), &replies[i]) != RC_OK)
			abort();
	return replies;
}

static void answer_packed(const struct operation *operation)
{
	struct store_reply *replies = unpack(operation);

	if (operation->kind == COMMIT)
		operation->on.replies(operation->arg, RC_OK, replies);
	else
		operation->on.token(operation->arg, RC_OK, replies->tokens);
	for (size_t i = 0; i < operation->packed_count; i++)
		store_reply_clear(&replies[i]);
	free(replies);
}

void operation_answer(const struct operation *operation)
{
	bool ok = operation->rc == RC_OK;

	switch (operation->kind) {
	case CHANGES:
	case VERSIONS:
		operation->on.page(operation->arg, operation->rc, ok ? &operation->page : NULL);
		break;
	case LATEST:
		operation->on.place(operation->arg, operation->rc, ok ? &operation->place : NULL);
		break;
	case HEAD:
		operation->on.places(operation->arg, operation->rc, ok ? &operation->places : NULL);
		break;
	case STATS:
		operation->on.stats(operation->arg, operation->rc, ok ? &operation->stats : NULL);
		break;
	case STATS_FULL:
		operation->on.stats_full(operation->arg, operation->rc,
					 ok ? &operation->stats_full : NULL);
		break;
	case USERS:
		operation->on.users(operation->arg, operation->rc, ok ? &operation->users : NULL);
		break;
	case TOKEN_FIND:
		if (ok)
			answer_packed(operation);
		else
			operation->on.token(operation->arg, operation->rc, NULL);
		break;
	case COMMIT:
		if (ok)
			answer_packed(operation);
		else
			operation->on.replies(operation->arg, operation->rc, NULL);
		break;
	}
}

void operation_free(struct operation *operation)
{
	for (size_t i = 0; i < operation->packed_count; i++)
		buf_free(&operation->packed[i]);
	free(operation->packed);
	buf_free(&operation->text);
	buf_free(&operation->bytes);
	free(operation->docs);
	free(operation->user_list);
	free(operation);
}
