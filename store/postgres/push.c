/* Rounds of pushes: one call of push_round() (functions.sql) for many requests, and the
 * values of conflicts. Called by commit.c; push_params.c has the parameters. */
#include "store/postgres/commit.h"

#include "base/fault.h"
#include "base/mem.h"
#include "store/lane.h"
#include "store/postgres/result.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Its results, three small columns each, fit into the buffers of the socket: the server
 * must not wait for this process to read while it has the lane. */
#define ROUND_EDITS_MAX 1024
/* If each edit makes a document, the results are a few rows. Larger rounds are fewer
 * syncs, but others wait longer for the lane. */
#define ROUND_NEW_MAX 4096
/* After a larger one that the database has refused. */
#define SMALL_ROUNDS 64

/* ---- Which requests ---- */

static bool may_join(const struct commit *commit, size_t i)
{
	const bool is_near =
		i < commit->joined_until || commit_lanes_of(commit, i) == commit->lanes;

	return is_near && commit->requests[i].kind == STORE_PUSH;
}

/* May each edit make a document? Whether there is one is for the database to find. */
static bool may_be_new(const struct store_request *request)
{
	for (size_t i = 0; i < request->edit_count; i++)
		if (request->edits[i].deleted ||
		    (request->edits[i].base && !request->keeps_versions))
			return false;
	return true;
}

static bool has_room(struct commit *commit, size_t edits)
{
	const struct store_request *request = &commit->requests[commit->to];
	const bool is_new = commit->is_new && may_be_new(request);

	if (edits + request->edit_count > (is_new ? ROUND_NEW_MAX : ROUND_EDITS_MAX))
		return false;
	commit->is_new = is_new;
	return true;
}

static void begin_choice(struct commit *commit)
{
	struct postgres *postgres = commit->postgres;

	commit->is_new = postgres->small_rounds == 0 && may_be_new(&commit->requests[commit->from]);
	if (postgres->small_rounds)
		postgres->small_rounds--;
}

/* False: the first push has an id twice, which no caller may give; it would lose one of
 * the two edits. */
static bool choose(struct commit *commit, size_t *edits)
{
	const struct store_request *requests = commit->requests;

	begin_choice(commit);
	commit->lanes = commit_lanes_of(commit, commit->from);
	round_ids_clear(&commit->ids);
	*edits = requests[commit->from].edit_count;
	commit->to = commit->from + 1;
	if (!round_ids_add_all(&commit->ids, &requests[commit->from]))
		return false;
	if (commit->from < commit->single_until)
		return true;
	while (commit->to < commit->count && may_join(commit, commit->to) &&
	       has_room(commit, *edits) && round_ids_add_all(&commit->ids, &requests[commit->to])) {
		commit->lanes |= commit_lanes_of(commit, commit->to);
		*edits += requests[commit->to++].edit_count;
	}
	return true;
}

/* ---- Results ---- */

enum verdict {
	NOT_NEW = -4, /* these are of rows that are no edit's */
	ALL_NEW,
	LANE_WAIT,
	LANE_HEAD,
	WRITTEN,
	KEPT,
	CONFLICT,
	SKIPPED,
	PUT_OFF,
	TOO_LARGE,
	OVER_QUOTA, /* and the two after it, by enum store_quota_kind */
	NO_PAYER = OVER_QUOTA + STORE_QUOTA_STORED,
	VERDICT_COUNT
};

/* Of a request that was not done. */
static const enum rc request_rcs[VERDICT_COUNT] = {
	[PUT_OFF] = RC_BUSY,
	[TOO_LARGE] = RC_TOO_LARGE,
	[OVER_QUOTA + STORE_QUOTA_BYTES] = RC_OVER_QUOTA,
	[OVER_QUOTA + STORE_QUOTA_DOCUMENTS] = RC_OVER_QUOTA,
	[OVER_QUOTA + STORE_QUOTA_GROUPS] = RC_OVER_QUOTA,
	[NO_PAYER] = RC_DENIED,
};

static void note_conflict(struct commit *commit, size_t request, size_t edit)
{
	commit->conflicts = mem_grow(commit->conflicts, &commit->conflict_room,
				     commit->conflict_count + 1, sizeof(*commit->conflicts));
	commit->conflicts[commit->conflict_count++] = (struct conflict){ request, edit };
}

