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
	(4 + 4 + STORE_TOKEN_HASH_LEN + 8 + 8 + 4 + 8 * (STORE_QUOTA_COUNT + STORE_QUOTA_STORED) + \
	 4 + 4 + 8)
#define INVITE_MIN (4 + STORE_TOKEN_HASH_LEN + 4 + 4 + 4 + 8 + 8 + 8 + 8 + 4)
#define GRANT_MIN (4 + 1)
#define ID_MIN 4

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

static void pack_grants(struct buf *out, const struct store_grant *grants, size_t count)
{
	pack_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		pack_bytes(out, grants[i].group);
		pack_u8(out, grants[i].write);
	}
}

static void pack_token(struct buf *out, const struct store_token *token)
{
	pack_bytes(out, token->id);
	pack_bytes(out, token->user);
	buf_put(out, token->hash, sizeof(token->hash));
	pack_u64(out, (uint64_t)token->created);
	pack_u64(out, (uint64_t)token->expires);
	pack_grants(out, token->grants, token->grant_count);
	pack_quota(out, &token->quota);
	for (size_t i = 0; i < STORE_QUOTA_STORED; i++)
		pack_u64(out, token->usage[i]);
	pack_bytes(out, token->note);
	pack_bytes(out, token->invite);
	pack_u64(out, (uint64_t)token->used);
}

static bool token_id_is_valid(struct slice id)
{
	for (size_t i = 0; i < id.len; i++)
		if (memchr("0123456789abcdef", id.data[i], 16) == NULL)
			return false;
	return id.len == STORE_TOKEN_ID_LEN;
}

static void unpack_hash(struct unpack *in, unsigned char hash[STORE_TOKEN_HASH_LEN])
{
	for (size_t i = 0; i < STORE_TOKEN_HASH_LEN; i++)
		hash[i] = unpack_u8(in);
}

static struct slice unpack_token_id(struct unpack *in)
{
	struct slice id = unpack_bytes(in);

	if (in->bad || !token_id_is_valid(id))
		in->bad = true;
	return id;
}

/* At least `least` of them; NULL: none. */
static struct store_grant *unpack_grants(struct unpack *in, size_t least, size_t *out_count)
{
	size_t count = unpack_count(in, GRANT_MIN);
	struct store_grant *grants;

	if (count < least || count > STORE_GRANTS_MAX)
		in->bad = true;
	*out_count = in->bad ? 0 : count;
	if (*out_count == 0)
		return NULL;
	grants = mem_array(count, sizeof(*grants));
	for (size_t i = 0; i < count && !in->bad; i++) {
		grants[i].group = unpack_bytes(in);
		grants[i].write = unpack_bool(in);
		if (in->bad || !group_is_valid(grants[i].group))
			in->bad = true;
	}
	return grants;
}

static struct slice unpack_optional_id(struct unpack *in)
{
	struct slice id = unpack_bytes(in);

	if (in->bad || (id.len && !token_id_is_valid(id)))
		in->bad = true;
	return id;
}

static struct slice unpack_note(struct unpack *in)
{
	struct slice note = unpack_bytes(in);

	if (in->bad || note.len > STORE_NOTE_MAX || text_has_unsafe(note))
		in->bad = true;
	return in->bad ? slice_of("") : note;
}

