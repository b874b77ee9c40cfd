/* Serialization of tokens and invitations, with their grants and quotas. wire_access.c
 * calls it for requests, wire_reply.c for replies. */
#include "store/wire.h"

#include "store/docid.h"
#include "base/mem.h"

#define GRANT_MIN (4 + 1)

void wire_pack_quota(struct buf *out, const struct store_quota *quota)
{
	for (size_t i = 0; i < STORE_QUOTA_COUNT; i++)
		pack_u64(out, (uint64_t)quota->limits[i]);
}

/* `least`: the smallest of the values that stand for no number. */
void wire_unpack_quota(struct unpack *in, struct store_quota *quota, int64_t least)
{
	for (size_t i = 0; i < STORE_QUOTA_COUNT; i++) {
		quota->limits[i] = (int64_t)unpack_u64(in);
		if (quota->limits[i] < least)
			in->bad = true;
	}
}

void wire_pack_grants(struct buf *out, const struct store_grant *grants, size_t count)
{
	pack_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		pack_bytes(out, grants[i].group);
		pack_u8(out, grants[i].write);
	}
}

/* At least `least` of them; NULL: none. */
struct store_grant *wire_unpack_grants(struct unpack *in, size_t least, size_t *out_count)
{
	size_t count = wire_unpack_count(in, GRANT_MIN);
	struct store_grant *grants;

	if (count < least || count > STORE_GRANTS_MAX)
		in->bad = true;
	*out_count = in->bad ? 0 : count;
	if (*out_count == 0)
		return NULL;
	grants = mem_array(count, sizeof(*grants));
	for (size_t i = 0; i < count && !in->bad; i++) {
		grants[i].group = unpack_bytes(in);
		grants[i].write = wire_unpack_bool(in);
		if (in->bad || !group_is_valid(grants[i].group))
			in->bad = true;
	}
	return grants;
}

void wire_pack_token(struct buf *out, const struct store_token *token)
{
	pack_bytes(out, token->id);
	pack_bytes(out, token->user);
	buf_put(out, token->hash, sizeof(token->hash));
	pack_u64(out, (uint64_t)token->created);
	pack_u64(out, (uint64_t)token->expires);
	wire_pack_grants(out, token->grants, token->grant_count);
	wire_pack_quota(out, &token->quota);
	for (size_t i = 0; i < STORE_QUOTA_STORED; i++)
		pack_u64(out, token->usage[i]);
	pack_bytes(out, token->note);
	pack_bytes(out, token->invite);
	pack_u64(out, (uint64_t)token->used);
}

void wire_unpack_token(struct unpack *in, struct store_token *token)
{
	token->id = unpack_bytes(in);
	token->user = unpack_bytes(in);
	wire_unpack_hash(in, token->hash);
	token->created = (int64_t)unpack_u64(in);
	token->expires = (int64_t)unpack_u64(in);
	if (in->bad || !wire_token_id_is_valid(token->id) || token->user.len == 0 ||
	    token->user.len > STORE_USER_MAX)
		in->bad = true;
	token->grants = wire_unpack_grants(in, 1, &token->grant_count);
	wire_unpack_quota(in, &token->quota, STORE_QUOTA_OFF);
	for (size_t i = 0; i < STORE_QUOTA_STORED; i++)
		token->usage[i] = wire_unpack_number(in);
	token->note = wire_unpack_note(in);
	token->invite = wire_unpack_optional_id(in);
	token->used = (int64_t)wire_unpack_number(in);
}

void wire_pack_invite(struct buf *out, const struct store_invite *invite)
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
	wire_pack_grants(out, invite->grants, invite->grant_count);
}

void wire_unpack_invite(struct unpack *in, struct store_invite *invite)
{
	invite->id = wire_unpack_token_id(in);
	wire_unpack_hash(in, invite->hash);
	invite->source = wire_unpack_optional_id(in);
	invite->user = unpack_bytes(in);
	invite->note = wire_unpack_note(in);
	invite->created = (int64_t)wire_unpack_number(in);
	invite->expires = (int64_t)wire_unpack_number(in);
	invite->uses = wire_unpack_number(in);
	invite->used = wire_unpack_number(in);
	if (invite->uses < 1 || invite->uses > STORE_USES_MAX)
		in->bad = true;
	invite->grants = wire_unpack_grants(in, invite->source.len == 0, &invite->grant_count);
}
