/* Lines of the audit file. Called by writer/audit.c for a server, and by cli/admin.c
 * and cli/restore.c without one. The file is in audit_file.c. */
#include "store/audit.h"

#include "base/array.h"
#include "base/text.h"

#include <stdio.h>
#include <time.h>

#define UNKNOWN ((uid_t)-1)

/* ---- Pieces ---- */

static bool needs_quotes(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == ' ' || text.data[i] == '"' || text.data[i] == '=' ||
		    text.data[i] == '\\')
			return true;
	return text.len == 0 || text_has_unsafe(text);
}

static void put_escaped(struct buf *out, struct slice text)
{
	char piece[TEXT_PIECE_MAX];
	size_t taken;

	for (; text.len; text = slice_make(text.data + taken, text.len - taken)) {
		if (text.data[0] == '"' || text.data[0] == '\\')
			buf_put_byte(out, '\\');
		buf_put(out, piece, text_piece(text, piece, &taken));
	}
}

void audit_put_text(struct buf *out, const char *key, struct slice text)
{
	const char *quote = needs_quotes(text) ? "\"" : "";

	buf_putf(out, " %s=%s", key, quote);
	put_escaped(out, text);
	buf_put_text(out, quote);
}

void audit_put_number(struct buf *out, const char *key, uint64_t number)
{
	buf_putf(out, " %s=%llu", key, (unsigned long long)number);
}

static void put_time(struct buf *out, const char *key, int64_t seconds)
{
	time_t when = (time_t)seconds;
	char text[40] = "?";
	struct tm parts;

	if (gmtime_r(&when, &parts))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	audit_put_text(out, key, slice_of(text));
}

void audit_begin(struct buf *out, const struct caller *caller, const char *act)
{
	struct timespec now;
	struct tm parts;
	char text[40];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &parts) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts) == 0)
		(void)snprintf(text, sizeof(text), "?");
	buf_putf(out, "time=%s.%03ldZ act=%s", text, now.tv_nsec / 1000000, act);
	if (caller->pid)
		audit_put_number(out, "pid", (uint64_t)caller->pid);
	if (caller->uid != UNKNOWN)
		audit_put_number(out, "uid", caller->uid);
	if (caller->login != UNKNOWN)
		audit_put_number(out, "login", caller->login);
	if (caller->command[0])
		audit_put_text(out, "command", slice_of(caller->command));
	if (caller->actor && caller->actor->token.len) {
		audit_put_text(out, "admin_token", caller->actor->token);
		audit_put_text(out, "admin", caller->actor->user);
	}
}

void audit_end(struct buf *out)
{
	buf_put_byte(out, '\n');
}

/* ---- Requests ---- */

/* `unset`: the limit that is not worth a word. */
static void put_quota(struct buf *out, const struct store_quota *quota, int64_t unset)
{
	static const char *const names[] = {
		[STORE_QUOTA_BYTES] = "bytes",   [STORE_QUOTA_DOCUMENTS] = "documents",
		[STORE_QUOTA_GROUPS] = "groups", [STORE_QUOTA_STREAMS] = "streams",
		[STORE_QUOTA_PUSHES] = "pushes",
	};
	struct buf text = BUF_EMPTY;

	_Static_assert(COUNT(names) == STORE_QUOTA_COUNT, "each quota has a name");
	for (size_t i = 0; i < COUNT(names); i++) {
		const int64_t limit = quota->limits[i];

		if (limit == unset)
			continue;
		buf_putf(&text, "%s%s=", text.len ? ", " : "", names[i]);
		if (limit > 0)
			buf_putf(&text, "%lld", (long long)limit);
		else
			buf_put_text(&text, limit == STORE_QUOTA_OFF ? "off" : "default");
	}
	if (text.len)
		audit_put_text(out, "quota", buf_slice(&text));
	buf_free(&text);
}

static void put_grants(struct buf *out, const struct store_grant *grants, size_t count)
{
	struct buf groups = BUF_EMPTY;

	for (size_t i = 0; i < count; i++) {
		buf_put_text(&groups, i ? ", " : "");
		if (slice_is(grants[i].group, STORE_GRANT_ADMIN)) {
			buf_put_text(&groups, "admin");
			continue;
		}
		buf_put_slice(&groups, grants[i].group);
		buf_put_text(&groups, grants[i].write ? ":rw" : ":ro");
	}
	if (groups.len)
		audit_put_text(out, "groups", buf_slice(&groups));
	buf_free(&groups);
}

static void put_token(struct buf *out, const struct store_token *token)
{
	if (token->user.len)
		audit_put_text(out, "user", token->user);
	put_grants(out, token->grants, token->grant_count);
	if (token->expires > 0)
		put_time(out, "expires", token->expires);
	if (token->note.len)
		audit_put_text(out, "note", token->note);
}

static void put_setting(struct buf *out, const struct store_request *request)
{
	audit_put_text(out, "token", request->token.id);
	put_grants(out, request->token.grants, request->token.grant_count);
	if (request->token.expires > 0)
		put_time(out, "expires", request->token.expires);
	else if (request->token.expires == 0)
		audit_put_text(out, "expires", slice_of("never"));
	if (request->sets_note)
		audit_put_text(out, "note", request->token.note);
}

