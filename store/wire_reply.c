/* Serialization of replies. The writer calls it, and the worker and commands for what
 * the writer sends. */
#include "store/wire.h"

#include "base/mem.h"

#include <stdlib.h>

/* Least sizes of an element: they bound a count before memory is allocated. */
#define RESULT_MIN (1 + 8 + 8 + 1 + 4)
#define TOKEN_MIN \
	(4 + 4 + STORE_TOKEN_HASH_LEN + 8 + 8 + 4 + 8 * (STORE_QUOTA_COUNT + STORE_QUOTA_STORED) + \
	 4 + 4 + 8)
#define INVITE_MIN (4 + STORE_TOKEN_HASH_LEN + 4 + 4 + 4 + 8 + 8 + 8 + 8 + 4)

static void pack_flags(struct buf *out, bool deleted, bool plain, bool damaged)
{
	pack_u8(out, wire_flags(deleted, plain, damaged));
}

static void unpack_flags(struct unpack *in, bool *deleted, bool *plain, bool *damaged)
{
	uint8_t flags = unpack_u8(in);

	if (flags & ~WIRE_ALL)
		in->bad = true;
	*deleted = flags & WIRE_DELETED;
	*plain = flags & WIRE_PLAIN;
	*damaged = flags & WIRE_DAMAGED;
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
	result->version = wire_unpack_number(in);
	result->seq = wire_unpack_number(in);
	unpack_flags(in, &result->deleted, &result->plain, &result->damaged);
	result->value = unpack_bytes(in);
}

static void unpack_results(struct unpack *in, struct store_reply *out)
{
	out->result_count = wire_unpack_count(in, RESULT_MIN);
	out->results = mem_array(out->result_count, sizeof(*out->results));
	for (size_t i = 0; i < out->result_count && !in->bad; i++)
		unpack_result(in, &out->results[i]);
}

static void unpack_tokens(struct unpack *in, struct store_reply *out)
{
	out->token_count = wire_unpack_count(in, TOKEN_MIN);
	out->tokens = mem_array(out->token_count, sizeof(*out->tokens));
	for (size_t i = 0; i < out->token_count && !in->bad; i++)
		wire_unpack_token(in, &out->tokens[i]);
}

static void unpack_invites(struct unpack *in, struct store_reply *out)
{
	out->invite_count = wire_unpack_count(in, INVITE_MIN);
	out->invites = mem_array(out->invite_count, sizeof(*out->invites));
	for (size_t i = 0; i < out->invite_count && !in->bad; i++)
		wire_unpack_invite(in, &out->invites[i]);
}

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
		places->seqs[lane] = wire_unpack_number(in);
}

static void unpack_over(struct unpack *in, struct store_reply *out)
{
	uint8_t over = unpack_u8(in);

	if (over >= STORE_QUOTA_COUNT)
		in->bad = true;
	else
		out->over = (enum store_quota_kind)over;
	out->over_limit = wire_unpack_number(in);
}

static void unpack_joined(struct unpack *in, struct store_reply *out)
{
	uint8_t join = unpack_u8(in);

	if (join >= STORE_JOIN_COUNT)
		in->bad = true;
	else
		out->join = (enum store_join)join;
	out->repeated = wire_unpack_bool(in);
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
		wire_pack_token(out, &reply->tokens[i]);
	if (reply->kind == STORE_TOKEN_LIST)
		wire_pack_quota(out, &reply->quota);
	if (reply->kind == STORE_PUSH && reply->heads.lanes)
		pack_places(out, &reply->heads);
	if (reply->kind == STORE_INVITE_LIST) {
		pack_u32(out, (uint32_t)reply->invite_count);
		for (size_t i = 0; i < reply->invite_count; i++)
			wire_pack_invite(out, &reply->invites[i]);
	}
	if (reply->kind == STORE_JOIN) {
		pack_u8(out, (uint8_t)reply->join);
		pack_u8(out, reply->repeated);
	}
	if (reply->kind == STORE_PURGE) {
		pack_u8(out, reply->more);
		wire_pack_former(out, &reply->next);
	}
}

enum rc store_reply_unpack(struct slice bytes, struct store_reply *out)
{
	struct unpack in = { .rest = bytes };
	uint8_t rc = unpack_u8(&in);

	if (rc >= RC_COUNT)
		in.bad = true;
	*out = (struct store_reply){ .rc = (enum rc)rc };
	out->kind = wire_unpack_kind(&in);
	out->head.epoch = unpack_u64(&in);
	out->head.seq = wire_unpack_number(&in);
	out->purged = wire_unpack_number(&in);
	out->pruned = wire_unpack_number(&in);
	unpack_over(&in, out);
	unpack_results(&in, out);
	unpack_tokens(&in, out);
	if (out->kind == STORE_TOKEN_LIST)
		wire_unpack_quota(&in, &out->quota, STORE_QUOTA_OFF);
	if (out->kind == STORE_PUSH && in.rest.len)
		unpack_places(&in, &out->heads);
	if (out->kind == STORE_INVITE_LIST)
		unpack_invites(&in, out);
	if (out->kind == STORE_JOIN)
		unpack_joined(&in, out);
	if (out->kind == STORE_PURGE) {
		out->more = wire_unpack_bool(&in);
		wire_unpack_former(&in, &out->next);
	}
	return unpack_finish(&in);
}

void store_reply_clear(struct store_reply *reply)
{
	for (size_t i = 0; i < reply->token_count; i++)
		free(reply->tokens[i].grants);
	for (size_t i = 0; i < reply->invite_count; i++)
		free(reply->invites[i].grants);
	free(reply->tokens);
	free(reply->invites);
	free(reply->results);
	*reply = (struct store_reply){ .kind = STORE_KIND_COUNT };
}
