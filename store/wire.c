/* Serialization of requests and replies. The worker, the writer and commands call it
 * for messages to the writer. Unpacking checks everything that store.h promises of
 * the fields, so that the writer can rely on it. */
#include "store/store.h"

#include "store/docid.h"
#include "base/mem.h"
#include "base/text.h"
#include "ipc/pack.h"

#include <stdlib.h>

enum { FLAG_DELETED = 1, FLAG_PLAIN = 2, FLAG_DAMAGED = 4, FLAG_ALL = 7, FLAG_META = 8 };
enum { PUSH_ATOMIC = 1, PUSH_KEEPS_VERSIONS = 2 };

/* Least sizes of an element: they bound a count before memory is allocated. */
#define EDIT_MIN (4 + 8 + 4 + 1 + 4)
#define RESULT_MIN (1 + 8 + 8 + 1 + 4)
#define TOKEN_MIN \
	(4 + 4 + STORE_TOKEN_HASH_LEN + 8 + 8 + 4 + 8 * (STORE_QUOTA_COUNT + STORE_QUOTA_STORED))
#define GRANT_MIN (4 + 1)

static uint8_t flags_of(bool deleted, bool plain, bool damaged)
{
	return (uint8_t)((deleted ? FLAG_DELETED : 0) | (plain ? FLAG_PLAIN : 0) |
			 (damaged ? FLAG_DAMAGED : 0));
}

static void pack_flags(struct buf *out, bool deleted, bool plain, bool damaged)
{
	pack_u8(out, flags_of(deleted, plain, damaged));
}

static void unpack_flags(struct unpack *in, bool *deleted, bool *plain, bool *damaged)
{
	uint8_t flags = unpack_u8(in);

	if (flags & ~FLAG_ALL)
		in->bad = true;
	*deleted = flags & FLAG_DELETED;
	*plain = flags & FLAG_PLAIN;
	*damaged = flags & FLAG_DAMAGED;
}

static bool unpack_bool(struct unpack *in)
{
	uint8_t value = unpack_u8(in);

	if (value > 1)
		in->bad = true;
	return value == 1;
}

/* A number that fits a database column. */
static uint64_t unpack_number(struct unpack *in)
{
	uint64_t value = unpack_u64(in);

	if (value > INT64_MAX)
		in->bad = true;
	return value;
}

/* The number of elements of at least `min` bytes; 0 if fewer bytes follow. */
static size_t unpack_count(struct unpack *in, size_t min)
{
	size_t count = unpack_u32(in);

	if (count > in->rest.len / min)
		in->bad = true;
	return in->bad ? 0 : count;
}

/* ---- Edits and results ---- */

static void pack_edit(struct buf *out, const struct store_edit *edit)
{
	pack_bytes(out, edit->id);
	pack_u64(out, edit->base);
	pack_bytes(out, edit->op);
	pack_u8(out, flags_of(edit->deleted, edit->plain, false) | (edit->meta.at ? FLAG_META : 0));
	pack_bytes(out, edit->value);
	if (edit->meta.at) {
		pack_u64(out, (uint64_t)edit->meta.at);
		pack_bytes(out, edit->meta.by);
	}
}

static bool user_is_valid(struct slice user)
{
	return user.len <= STORE_USER_MAX && !text_has_unsafe(user);
}

static void unpack_meta(struct unpack *in, struct store_meta *meta)
{
	meta->at = (int64_t)unpack_number(in);
	meta->by = unpack_bytes(in);
	if (in->bad || meta->at == 0 || !user_is_valid(meta->by))
		in->bad = true;
}

static void unpack_edit(struct unpack *in, struct store_edit *edit)
{
	uint8_t flags;

	edit->id = unpack_bytes(in);
	edit->base = unpack_number(in);
	edit->op = unpack_bytes(in);
	flags = unpack_u8(in);
	edit->deleted = flags & FLAG_DELETED;
	edit->plain = flags & FLAG_PLAIN;
	edit->value = unpack_bytes(in);
	if (flags & FLAG_META)
		unpack_meta(in, &edit->meta);
	if (in->bad || (flags & ~(FLAG_DELETED | FLAG_PLAIN | FLAG_META)) ||
	    !docid_is_valid(edit->id) || (!edit->deleted && docid_is_deep(edit->id)) ||
	    edit->op.len > OP_MAX || edit->deleted != (edit->value.len == 0) ||
	    (!edit->deleted && !transit_is_canonical(edit->value, edit->plain)))
		in->bad = true;
}

