/* Rounds of one request each: all requests but pushes. Called by commit.c; tokens.c and
 * invites.c have the parameters and read the rows. */
#include "store/postgres/commit.h"

#include "store/history.h"
#include "store/postgres/result.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Of several lanes it is not known whose number the newest one is. */
static void take_newest(struct commit *commit, const PGresult *result)
{
	if (commit->postgres->lanes == 1)
		commit_take_head(commit, result_number(result, 0, 1), 0,
				 result_number(result, 0, 2));
}

/* token_add() and the like in functions.sql */
static enum rc rc_of_token(int code)
{
	static const enum rc rcs[] = { RC_OK, RC_EXISTS, RC_NOT_FOUND, RC_DENIED };

	return code >= 0 && code < 4 ? rcs[code] : RC_CORRUPT;
}

/* The rows of tokens, after a list or a change. */
static void on_tokens(void *arg, enum rc rc, const PGresult *result)
{
	struct commit *commit = arg;
	struct store_reply *reply = &commit->replies[commit->from];
	struct buf *bytes = &commit->bytes[commit->from];

	if (rc == RC_OK)
		rc = pg_tokens_read(result, &reply->tokens, &reply->token_count, bytes);
	if (rc != RC_OK) {
		commit_round_failed(commit, rc, result);
		return;
	}
	commit->spent += bytes->len;
	commit_round_done(commit);
}

static void on_invites(void *arg, enum rc rc, const PGresult *result)
{
	struct commit *commit = arg;
	struct buf *bytes = &commit->bytes[commit->from];

	if (rc == RC_OK)
		rc = pg_invites_read(result, &commit->replies[commit->from], bytes);
	if (rc != RC_OK) {
		commit_round_failed(commit, rc, result);
		return;
	}
	commit->spent += bytes->len;
	commit_round_done(commit);
}

static void send_find(struct commit *commit, struct slice id)
{
	struct params params = { .count = 0 };

	params_text(&params, id);
	line_send(commit->postgres->main, PG_TOKEN, &params, on_tokens, commit);
	params_free(&params);
}

static void on_token_done(void *arg, enum rc rc, const PGresult *result)
{
	struct commit *commit = arg;
	struct store_reply *reply = &commit->replies[commit->from];

	if (rc == RC_OK && PQntuples(result) != 1)
		rc = RC_CORRUPT;
	if (rc != RC_OK) {
		commit_round_failed(commit, rc, result);
		return;
	}
	reply->rc = rc_of_token(result_int(result, 0, 0));
	take_newest(commit, result);
	if (reply->rc == RC_OK &&
	    (reply->kind == STORE_TOKEN_ROTATE || reply->kind == STORE_TOKEN_SET))
		send_find(commit, commit->requests[commit->from].token.id);
	else if (reply->rc == RC_OK && reply->kind == STORE_INVITE_DEVICE)
		send_find(commit, slice_of(commit->requests[commit->from].proof.id));
	else
		commit_round_done(commit);
}

/* token_join() in functions.sql */
static void on_joined(void *arg, enum rc rc, const PGresult *result)
{
	struct commit *commit = arg;
	struct store_reply *reply = &commit->replies[commit->from];
	int code;

	if (rc == RC_OK && PQntuples(result) != 1)
		rc = RC_CORRUPT;
	if (rc != RC_OK) {
		commit_round_failed(commit, rc, result);
		return;
	}
	code = result_int(result, 0, 0);
	take_newest(commit, result);
	reply->repeated = code == 2;
	if (code == 0 || code == 2) {
		send_find(commit, result_text(result, 0, 3));
		return;
	}
	reply->rc = code == 1 ? RC_EXISTS : RC_DENIED;
	if (code >= 10 && code < 10 + STORE_JOIN_COUNT)
		reply->join = (enum store_join)(code - 10);
	commit_round_done(commit);
}

static void on_purged(void *arg, enum rc rc, const PGresult *result)
{
	struct commit *commit = arg;
	struct store_reply *reply = &commit->replies[commit->from];
	struct buf *bytes = &commit->bytes[commit->from];

	if (rc == RC_OK && PQntuples(result) != 1)
		rc = RC_CORRUPT;
	if (rc != RC_OK) {
		commit_round_failed(commit, rc, result);
		return;
	}
	reply->purged = result_number(result, 0, 0);
	reply->pruned = result_number(result, 0, 3);
	reply->more = result_bool(result, 0, 4);
	buf_put_slice(bytes, result_text(result, 0, 5));
	reply->next = (struct store_former){ .id = buf_slice(bytes),
					     .version = result_number(result, 0, 6) };
	take_newest(commit, result);
	commit_round_done(commit);
}

static void add_rotation(struct params *params, const struct store_request *request)
{
	params_text(params, request->old);
	params_int8(params, request->old_ends);
	params_text(params, request->token.id);
	params_text(params, slice_make((const char *)request->token.hash, STORE_TOKEN_HASH_LEN));
	params_int8(params, request->token.created);
	params_int8(params, request->token.expires);
}

