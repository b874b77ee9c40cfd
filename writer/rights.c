/* The table of rights, for batch.c and peer.c.
 *
 * A worker reads what strangers send, so it is the process that is most likely to be
 * taken over. It reads documents and tokens from the database itself; what it needs the
 * writer for are pushes, and little else: it hands over joins and invitations for
 * another device, each with the secret that entitles to it, which it cannot read from
 * the database (proof.h), and says which tokens are in use. The process of the admin
 * page takes requests of those who have an admin token only, and has the rights of
 * their commands. A new kind of request is refused to all peers until it has an entry
 * here, and t/unit/test_writer_rights.c lists the whole table once more. */
#include "writer/rights.h"

#include <assert.h>

struct rights {
	const char *name;
	bool requests[STORE_KIND_COUNT];
	bool meta;
	bool versions;
	bool board;
	bool stream_end;
};

static const struct rights rights[PEER_KINDS] = {
	[PEER_WORKER] = { .name = "worker",
			  .requests = { [STORE_PUSH] = true,
					[STORE_TOKEN_USED] = true,
					[STORE_INVITE_DEVICE] = true,
					[STORE_JOIN] = true } },
	[PEER_CONTROL] = { .name = "control",
			   .requests = { [STORE_PUSH] = true, /* import, doc put, doc rm */
					 [STORE_TOKEN_ADD] = true,
					 [STORE_TOKEN_LIST] = true,
					 [STORE_TOKEN_REVOKE] = true,
					 [STORE_TOKEN_ROTATE] = true,
					 [STORE_TOKEN_SET] = true,
					 [STORE_INVITE_ADD] = true,
					 [STORE_INVITE_LIST] = true,
					 [STORE_INVITE_REMOVE] = true,
					 [STORE_PURGE] = true },
			   .meta = true,     /* import */
			   .versions = true, /* import --changes */
			   .board = true },
	/* It has the scoreboard in its memory. */
	[PEER_ADMIN] = { .name = "admin",
			 .requests = { [STORE_PUSH] = true,
				       [STORE_TOKEN_ADD] = true,
				       [STORE_TOKEN_LIST] = true,
				       [STORE_TOKEN_REVOKE] = true,
				       [STORE_TOKEN_ROTATE] = true,
				       [STORE_TOKEN_SET] = true,
				       [STORE_INVITE_ADD] = true,
				       [STORE_INVITE_LIST] = true,
				       [STORE_INVITE_REMOVE] = true },
			 .stream_end = true },
};

const char *peer_kind_name(enum peer_kind peer)
{
	assert(peer < PEER_KINDS);
	return rights[peer].name;
}

bool rights_allow(enum peer_kind peer, enum store_kind kind)
{
	assert(peer < PEER_KINDS);
	return kind < STORE_KIND_COUNT && rights[peer].requests[kind];
}

bool rights_allow_meta(enum peer_kind peer)
{
	assert(peer < PEER_KINDS);
	return rights[peer].meta;
}

bool rights_allow_versions(enum peer_kind peer)
{
	assert(peer < PEER_KINDS);
	return rights[peer].versions;
}

bool rights_allow_board(enum peer_kind peer)
{
	assert(peer < PEER_KINDS);
	return rights[peer].board;
}

bool rights_allow_stream_end(enum peer_kind peer)
{
	assert(peer < PEER_KINDS);
	return rights[peer].stream_end;
}