/* The verdict of one edit. A failure is of its whole request. */
static enum rc read_verdict(struct commit *commit, const PGresult *result, int row, size_t request,
			    size_t edit)
{
	static const enum store_status statuses[] = { STORE_OK, STORE_OK, STORE_CONFLICT,
						      STORE_SKIPPED };
	struct store_result *out = &commit->replies[request].results[edit];
	const int verdict = result_int(result, row, 0);

	if (verdict < 0 || verdict >= VERDICT_COUNT)
		return RC_CORRUPT;
	if (request_rcs[verdict] == RC_OVER_QUOTA) {
		commit->replies[request].over = (enum store_quota_kind)(verdict - OVER_QUOTA);
		commit->replies[request].over_limit = result_number(result, row, 1);
	}
	if (request_rcs[verdict] != RC_OK)
		return request_rcs[verdict];
	*out = (struct store_result){ .status = statuses[verdict],
				      .version = result_number(result, row, 1),
				      .seq = result_number(result, row, 2) };
	if (verdict == CONFLICT)
		note_conflict(commit, request, edit);
	return RC_OK;
}

/* Reads the rows of one request from *row on. */
static void read_reply(struct commit *commit, const PGresult *result, int *row, size_t r)
{
	struct store_reply *reply = &commit->replies[r];
	const size_t conflicts = commit->conflict_count;
	struct store_reply over;
	enum rc rc = RC_OK;

	*reply = (struct store_reply){ .kind = STORE_PUSH,
				       .result_count = commit->requests[r].edit_count };
	reply->results = mem_array(reply->result_count, sizeof(*reply->results));
	for (size_t i = 0; i < reply->result_count; i++) {
		const enum rc one = read_verdict(commit, result, *row + (int)i, r, i);

		rc = rc == RC_OK ? one : rc;
	}
	*row += (int)reply->result_count;
	if (rc == RC_OK)
		return;
	commit->conflict_count = conflicts;
	over = *reply;
	/* What follows is put off as well, so that the requests keep their order. */
	if (rc == RC_BUSY)
		commit->is_put_off = true;
	commit_drop_reply(commit, r, rc);
	reply->rc = rc;
	reply->over = over.over;
	reply->over_limit = over.over_limit;
}

/* ---- Rounds of new documents ---- */

/* One row stands for the edits: each has made a document (ALL_NEW), or nothing was
 * done. */
static bool begins_with(const PGresult *result, enum verdict verdict)
{
	return PQntuples(result) > 0 && result_int(result, 0, 0) == (int)verdict;
}

static void make_new_reply(struct commit *commit, size_t r, uint64_t lasts[STORE_LANES_MAX])
{
	const struct store_request *request = &commit->requests[r];
	struct store_reply *reply = &commit->replies[r];

	*reply = (struct store_reply){ .kind = STORE_PUSH, .result_count = request->edit_count };
	reply->results = mem_array(reply->result_count, sizeof(*reply->results));
	for (size_t i = 0; i < reply->result_count; i++) {
		const struct store_edit *edit = &request->edits[i];

		reply->results[i] = (struct store_result){
			.status = STORE_OK,
			.version = edit->base + 1, /* not 1 if it keeps its version */
			.seq = ++lasts[lane_of(edit->id, commit->postgres->lanes)],
		};
	}
}

/* They have the last numbers of their lanes, of which the heads have been read. */
static void make_new_replies(struct commit *commit)
{
	uint64_t lasts[STORE_LANES_MAX];

	memcpy(lasts, commit->heads.seqs, sizeof(lasts));
	for (size_t r = commit->from; r < commit->to; r++)
		for (size_t i = 0; i < commit->requests[r].edit_count; i++)
			lasts[lane_of(commit->requests[r].edits[i].id, commit->postgres->lanes)]--;
	for (size_t r = commit->from; r < commit->to; r++)
		make_new_reply(commit, r, lasts);
}

/* ---- Values of conflicts ---- */

/* Version and value come from the row that is there now, which may be newer than the
 * one that the edit was compared with. */
static void read_value(struct commit *commit, const PGresult *result, size_t at)
{
	const struct conflict *conflict = &commit->conflicts[at];
	struct store_result *out = &commit->replies[conflict->request].results[conflict->edit];
	struct buf *bytes = &commit->bytes[conflict->request];
	const int row = (int)at;
	struct slice value;

	if (!FAULT_MUTANT("conflict_version_kept"))
		out->version = result_number(result, row, 0);
	out->deleted = result_number(result, row, 0) == 0 || result_bool(result, row, 1);
	if (out->deleted)
		return;
	value = result_value(result, row, 3);
	out->damaged = value.len == 0;
	out->plain = result_bool(result, row, 2);
	out->value.len = value.len;
	buf_put_slice(bytes, value);
	commit->spent += out->value.len;
}