static void put_invite(struct buf *out, const struct store_invite *invite)
{
	audit_put_text(out, "invite", invite->id);
	put_grants(out, invite->grants, invite->grant_count);
	if (invite->uses)
		audit_put_number(out, "uses", invite->uses);
	if (invite->expires)
		put_time(out, "expires", invite->expires);
	if (invite->note.len)
		audit_put_text(out, "note", invite->note);
}

static void put_first_token(struct buf *out, const struct store_reply *reply)
{
	if (reply->token_count == 0)
		return;
	audit_put_text(out, "token", reply->tokens[0].id);
	put_token(out, &reply->tokens[0]);
}

static uint64_t written(const struct store_reply *reply)
{
	uint64_t count = 0;

	for (size_t i = 0; i < reply->result_count; i++)
		count += reply->results[i].status == STORE_OK && reply->results[i].seq != 0;
	return count;
}

static void put_push(struct buf *out, const struct store_request *request,
		     const struct store_reply *reply)
{
	uint64_t deleted = 0;

	for (size_t i = 0; i < request->edit_count && i < reply->result_count; i++)
		deleted += request->edits[i].deleted && reply->results[i].status == STORE_OK;
	audit_put_number(out, "written", written(reply));
	audit_put_number(out, "deleted", deleted);
	if (request->edit_count)
		audit_put_text(out, "first", request->edits[0].id);
}

static void put_rotated(struct buf *out, const struct store_request *request,
			const struct store_reply *reply)
{
	audit_put_text(out, "token", request->old);
	audit_put_text(out, "new_token", request->token.id);
	put_time(out, "old_ends", request->old_ends);
	if (reply->token_count)
		put_token(out, &reply->tokens[0]);
}

static const char *const acts[STORE_KIND_COUNT] = {
	[STORE_PUSH] = "push",
	[STORE_TOKEN_ADD] = "token_add",
	[STORE_TOKEN_LIST] = "token_list",
	[STORE_TOKEN_REVOKE] = "token_revoke",
	[STORE_TOKEN_ROTATE] = "token_rotate",
	[STORE_PURGE] = "purge",
	[STORE_TOKEN_SET] = "token_set",
	[STORE_INVITE_ADD] = "invite_add",
	[STORE_INVITE_LIST] = "invite_list",
	[STORE_INVITE_REMOVE] = "invite_remove",
	[STORE_INVITE_DEVICE] = "invite_device",
	[STORE_JOIN] = "join",
};

const char *audit_act(enum store_kind kind)
{
	return kind < STORE_KIND_COUNT ? acts[kind] : NULL;
}

static void put_invitation(struct buf *out, const struct store_request *request,
			   const struct store_reply *reply)
{
	switch (request->kind) {
	case STORE_INVITE_ADD:
		put_invite(out, &request->invite);
		break;
	case STORE_INVITE_LIST:
		audit_put_number(out, "invites", reply->invite_count);
		break;
	case STORE_JOIN:
		audit_put_text(out, "invite", slice_of(request->proof.id));
		put_first_token(out, reply);
		break;
	default:
		audit_put_text(out, "invite", request->invite.id);
		put_first_token(out, reply);
		break;
	}
}

static void put_request(struct buf *out, const struct store_request *request,
			const struct store_reply *reply)
{
	switch (request->kind) {
	case STORE_PUSH:
		put_push(out, request, reply);
		break;
	case STORE_TOKEN_ROTATE:
		put_rotated(out, request, reply);
		break;
	case STORE_PURGE:
		audit_put_number(out, "tombstones", reply->purged);
		if (request->before != 0 && request->before != INT64_MAX)
			put_time(out, "deleted_before", request->before);
		if (reply->pruned)
			audit_put_number(out, "versions", reply->pruned);
		break;
	case STORE_TOKEN_LIST:
		audit_put_number(out, "tokens", reply->token_count);
		break;
	case STORE_TOKEN_SET:
		put_setting(out, request);
		put_quota(out, &request->token.quota, STORE_QUOTA_KEPT);
		break;
	case STORE_INVITE_ADD:
	case STORE_INVITE_LIST:
	case STORE_INVITE_REMOVE:
	case STORE_INVITE_DEVICE:
	case STORE_JOIN:
		put_invitation(out, request, reply);
		break;
	default:
		audit_put_text(out, "token", request->token.id);
		put_token(out, &request->token);
		put_quota(out, &request->token.quota, STORE_QUOTA_DEFAULT);
		break;
	}
}

void audit_put(struct buf *out, const struct caller *caller, const struct store_request *request,
	       const struct store_reply *reply)
{
	const char *act = audit_act(request->kind);

	if (reply->rc != RC_OK || reply->repeated || request->kind == STORE_TOKEN_USED ||
	    (request->kind == STORE_PUSH && written(reply) == 0) ||
	    (request->kind == STORE_PURGE && reply->purged + reply->pruned == 0))
		return;
	audit_begin(out, caller, act ? act : "unnamed");
	put_request(out, request, reply);
	audit_end(out);
}