static void send_invite(struct commit *commit, const struct store_request *request)
{
	struct line *line = commit->postgres->main;
	struct params params = { .count = 0 };

	switch (request->kind) {
	case STORE_INVITE_ADD:
		pg_invite_add_params(&params, &request->invite);
		line_send(line, PG_INVITE_ADD, &params, on_token_done, commit);
		break;
	case STORE_INVITE_LIST:
		line_send(line, PG_INVITES, &params, on_invites, commit);
		break;
	case STORE_INVITE_REMOVE:
		params_text(&params, request->invite.id);
		line_send(line, PG_INVITE_REMOVE, &params, on_token_done, commit);
		break;
	case STORE_INVITE_DEVICE:
		pg_invite_device_params(&params, request, commit->wall);
		line_send(line, PG_INVITE_DEVICE, &params, on_token_done, commit);
		break;
	case STORE_JOIN:
		pg_join_params(&params, request, commit->wall);
		line_send(line, PG_JOIN, &params, on_joined, commit);
		break;
	default:
		assert(!"a request of invitations");
	}
	params_free(&params);
}

static void send_token(struct commit *commit, const struct store_request *request)
{
	struct line *line = commit->postgres->main;
	struct params params = { .count = 0 };

	switch (request->kind) {
	case STORE_TOKEN_ADD:
		pg_tokens_add_params(&params, &request->token);
		line_send(line, PG_TOKEN_ADD, &params, on_token_done, commit);
		break;
	case STORE_TOKEN_LIST:
		commit->replies[commit->from].quota = request->quota;
		line_send(line, PG_TOKENS, &params, on_tokens, commit);
		break;
	case STORE_TOKEN_REVOKE:
		params_text(&params, request->token.id);
		line_send(line, PG_TOKEN_REVOKE, &params, on_token_done, commit);
		break;
	case STORE_TOKEN_ROTATE:
		add_rotation(&params, request);
		line_send(line, PG_TOKEN_ROTATE, &params, on_token_done, commit);
		break;
	case STORE_TOKEN_SET:
		pg_token_set_params(&params, request);
		line_send(line, PG_TOKEN_SET, &params, on_token_done, commit);
		break;
	case STORE_TOKEN_USED:
		pg_token_used_params(&params, request, commit->wall);
		line_send(line, PG_TOKEN_USED, &params, on_token_done, commit);
		break;
	default:
		assert(!"a request of tokens");
	}
	params_free(&params);
}

/* Two arrays: what an id begins with, and the time for it. A group and the groups
 * nested in it are what begins with its name and a colon. */
static void add_ended(struct params *params, const struct store_request *request)
{
	const struct history_rules all = {
		.rules = { { .group = "*", .value = (uint64_t)request->ended_before } },
		.count = request->ended_before > 0,
	};
	const struct history_rules *ended = request->ended ? request->ended : &all;

	params_array(params, PARAMS_TEXT, ended->count);
	for (size_t i = 0; i < ended->count; i++) {
		const char *group = ended->rules[i].group;
		char prefix[GROUP_MAX + 2] = "";

		if (strcmp(group, "*") != 0)
			(void)snprintf(prefix, sizeof(prefix), "%s:", group);
		element_text(params, slice_of(prefix));
	}
	params_array(params, PARAMS_INT8, ended->count);
	for (size_t i = 0; i < ended->count; i++)
		element_int8(params, (int64_t)ended->rules[i].value);
}

static void send_purge(struct commit *commit, const struct store_request *request)
{
	struct params params = { .count = 0 };

	params_int8(&params, request->before);
	add_ended(&params, request);
	params_text(&params, request->from.id);
	params_int8(&params, (int64_t)request->from.version);
	params_int8(&params, (int64_t)request->limit);
	line_send(commit->postgres->main, request->in_turn ? PG_PURGE_IN_TURN : PG_PURGE, &params,
		  on_purged, commit);
	params_free(&params);
}

void single_begin(struct commit *commit)
{
	const struct store_request *request = &commit->requests[commit->from];

	switch (request->kind) {
	case STORE_TOKEN_ADD:
	case STORE_TOKEN_LIST:
	case STORE_TOKEN_REVOKE:
	case STORE_TOKEN_ROTATE:
	case STORE_TOKEN_SET:
	case STORE_TOKEN_USED:
		send_token(commit, request);
		break;
	case STORE_INVITE_ADD:
	case STORE_INVITE_LIST:
	case STORE_INVITE_REMOVE:
	case STORE_INVITE_DEVICE:
	case STORE_JOIN:
		send_invite(commit, request);
		break;
	case STORE_PURGE:
		send_purge(commit, request);
		break;
	case STORE_PUSH:
	case STORE_KIND_COUNT:
		assert(!"a push, or no kind");
	}
}