static int compare_ids(const void *left, const void *right)
{
	const struct slice *a = left, *b = right;
	int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* Sorted, not hashed: a sender could choose ids that all fall into one bucket. */
static bool ids_differ(const struct store_edit *edits, size_t count)
{
	struct slice *ids;
	bool differ = true;

	if (count < 2)
		return true;
	ids = mem_array(count, sizeof(*ids));
	for (size_t i = 0; i < count; i++)
		ids[i] = edits[i].id;
	qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 1; i < count && differ; i++)
		differ = !slice_equal(ids[i - 1], ids[i]);
	free(ids);
	return differ;
}

static void unpack_edits(struct unpack *in, struct store_request *out)
{
	const uint8_t kind = unpack_u8(in);
	struct store_edit *edits;
	size_t count;

	out->atomic = kind & PUSH_ATOMIC;
	out->keeps_versions = kind & PUSH_KEEPS_VERSIONS;
	if (kind & ~(PUSH_ATOMIC | PUSH_KEEPS_VERSIONS))
		in->bad = true;
	count = unpack_count(in, EDIT_MIN);
	edits = mem_array(count, sizeof(*edits));
	for (size_t i = 0; i < count && !in->bad; i++) {
		unpack_edit(in, &edits[i]);
		out->has_meta = out->has_meta || edits[i].meta.at;
	}
	if (!in->bad && !ids_differ(edits, count))
		in->bad = true;
	out->edits = edits;
	out->edit_count = count;
}

static void pack_result(struct buf *out, const struct store_result *result)
{
	pack_u8(out, (uint8_t)result->status);
	pack_u64(out, result->version);
	pack_u64(out, result->seq);
	pack_flags(out, result->deleted, result->plain, result->damaged);
	pack_bytes(out, result->value);
}

static void unpack_result(struct unpack *in, struct store_result *result)
{
	uint8_t status = unpack_u8(in);

	if (status > STORE_SKIPPED)
		in->bad = true;
	result->status = (enum store_status)status;
	result->version = unpack_number(in);
	result->seq = unpack_number(in);
	unpack_flags(in, &result->deleted, &result->plain, &result->damaged);
	result->value = unpack_bytes(in);
}

static void unpack_results(struct unpack *in, struct store_reply *out)
{
	out->result_count = unpack_count(in, RESULT_MIN);
	out->results = mem_array(out->result_count, sizeof(*out->results));
	for (size_t i = 0; i < out->result_count && !in->bad; i++)
		unpack_result(in, &out->results[i]);
}

/* ---- Tokens ---- */

static void pack_quota(struct buf *out, const struct store_quota *quota)
{
	for (size_t i = 0; i < STORE_QUOTA_COUNT; i++)
		pack_u64(out, (uint64_t)quota->limits[i]);
}

/* `least`: the smallest of the values that stand for no number. */
static void unpack_quota(struct unpack *in, struct store_quota *quota, int64_t least)
{
	for (size_t i = 0; i < STORE_QUOTA_COUNT; i++) {
		quota->limits[i] = (int64_t)unpack_u64(in);
		if (quota->limits[i] < least)
			in->bad = true;
	}
}

static void pack_token(struct buf *out, const struct store_token *token)
{
	pack_bytes(out, token->id);
	pack_bytes(out, token->user);
	buf_put(out, token->hash, sizeof(token->hash));
	pack_u64(out, (uint64_t)token->created);
	pack_u64(out, (uint64_t)token->expires);
	pack_u32(out, (uint32_t)token->grant_count);
	for (size_t i = 0; i < token->grant_count; i++) {
		pack_bytes(out, token->grants[i].group);
		pack_u8(out, token->grants[i].write);
	}
	pack_quota(out, &token->quota);
	for (size_t i = 0; i < STORE_QUOTA_STORED; i++)
		pack_u64(out, token->usage[i]);
}

static bool token_id_is_valid(struct slice id)
{
	for (size_t i = 0; i < id.len; i++)
		if (memchr("0123456789abcdef", id.data[i], 16) == NULL)
			return false;
	return id.len == STORE_TOKEN_ID_LEN;
}

static void unpack_grants(struct unpack *in, struct store_token *token)
{
	size_t count = unpack_count(in, GRANT_MIN);

	if (count == 0 || count > STORE_GRANTS_MAX) {
		in->bad = true;
		return;
	}
	token->grants = mem_array(count, sizeof(*token->grants));
	token->grant_count = count;
	for (size_t i = 0; i < count && !in->bad; i++) {
		token->grants[i].group = unpack_bytes(in);
		token->grants[i].write = unpack_bool(in);
		if (in->bad || !group_is_valid(token->grants[i].group))
			in->bad = true;
	}
}

