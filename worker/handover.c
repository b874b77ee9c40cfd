#include "worker/handover.h"

#include "base/channel.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pack.h"
#include "worker/feed.h"
#include "worker/stream_state.h"

#include <stdlib.h>
#include <unistd.h>

#define HANDOVER_VERSION 1
#define MESSAGE_MAX ((size_t)128 << 10)
#define GROUPS_MAX 64
#define TURN 256 /* streams taken over in one turn of the loop */

enum { HANDOVER_BEGIN = 'B', HANDOVER_STREAM = 'S' };

/* ---- The old worker's side ------------------------------------------------------------------------------------------------- */

enum rc handover_begin(int channel)
{
	const char message[] = { HANDOVER_VERSION, HANDOVER_BEGIN };

	return channel_send_message(channel, slice_make(message, sizeof(message)), -1);
}

/* As the store packs a token: nothing of the secret is in it. */
static void put_identity(struct buf *out, const struct identity *who)
{
	struct store_request request = {
		.kind = STORE_TOKEN_ADD,
		.token = { .id = slice_of(who->id), .user = who->user, .expires = who->expires, .grant_count = who->grant_count },
	};
	struct buf packed = BUF_EMPTY;

	request.token.grants = mem_array(who->grant_count, sizeof(struct store_grant));
	memcpy(request.token.hash, who->hash, sizeof(who->hash));
	for (size_t i = 0; i < who->grant_count; i++)
		request.token.grants[i] = who->grants[i];
	store_request_pack(&request, &packed);
	pack_bytes(out, buf_slice(&packed));
	buf_free(&packed);
	free(request.token.grants);
}

enum rc handover_send(int channel, const struct stream *stream)
{
	const struct store_cursor place = stream_place(stream);
	char cursor[STORE_CURSOR_TEXT_MAX];
	struct buf message = BUF_EMPTY;
	enum rc rc;

	pack_u8(&message, HANDOVER_VERSION);
	pack_u8(&message, HANDOVER_STREAM);
	pack_u8(&message, stream->docs);
	pack_u8(&message, (uint8_t)stream->encoding);
	pack_bytes(&message, slice_make(cursor, store_cursor_format(&place, cursor)));
	put_identity(&message, stream->who);
	pack_u32(&message, (uint32_t)stream->count);
	for (size_t i = 0; i < stream->count; i++)
		pack_bytes(&message, feed_group(stream->groups[i].feed));
	rc = channel_send_message(channel, buf_slice(&message), stream->fd);
	buf_free(&message);
	return rc == RC_OK ? RC_OK : RC_UNAVAILABLE;
}

/* ---- The successor's ------------------------------------------------------------------------------------------------------- */

/* NULL: not to be let in here. */
static struct identity *take_identity(const struct worker *worker, struct slice packed)
{
	struct store_request request;
	struct identity *who = NULL;

	if (worker->auth == NULL)
		return identity_hold(worker->anyone);
	if (store_request_unpack(packed, &request) == RC_OK && request.kind == STORE_TOKEN_ADD && request.token.id.len)
		who = identity_new(&request.token);
	store_request_clear(&request);
	return who;
}

/* Takes the socket over in every case. */
static void take_stream(struct worker *worker, struct unpack *in, int fd)
{
	struct slice groups[GROUPS_MAX];
	struct stream_options options = { .groups = groups };
	uint8_t encoding;
	bool good;

	options.docs = unpack_u8(in) != 0;
	encoding = unpack_u8(in);
	options.encoding = encoding == ENCODING_TRANSIT ? ENCODING_TRANSIT : ENCODING_JSON;
	good = store_cursor_parse(unpack_bytes(in), &options.since) == RC_OK;
	options.who = take_identity(worker, unpack_bytes(in));
	options.group_count = unpack_u32(in);
	good = good && options.who && options.group_count >= 1 && options.group_count <= GROUPS_MAX && fd >= 0;
	for (size_t i = 0; good && i < options.group_count; i++)
		groups[i] = unpack_bytes(in);
	if (good && unpack_finish(in) == RC_OK) {
		stream_adopt(worker->streams, fd, &options);
		return;
	}
	identity_release(options.who);
	if (fd >= 0)
		(void)close(fd);
}

static enum rc take_message(struct worker *worker, int channel, char *room)
{
	size_t len = MESSAGE_MAX;
	int fd;
	enum rc rc = channel_receive_message(channel, room, &len, &fd);
	struct unpack in = { .rest = { room, len } };
	uint8_t version, kind;

	if (rc != RC_OK)
		return rc;
	version = unpack_u8(&in);
	kind = unpack_u8(&in);
	feeds_wake(worker->feeds);
	if (version == HANDOVER_VERSION && kind == HANDOVER_STREAM)
		take_stream(worker, &in, fd);
	else if (fd >= 0)
		(void)close(fd);
	return RC_OK;
}

enum rc handover_receive(struct worker *worker, int channel)
{
	char *room = mem_array(1, MESSAGE_MAX);
	enum rc rc = RC_OK;

	for (unsigned i = 0; i < TURN && rc == RC_OK; i++)
		rc = take_message(worker, channel, room);
	free(room);
	return rc == RC_OK ? RC_BUSY : rc;
}