/* When the buffers have stopped growing. */
static void set_slices(struct commit *commit)
{
	size_t at = 0;

	for (size_t i = 0; i < commit->conflict_count; i++) {
		const struct conflict *conflict = &commit->conflicts[i];
		const struct store_reply *reply = &commit->replies[conflict->request];

		if (i == 0 || commit->conflicts[i - 1].request != conflict->request)
			at = 0;
		if (reply->rc != RC_OK)
			continue;
		reply->results[conflict->edit].value.data =
			commit->bytes[conflict->request].data + at;
		at += reply->results[conflict->edit].value.len;
	}
}

static void on_values(void *arg, enum rc rc, const PGresult *result)
{
	struct commit *commit = arg;

	if (rc == RC_OK && (size_t)PQntuples(result) != commit->conflict_count)
		rc = RC_CORRUPT;
	for (size_t i = 0; i < commit->conflict_count; i++) {
		/* The edits of this request have been done; sent again they are
		 * kept. */
		if (rc != RC_OK)
			commit_drop_reply(commit, commit->conflicts[i].request, rc);
		else
			read_value(commit, result, i);
	}
	set_slices(commit);
	commit_round_done(commit);
}

static void send_values(struct commit *commit)
{
	struct params params = { .count = 0 };

	params_array(&params, PARAMS_TEXT, commit->conflict_count);
	for (size_t i = 0; i < commit->conflict_count; i++) {
		const struct conflict *conflict = &commit->conflicts[i];

		element_text(&params, commit->requests[conflict->request].edits[conflict->edit].id);
	}
	line_send(commit->line, PG_VALUES, &params, on_values, commit);
	params_free(&params);
}

/* ---- A round ---- */

static bool is_complete(const struct commit *commit, const PGresult *result)
{
	const size_t others = 1 + (size_t)__builtin_popcount(commit->lanes);
	size_t edits = 0;

	if (begins_with(result, ALL_NEW))
		return (size_t)PQntuples(result) == 1 + others;
	for (size_t r = commit->from; r < commit->to; r++)
		edits += commit->requests[r].edit_count;
	return (size_t)PQntuples(result) == edits + others;
}

/* The rows behind those of the edits: the wait for the lanes, and the head of each. */
static void read_lanes(struct commit *commit, const PGresult *result, int row)
{
	unsigned left = commit->lanes;

	for (; row < PQntuples(result); row++) {
		if (result_int(result, row, 0) == LANE_WAIT) {
			commit->postgres->lane_wait_us += result_number(result, row, 1);
		} else if (result_int(result, row, 0) == LANE_HEAD && left) {
			commit_take_head(commit, result_number(result, row, 1), __builtin_ctz(left),
					 result_number(result, row, 2));
			left &= left - 1;
		}
	}
}

static void on_pushed(void *arg, enum rc rc, const PGresult *result)
{
	struct commit *commit = arg;
	const bool is_new = rc == RC_OK && begins_with(result, ALL_NEW);
	int row = 0;

	if (rc == RC_OK && begins_with(result, NOT_NEW)) {
		commit->postgres->small_rounds = SMALL_ROUNDS;
		commit_step(commit);
		return;
	}
	if (rc == RC_OK && !is_complete(commit, result))
		rc = RC_CORRUPT;
	if (rc != RC_OK) {
		commit_round_failed(commit, rc, result);
		return;
	}
	commit->conflict_count = 0;
	for (size_t r = commit->from; r < commit->to && !is_new; r++)
		read_reply(commit, result, &row, r);
	read_lanes(commit, result, row);
	if (is_new)
		make_new_replies(commit);
	if (commit->conflict_count)
		send_values(commit);
	else
		commit_round_done(commit);
}

void push_begin(struct commit *commit)
{
	struct params params = { .count = 0 };
	size_t edits;

	if (!choose(commit, &edits)) {
		commit_round_failed(commit, RC_CORRUPT, NULL);
		return;
	}
	commit->is_new = commit->is_new && edits > ROUND_EDITS_MAX;
	push_params(commit, edits, &params);
	line_send(commit->line, PG_PUSH, &params, on_pushed, commit);
	params_free(&params);
}
