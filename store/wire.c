/* Fields that several requests and replies have. wire_request.c, wire_access.c,
 * wire_token.c and wire_reply.c call it. */
#include "store/wire.h"

#include "store/docid.h"

#include "base/text.h"

#include <string.h>

uint8_t wire_flags(bool deleted, bool plain, bool damaged)
{
	return (uint8_t)((deleted ? WIRE_DELETED : 0) | (plain ? WIRE_PLAIN : 0) |
			 (damaged ? WIRE_DAMAGED : 0));
}

bool wire_unpack_bool(struct unpack *in)
{
	uint8_t value = unpack_u8(in);

	if (value > 1)
		in->bad = true;
	return value == 1;
}

/* A number that fits a database column. */
uint64_t wire_unpack_number(struct unpack *in)
{
	uint64_t value = unpack_u64(in);

	if (value > INT64_MAX)
		in->bad = true;
	return value;
}

/* The number of elements of at least `min` bytes; 0 if fewer bytes follow. */
size_t wire_unpack_count(struct unpack *in, size_t min)
{
	size_t count = unpack_u32(in);

	if (count > in->rest.len / min)
		in->bad = true;
	return in->bad ? 0 : count;
}

enum store_kind wire_unpack_kind(struct unpack *in)
{
	uint8_t kind = unpack_u8(in);

	if (kind >= STORE_KIND_COUNT)
		in->bad = true;
	return in->bad ? STORE_KIND_COUNT : (enum store_kind)kind;
}

void wire_unpack_hash(struct unpack *in, unsigned char hash[STORE_TOKEN_HASH_LEN])
{
	for (size_t i = 0; i < STORE_TOKEN_HASH_LEN; i++)
		hash[i] = unpack_u8(in);
}

bool wire_token_id_is_valid(struct slice id)
{
	for (size_t i = 0; i < id.len; i++)
		if (memchr("0123456789abcdef", id.data[i], 16) == NULL)
			return false;
	return id.len == STORE_TOKEN_ID_LEN;
}

struct slice wire_unpack_token_id(struct unpack *in)
{
	struct slice id = unpack_bytes(in);

	if (in->bad || !wire_token_id_is_valid(id))
		in->bad = true;
	return id;
}

struct slice wire_unpack_optional_id(struct unpack *in)
{
	struct slice id = unpack_bytes(in);

	if (in->bad || (id.len && !wire_token_id_is_valid(id)))
		in->bad = true;
	return id;
}

struct slice wire_unpack_note(struct unpack *in)
{
	struct slice note = unpack_bytes(in);

	if (in->bad || note.len > STORE_NOTE_MAX || text_has_unsafe(note))
		in->bad = true;
	return in->bad ? slice_of("") : note;
}

void wire_pack_former(struct buf *out, const struct store_former *former)
{
	pack_u64(out, former->gid);
	pack_bytes(out, former->id);
	pack_u64(out, former->version);
}

void wire_unpack_former(struct unpack *in, struct store_former *former)
{
	former->gid = wire_unpack_number(in);
	former->id = unpack_bytes(in);
	former->version = wire_unpack_number(in);
	if (in->bad || (former->id.len && !docid_is_valid(former->id))) {
		in->bad = true;
		*former = (struct store_former){ .gid = 0 };
	}
}
