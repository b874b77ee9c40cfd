/* Serialization of requests about tokens and invitations. wire_request.c calls it. */
#include "store/wire.h"

#include "base/mem.h"
#include "base/text.h"

#define ID_MIN 4

static void unpack_new_token(struct unpack *in, struct store_token *out)
{
	wire_unpack_token(in, out);
	/* Not of tokens in replies: older databases may have such users. */
	if (text_has_unsafe(out->user))
		in->bad = true;
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
	wire_unpack_hash(in, request->token.hash);
	request->token.created = (int64_t)unpack_u64(in);
	request->token.expires = (int64_t)unpack_u64(in);
	request->old = unpack_bytes(in);
	request->old_ends = (int64_t)unpack_u64(in);
	if (in->bad || !wire_token_id_is_valid(request->token.id) ||
	    !wire_token_id_is_valid(request->old) || slice_equal(request->token.id, request->old) ||
	    request->token.expires < STORE_EXPIRES_KEPT)
		in->bad = true;
}

/* What is not set stays as it is. */
static void pack_setting(struct buf *out, const struct store_request *request)
{
	pack_bytes(out, request->token.id);
	wire_pack_quota(out, &request->token.quota);
	pack_u64(out, (uint64_t)request->token.expires);
	wire_pack_grants(out, request->token.grants, request->token.grant_count);
	pack_u8(out, request->sets_note);
	pack_bytes(out, request->token.note);
}

static void unpack_setting(struct unpack *in, struct store_request *out)
{
	out->token.id = wire_unpack_token_id(in);
	wire_unpack_quota(in, &out->token.quota, STORE_QUOTA_KEPT);
	out->token.expires = (int64_t)unpack_u64(in);
	if (out->token.expires < STORE_EXPIRES_KEPT)
		in->bad = true;
	out->token.grants = wire_unpack_grants(in, 0, &out->token.grant_count);
	out->sets_note = wire_unpack_bool(in);
	out->token.note = wire_unpack_note(in);
}

static void pack_used(struct buf *out, const struct store_request *request)
{
	pack_u32(out, (uint32_t)request->used_count);
	for (size_t i = 0; i < request->used_count; i++)
		pack_bytes(out, request->used[i]);
}

static void unpack_used(struct unpack *in, struct store_request *out)
{
	size_t count = wire_unpack_count(in, ID_MIN);
	struct slice *ids;

	if (count > STORE_USED_MAX)
		in->bad = true;
	if (in->bad)
		return;
	ids = mem_array(count, sizeof(*ids));
	for (size_t i = 0; i < count; i++)
		ids[i] = wire_unpack_token_id(in);
	out->used = ids;
	out->used_count = count;
}

/* Of an administrator; the others are unpack_device's. */
static void unpack_new_invite(struct unpack *in, struct store_invite *out)
{
	wire_unpack_invite(in, out);
	if (out->source.len || out->user.len || out->used || out->expires == 0)
		in->bad = true;
	for (size_t i = 0; i < out->grant_count; i++)
		if (slice_is(out->grants[i].group, STORE_GRANT_ADMIN))
			in->bad = true;
}

static void pack_device(struct buf *out, const struct store_request *request)
{
	pack_bytes(out, request->invite.id);
	buf_put(out, request->invite.hash, sizeof(request->invite.hash));
	pack_bytes(out, request->secret);
}

static void unpack_device(struct unpack *in, struct store_request *out)
{
	out->invite.id = wire_unpack_token_id(in);
	wire_unpack_hash(in, out->invite.hash);
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
	out->token.id = wire_unpack_token_id(in);
	wire_unpack_hash(in, out->token.hash);
	out->token.user = unpack_bytes(in);
	wire_unpack_hash(in, out->retry);
	out->secret = unpack_bytes(in);
	if (in->bad || out->token.user.len > STORE_USER_MAX || text_has_unsafe(out->token.user))
		in->bad = true;
}

void wire_pack_access(const struct store_request *request, struct buf *out)
{
	switch (request->kind) {
	case STORE_TOKEN_ADD:
		wire_pack_token(out, &request->token);
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
		wire_pack_invite(out, &request->invite);
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

/* Of tokens and invitations. */
void wire_unpack_access(struct unpack *in, struct store_request *out)
{
	switch (out->kind) {
	case STORE_TOKEN_ADD:
		unpack_new_token(in, &out->token);
		break;
	case STORE_TOKEN_REVOKE:
		out->token.id = wire_unpack_token_id(in);
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
		out->invite.id = wire_unpack_token_id(in);
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
