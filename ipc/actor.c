/* The bytes before a request of the admin page. Called by admin/writer_client.c and
 * writer/batch.c. */
#include "ipc/actor.h"

#include "ipc/pack.h"

#define ACTOR_MARK 0xac /* no kind of request begins so */

void actor_pack(const struct actor *actor, struct buf *out)
{
	pack_u8(out, ACTOR_MARK);
	pack_bytes(out, actor->token);
	pack_bytes(out, actor->user);
}

enum rc actor_unpack(struct slice *bytes, struct actor *out)
{
	struct unpack in = { .rest = *bytes };
	const uint8_t mark = unpack_u8(&in);

	out->token = unpack_bytes(&in);
	out->user = unpack_bytes(&in);
	*bytes = in.rest;
	return in.bad || mark != ACTOR_MARK ? RC_MALFORMED : RC_OK;
}