static void unpack_token(struct unpack *in, struct store_token *token)
{
	token->id = unpack_bytes(in);
	token->user = unpack_bytes(in);
	for (size_t i = 0; i < sizeof(token->hash); i++)
		token->hash[i] = unpack_u8(in);
	token->created = (int64_t)unpack_u64(in);
	token->expires = (int64_t)unpack_u64(in);
	if (in->bad || !token_id_is_valid(token->id) || token->user.len == 0 ||
	    token->user.len > STORE_USER_MAX)
		in->bad = true;
	unpack_grants(in, token);
	unpack_quota(in, &token->quota, STORE_QUOTA_OFF);
	for (size_t i = 0; i < STORE_QUOTA_STORED; i++)
		token->usage[i] = unpack_number(in);
}

static void pack_rotation(struct buf *out, const struct store_request *request)
{
	pack_bytes(out, request->token.id);
	buf_put(out, request->token.hash, sizeof(request->token.hash));
	pack_u64(out, (uint64_t)request->token.created);
	pack_u64(out, (uint64_t)request->token.expires);
	pack_bytes(out, request->old);
	pack_u64(out, (uint64_t)request->old_ends);
}

static void unpack_rotation(struct unpack *in, struct store_request *request)
{
	request->token.id = unpack_bytes(in);
	for (size_t i = 0; i < sizeof(request->token.hash); i++)
		request->token.hash[i] = unpack_u8(in);
	request->token.created = (int64_t)unpack_u64(in);
	request->token.expires = (int64_t)unpack_u64(in);
	request->old = unpack_bytes(in);
	request->old_ends = (int64_t)unpack_u64(in);
	if (in->bad || !token_id_is_valid(request->token.id) || !token_id_is_valid(request->old) ||
	    slice_equal(request->token.id, request->old) ||
	    request->token.expires < STORE_EXPIRES_KEPT)
		in->bad = true;
}

static void unpack_tokens(struct unpack *in, struct store_reply *out)
{
	out->token_count = unpack_count(in, TOKEN_MIN);
	out->tokens = mem_array(out->token_count, sizeof(*out->tokens));
	for (size_t i = 0; i < out->token_count && !in->bad; i++)
		unpack_token(in, &out->tokens[i]);
}

/* ---- Requests ---- */

static enum store_kind unpack_kind(struct unpack *in)
{
	uint8_t kind = unpack_u8(in);

	if (kind >= STORE_KIND_COUNT)
		in->bad = true;
	return in->bad ? STORE_KIND_COUNT : (enum store_kind)kind;
}

void store_request_pack(const struct store_request *request, struct buf *out)
{
	pack_u8(out, (uint8_t)request->kind);
	switch (request->kind) {
	case STORE_PUSH:
		pack_bytes(out, request->payer);
		pack_bytes(out, request->user);
		pack_u8(out, (uint8_t)((request->atomic ? PUSH_ATOMIC : 0) |
				       (request->keeps_versions ? PUSH_KEEPS_VERSIONS : 0)));
		pack_u32(out, (uint32_t)request->edit_count);
		for (size_t i = 0; i < request->edit_count; i++)
			pack_edit(out, &request->edits[i]);
		break;
	case STORE_TOKEN_ADD:
		pack_token(out, &request->token);
		break;
	case STORE_TOKEN_REVOKE:
		pack_bytes(out, request->token.id);
		break;
	case STORE_TOKEN_ROTATE:
		pack_rotation(out, request);
		break;
	case STORE_TOKEN_SET:
		pack_bytes(out, request->token.id);
		pack_quota(out, &request->token.quota);
		break;
	case STORE_PURGE:
		pack_u64(out, (uint64_t)request->before);
		pack_u64(out, (uint64_t)request->ended_before);
		pack_u64(out, request->limit);
		break;
	case STORE_TOKEN_LIST:
	case STORE_KIND_COUNT:
		break;
	}
}

static bool payer_is_valid(struct slice payer)
{
	return payer.len == 0 || slice_is(payer, STORE_PAYER_ANYONE) || token_id_is_valid(payer);
}

static void unpack_push(struct unpack *in, struct store_request *out)
{
	out->payer = unpack_bytes(in);
	out->user = unpack_bytes(in);
	if (in->bad || !payer_is_valid(out->payer) || out->user.len > STORE_USER_MAX)
		in->bad = true;
	unpack_edits(in, out);
}

struct slice store_request_payer(struct slice bytes)
{
	struct unpack in = { .rest = bytes };
	struct slice payer = slice_of("");

	if (unpack_u8(&in) == STORE_PUSH)
		payer = unpack_bytes(&in);
	return in.bad ? slice_of("") : payer;
}

enum rc store_request_unpack(struct slice bytes, struct store_request *out)
{
	struct unpack in = { .rest = bytes };

