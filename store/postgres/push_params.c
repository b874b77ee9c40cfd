/* The parameters of push_round() (functions.sql) for a round of pushes. Called by
 * push.c. */
#include "store/postgres/commit.h"

#include "store/docid.h"
#include "store/history.h"
#include "store/lane.h"

/* The lanes of the round, ascending. Without edits lane 0, for the head. */
static void add_lanes(const struct commit *commit, struct params *params)
{
	params_array(params, PARAMS_INT4, (size_t)__builtin_popcount(commit->lanes));
	for (int lane = 0; lane < STORE_LANES_MAX; lane++)
		if (commit->lanes & 1u << lane)
			element_int4(params, lane);
}

/* Nothing of these if no request of the round has a payer. All have the same limits:
 * those of this server. */
static void add_payers(const struct commit *commit, struct params *params)
{
	const struct store_request *first = &commit->requests[commit->from];
	bool has_payer = false;

	for (size_t r = commit->from; r < commit->to; r++)
		has_payer = has_payer || commit->requests[r].payer.len;
	params_array(params, PARAMS_TEXT, has_payer ? commit->to - commit->from : 0);
	for (size_t r = commit->from; has_payer && r < commit->to; r++)
		element_text(params, commit->requests[r].payer);
	pg_quota_param(params, &first->quota);
}

typedef void add_element(struct params *params, const struct commit *commit, size_t request,
			 const struct store_edit *edit);

static void add_lane(struct params *params, const struct commit *commit, size_t request,
		     const struct store_edit *edit)
{
	(void)request;
	element_int4(params, lane_of(edit->id, commit->postgres->lanes));
}

static void add_group(struct params *params, const struct commit *commit, size_t request,
		      const struct store_edit *edit)
{
	(void)commit;
	(void)request;
	element_text(params, docid_group(edit->id));
}

static void add_id(struct params *params, const struct commit *commit, size_t request,
		   const struct store_edit *edit)
{
	(void)commit;
	(void)request;
	element_text(params, edit->id);
}

static void add_base(struct params *params, const struct commit *commit, size_t request,
		     const struct store_edit *edit)
{
	const int64_t base = (int64_t)edit->base;

	element_int8(params, commit->requests[request].keeps_versions ? -base - 1 : base);
}

static void add_op(struct params *params, const struct commit *commit, size_t request,
		   const struct store_edit *edit)
{
	(void)commit;
	(void)request;
	element_text(params, edit->op);
}

static void add_deleted(struct params *params, const struct commit *commit, size_t request,
			const struct store_edit *edit)
{
	(void)commit;
	(void)request;
	element_bool(params, edit->deleted);
}

static void add_plain(struct params *params, const struct commit *commit, size_t request,
		      const struct store_edit *edit)
{
	(void)commit;
	(void)request;
	element_bool(params, edit->plain);
}

static void add_value(struct params *params, const struct commit *commit, size_t request,
		      const struct store_edit *edit)
{
	(void)commit;
	(void)request;
	if (edit->deleted)
		element_null(params);
	else
		element_text(params, edit->value);
}

static void add_by(struct params *params, const struct commit *commit, size_t request,
		   const struct store_edit *edit)
{
	const struct slice by = edit->meta.at ? edit->meta.by : commit->requests[request].user;

	if (by.len)
		element_text(params, by);
	else
		element_null(params);
}

static void add_at(struct params *params, const struct commit *commit, size_t request,
		   const struct store_edit *edit)
{
	(void)request;
	element_int8(params, edit->meta.at ? edit->meta.at : commit->wall);
}

static void add_keep(struct params *params, const struct commit *commit, size_t request,
		     const struct store_edit *edit)
{
	const struct store_request *from = &commit->requests[request];
	const int64_t keep = (int64_t)history_versions(from->history, edit->id);

	element_int8(params, from->keeps_former ? -keep : keep);
}

/* In the order of push_round() in functions.sql. */
static const struct {
	enum params_type type;
	add_element *add;
} columns[] = {
	{ PARAMS_INT4, add_lane },  { PARAMS_TEXT, add_group }, { PARAMS_TEXT, add_id },
	{ PARAMS_INT8, add_base },  { PARAMS_BYTEA, add_op },   { PARAMS_BOOL, add_deleted },
	{ PARAMS_BOOL, add_plain }, { PARAMS_TEXT, add_value }, { PARAMS_TEXT, add_by },
	{ PARAMS_INT8, add_at },
};

static void add_column(struct params *params, const struct commit *commit, size_t at, size_t edits)
{
	params_array(params, columns[at].type, edits);
	for (size_t r = commit->from; r < commit->to; r++)
		for (size_t i = 0; i < commit->requests[r].edit_count; i++)
			columns[at].add(params, commit, r, &commit->requests[r].edits[i]);
	params_shorten(params);
}

/* Nothing if no former versions are kept. */
static void add_keeps(const struct commit *commit, struct params *params, size_t edits)
{
	bool keeps = false;

	for (size_t r = commit->from; r < commit->to; r++)
		keeps = keeps || commit->requests[r].history != NULL;
	params_array(params, PARAMS_INT8, keeps ? edits : 0);
	for (size_t r = commit->from; keeps && r < commit->to; r++)
		for (size_t i = 0; i < commit->requests[r].edit_count; i++)
			add_keep(params, commit, r, &commit->requests[r].edits[i]);
	params_shorten(params);
}

void push_params(const struct commit *commit, size_t edits, struct params *params)
{
	add_lanes(commit, params);
	add_payers(commit, params);
	params_int8(params, commit->wall);
	params_int8(params, (int64_t)(STORE_REPLIES_MAX - commit->spent));
	params_int8(params, STORE_REPLY_MAX);
	params_array(params, PARAMS_BOOL, commit->to - commit->from);
	for (size_t r = commit->from; r < commit->to; r++)
		element_bool(params, commit->requests[r].atomic);
	params_array(params, PARAMS_INT4, commit->to - commit->from);
	for (size_t r = commit->from; r < commit->to; r++)
		element_int4(params, (int32_t)commit->requests[r].edit_count);
	for (size_t at = 0; at < sizeof(columns) / sizeof(columns[0]); at++)
		add_column(params, commit, at, edits);
	add_keeps(commit, params, edits);
	params_bool(params, commit->is_new);
}