static void unpack_token(struct unpack *in, struct store_token *token)
{
	token->id = unpack_bytes(in);
	token->user = unpack_bytes(in);
	unpack_hash(in, token->hash);
	token->created = (int64_t)unpack_u64(in);
	token->expires = (int64_t)unpack_u64(in);
	if (in->bad || !token_id_is_valid(token->id) || token->user.len == 0 ||
	    token->user.len > STORE_USER_MAX)
		in->bad = true;
	token->grants = unpack_grants(in, 1, &token->grant_count);
	unpack_quota(in, &token->quota, STORE_QUOTA_OFF);
	for (size_t i = 0; i < STORE_QUOTA_STORED; i++)
		token->usage[i] = unpack_number(in);
	token->note = unpack_note(in);
	token->invite = unpack_optional_id(in);
	token->used = (int64_t)unpack_number(in);
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
	unpack_hash(in, request->token.hash);
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

/* What is not set stays as it is. */
static void pack_setting(struct buf *out, const struct store_request *request)
{
	pack_bytes(out, request->token.id);
	pack_quota(out, &request->token.quota);
	pack_u64(out, (uint64_t)request->token.expires);
	pack_grants(out, request->token.grants, request->token.grant_count);
	pack_u8(out, request->sets_note);
	pack_bytes(out, request->token.note);
}

static void unpack_setting(struct unpack *in, struct store_request *out)
{
	out->token.id = unpack_token_id(in);
	unpack_quota(in, &out->token.quota, STORE_QUOTA_KEPT);
	out->token.expires = (int64_t)unpack_u64(in);
	if (out->token.expires < STORE_EXPIRES_KEPT)
		in->bad = true;
	out->token.grants = unpack_grants(in, 0, &out->token.grant_count);
	out->sets_note = unpack_bool(in);
	out->token.note = unpack_note(in);
}

static void pack_used(struct buf *out, const struct store_request *request)
{
	pack_u32(out, (uint32_t)request->used_count);
	for (size_t i = 0; i < request->used_count; i++)
		pack_bytes(out, request->used[i]);
}

static void unpack_used(struct unpack *in, struct store_request *out)
{
	size_t count = unpack_count(in, ID_MIN);
	struct slice *ids;

	if (count > STORE_USED_MAX)
		in->bad = true;
	if (in->bad)
		return;
	ids = mem_array(count, sizeof(*ids));
	for (size_t i = 0; i < count; i++)
		ids[i] = unpack_token_id(in);
	out->used = ids;
	out->used_count = count;
}

/* ---- Invitations ---- */

static void pack_invite(struct buf *out, const struct store_invite *invite)
{
	pack_bytes(out, invite->id);
	buf_put(out, invite->hash, sizeof(invite->hash));
	pack_bytes(out, invite->source);
	pack_bytes(out, invite->user);
	pack_bytes(out, invite->note);
	pack_u64(out, (uint64_t)invite->created);
	pack_u64(out, (uint64_t)invite->expires);
	pack_u64(out, invite->uses);
	pack_u64(out, invite->used);
	pack_grants(out, invite->grants, invite->grant_count);
}

static void unpack_invite(struct unpack *in, struct store_invite *invite)
{
	invite->id = unpack_token_id(in);
	unpack_hash(in, invite->hash);
	invite->source = unpack_optional_id(in);
	invite->user = unpack_bytes(in);
	invite->note = unpack_note(in);
	invite->created = (int64_t)unpack_number(in);
	invite->expires = (int64_t)unpack_number(in);
	invite->uses = unpack_number(in);
	invite->used = unpack_number(in);
	if (invite->uses < 1 || invite->uses > STORE_USES_MAX)
		in->bad = true;
	invite->grants = unpack_grants(in, invite->source.len == 0, &invite->grant_count);
}

static void unpack_invites(struct unpack *in, struct store_reply *out)
{
	out->invite_count = unpack_count(in, INVITE_MIN);
	out->invites = mem_array(out->invite_count, sizeof(*out->invites));
	for (size_t i = 0; i < out->invite_count && !in->bad; i++)
		unpack_invite(in, &out->invites[i]);
}

static void pack_device(struct buf *out, const struct store_request *request)
{
	pack_bytes(out, request->invite.id);
	buf_put(out, request->invite.hash, sizeof(request->invite.hash));
	pack_bytes(out, request->secret);
}

static void unpack_device(struct unpack *in, struct store_request *out)
{
	out->invite.id = unpack_token_id(in);
	unpack_hash(in, out->invite.hash);
	out->secret = unpack_bytes(in);
}

static void pack_join(struct buf *out, const struct store_request *request)
{
	pack_bytes(out, request->token.id);
	buf_put(out, request->token.hash, sizeof(request->token.hash));
	pack_bytes(out, request->token.user);
	buf_put(out, request->retry, sizeof(request->retry));
	pack_bytes(out, request->secret);
}

static void unpack_join(struct unpack *in, struct store_request *out)
{
	out->token.id = unpack_token_id(in);
	unpack_hash(in, out->token.hash);
	out->token.user = unpack_bytes(in);
	unpack_hash(in, out->retry);
	out->secret = unpack_bytes(in);
	if (in->bad || out->token.user.len > STORE_USER_MAX || text_has_unsafe(out->token.user))
		in->bad = true;
}

/* ---- Requests ---- */

static enum store_kind unpack_kind(struct unpack *in)
{
	uint8_t kind = unpack_u8(in);

	if (kind >= STORE_KIND_COUNT)
		in->bad = true;
	return in->bad ? STORE_KIND_COUNT : (enum store_kind)kind;
}

static void pack_push(struct buf *out, const struct store_request *request)
{
	pack_bytes(out, request->payer);
	pack_bytes(out, request->user);
	pack_u8(out, (uint8_t)((request->atomic ? PUSH_ATOMIC : 0) |
			       (request->keeps_versions ? PUSH_KEEPS_VERSIONS : 0)));
	pack_u32(out, (uint32_t)request->edit_count);
	for (size_t i = 0; i < request->edit_count; i++)
		pack_edit(out, &request->edits[i]);
}

static void pack_access(const struct store_request *request, struct buf *out)
{
	switch (request->kind) {
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
		pack_setting(out, request);
		break;
	case STORE_TOKEN_USED:
		pack_used(out, request);
		break;
	case STORE_INVITE_ADD:
		pack_invite(out, &request->invite);
		break;
	case STORE_INVITE_REMOVE:
		pack_bytes(out, request->invite.id);
		break;
	case STORE_INVITE_DEVICE:
		pack_device(out, request);
		break;
	case STORE_JOIN:
		pack_join(out, request);
		break;
	default:
		break;
	}
}

void store_request_pack(const struct store_request *request, struct buf *out)
{
	pack_u8(out, (uint8_t)request->kind);
	if (request->kind == STORE_PUSH) {
		pack_push(out, request);
	} else if (request->kind == STORE_PURGE) {
		pack_u64(out, (uint64_t)request->before);
		pack_u64(out, (uint64_t)request->ended_before);
		pack_u64(out, request->limit);
	} else {
		pack_access(request, out);
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

static void unpack_new_token(struct unpack *in, struct store_token *out)
{
	unpack_token(in, out);
	/* Not of tokens in replies: older databases may have such users. */
	if (text_has_unsafe(out->user))
		in->bad = true;
}

static void unpack_purge(struct unpack *in, struct store_request *out)
{
	out->before = (int64_t)unpack_u64(in);
	out->ended_before = (int64_t)unpack_u64(in);
	out->limit = unpack_u64(in);
	if (out->limit < 1 || out->limit > STORE_PURGE_MAX)
		in->bad = true;
}

/* Of an administrator; the others are unpack_device's. */
static void unpack_new_invite(struct unpack *in, struct store_invite *out)
{
	unpack_invite(in, out);
	if (out->source.len || out->user.len || out->used || out->expires == 0)
		in->bad = true;
	for (size_t i = 0; i < out->grant_count; i++)
		if (slice_is(out->grants[i].group, STORE_GRANT_ADMIN))
			in->bad = true;
}

/* Of tokens and invitations. */
static void unpack_access(struct unpack *in, struct store_request *out)
{
	switch (out->kind) {
	case STORE_TOKEN_ADD:
		unpack_new_token(in, &out->token);
		break;
	case STORE_TOKEN_REVOKE:
		out->token.id = unpack_token_id(in);
		break;
	case STORE_TOKEN_ROTATE:
		unpack_rotation(in, out);
		break;
	case STORE_TOKEN_SET:
		unpack_setting(in, out);
		break;
	case STORE_TOKEN_USED:
		unpack_used(in, out);
		break;
	case STORE_INVITE_ADD:
		unpack_new_invite(in, &out->invite);
		break;
	case STORE_INVITE_REMOVE:
		out->invite.id = unpack_token_id(in);
		break;
	case STORE_INVITE_DEVICE:
		unpack_device(in, out);
		break;
	case STORE_JOIN:
		unpack_join(in, out);
		break;
	default:
		break;
	}
}

enum rc store_request_unpack(struct slice bytes, struct store_request *out)
{
	struct unpack in = { .rest = bytes };

	*out = (struct store_request){ .kind = unpack_kind(&in) };
	if (out->kind == STORE_PUSH)
		unpack_push(&in, out);
	else if (out->kind == STORE_PURGE)
		unpack_purge(&in, out);
	else
		unpack_access(&in, out);
	return unpack_finish(&in);
}

void store_request_clear(struct store_request *request)
{
	free((void *)request->edits);
	free((void *)request->used);
	free(request->token.grants);
	free(request->invite.grants);
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
	if (reply->kind == STORE_INVITE_LIST) {
		pack_u32(out, (uint32_t)reply->invite_count);
		for (size_t i = 0; i < reply->invite_count; i++)
			pack_invite(out, &reply->invites[i]);
	}
	if (reply->kind == STORE_JOIN) {
		pack_u8(out, (uint8_t)reply->join);
		pack_u8(out, reply->repeated);
	}
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

static void unpack_joined(struct unpack *in, struct store_reply *out)
{
	uint8_t join = unpack_u8(in);

	if (join >= STORE_JOIN_COUNT)
		in->bad = true;
	else
		out->join = (enum store_join)join;
	out->repeated = unpack_bool(in);
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
	if (out->kind == STORE_INVITE_LIST)
		unpack_invites(&in, out);
	if (out->kind == STORE_JOIN)
		unpack_joined(&in, out);
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