	*out = (struct store_request){ .kind = unpack_kind(&in) };
	switch (out->kind) {
	case STORE_PUSH:
		unpack_push(&in, out);
		break;
	case STORE_TOKEN_ADD:
		unpack_token(&in, &out->token);
		/* Not of tokens in replies: older databases may have such users. */
		if (text_has_unsafe(out->token.user))
			in.bad = true;
		break;
	case STORE_TOKEN_REVOKE:
		out->token.id = unpack_bytes(&in);
		if (!token_id_is_valid(out->token.id))
			in.bad = true;
		break;
	case STORE_TOKEN_ROTATE:
		unpack_rotation(&in, out);
		break;
	case STORE_TOKEN_SET:
		out->token.id = unpack_bytes(&in);
		if (in.bad || !token_id_is_valid(out->token.id))
			in.bad = true;
		unpack_quota(&in, &out->token.quota, STORE_QUOTA_KEPT);
		break;
	case STORE_PURGE:
		out->before = (int64_t)unpack_u64(&in);
		out->ended_before = (int64_t)unpack_u64(&in);
		out->limit = unpack_u64(&in);
		if (out->limit < 1 || out->limit > STORE_PURGE_MAX)
			in.bad = true;
		break;
	case STORE_TOKEN_LIST:
	case STORE_KIND_COUNT:
		break;
	}
	return unpack_finish(&in);
}

void store_request_clear(struct store_request *request)
{
	free((void *)request->edits);
	free(request->token.grants);
	*request = (struct store_request){ .kind = STORE_KIND_COUNT };
}

/* ---- Replies ---- */

static void pack_places(struct buf *out, const struct store_places *places)
{
	pack_u8(out, (uint8_t)places->lanes);
	pack_u64(out, places->epoch);
	for (int lane = 0; lane < places->lanes; lane++)
		pack_u64(out, places->seqs[lane]);
}

static void unpack_places(struct unpack *in, struct store_places *places)
{
	const uint8_t lanes = unpack_u8(in);

	if (lanes < 2 || lanes > STORE_LANES_MAX) {
		in->bad = true;
		return;
	}
	places->lanes = lanes;
	places->epoch = unpack_u64(in);
	for (int lane = 0; lane < lanes; lane++)
		places->seqs[lane] = unpack_number(in);
}

void store_reply_pack(const struct store_reply *reply, struct buf *out)
{
	pack_u8(out, (uint8_t)reply->rc);
	pack_u8(out, (uint8_t)reply->kind);
	pack_u64(out, reply->head.epoch);
	pack_u64(out, reply->head.seq);
	pack_u64(out, reply->purged);
	pack_u64(out, reply->pruned);
	pack_u8(out, (uint8_t)reply->over);
	pack_u64(out, reply->over_limit);
	pack_u32(out, (uint32_t)reply->result_count);
	for (size_t i = 0; i < reply->result_count; i++)
		pack_result(out, &reply->results[i]);
	pack_u32(out, (uint32_t)reply->token_count);
	for (size_t i = 0; i < reply->token_count; i++)
		pack_token(out, &reply->tokens[i]);
	if (reply->kind == STORE_TOKEN_LIST)
		pack_quota(out, &reply->quota);
	if (reply->kind == STORE_PUSH && reply->heads.lanes)
		pack_places(out, &reply->heads);
}

static void unpack_over(struct unpack *in, struct store_reply *out)
{
	uint8_t over = unpack_u8(in);

	if (over >= STORE_QUOTA_COUNT)
		in->bad = true;
	else
		out->over = (enum store_quota_kind)over;
	out->over_limit = unpack_number(in);
}

enum rc store_reply_unpack(struct slice bytes, struct store_reply *out)
{
	struct unpack in = { .rest = bytes };
	uint8_t rc = unpack_u8(&in);

	if (rc >= RC_COUNT)
		in.bad = true;
	*out = (struct store_reply){ .rc = (enum rc)rc };
	out->kind = unpack_kind(&in);
	out->head.epoch = unpack_u64(&in);
	out->head.seq = unpack_number(&in);
	out->purged = unpack_number(&in);
	out->pruned = unpack_number(&in);
	unpack_over(&in, out);
	unpack_results(&in, out);
	unpack_tokens(&in, out);
	if (out->kind == STORE_TOKEN_LIST)
		unpack_quota(&in, &out->quota, STORE_QUOTA_OFF);
	if (out->kind == STORE_PUSH && in.rest.len)
		unpack_places(&in, &out->heads);
	return unpack_finish(&in);
}

void store_reply_clear(struct store_reply *reply)
{
	for (size_t i = 0; i < reply->token_count; i++)
		free(reply->tokens[i].grants);
	free(reply->tokens);
	free(reply->results);
	*reply = (struct store_reply){ .kind = STORE_KIND_COUNT };
}
