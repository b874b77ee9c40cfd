/* Follows the commits of all hosts: a connection of its own that listens for
 * notifications. They only say that there is something to read; the rows of `change`
 * are the truth, and they are read at least five times a second, so that nothing
 * depends on a notification. The store's door calls postgres_watch. */
#include "store/postgres/operations.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/lane.h"
#include "store/postgres/result.h"

#include <stdlib.h>

#define POLL_MS 200
/* Without an answer for so long, it is not known what other hosts commit. */
#define LOST_MS 700
#define ENTRIES_MAX 1000 /* of a lane in one result of FOLLOW_CHANGES */

enum { FOLLOW_HEADS, FOLLOW_CHANGES, FOLLOW_LINEAGE, FOLLOW_TELL, FOLLOW_COUNT };

/* HEADS: a row for each lane with its last entry and its head. CHANGES: for each entry
 * behind those known a row for each group and each token, or one without either. Both
 * begin with the epoch, as of lane -1. */
static const char *const statements[FOLLOW_COUNT] = {
	[FOLLOW_HEADS] = "SELECT -1, epoch_now(), NULL::text, NULL::bigint UNION ALL"
			 " SELECT l, c.entry, NULL, c.seq"
			 " FROM generate_series(0, (SELECT lanes - 1 FROM meta)) l"
			 " CROSS JOIN LATERAL (SELECT x.entry, x.seq FROM change x WHERE x.lane = "
			 "l ORDER BY x.entry DESC LIMIT 1) c ORDER BY 1",
	[FOLLOW_CHANGES] = "SELECT -1, epoch_now(), NULL::text, NULL::bigint, NULL::text UNION "
			   "ALL"
			   " SELECT c.lane, c.entry, u.grp, u.seq, u.token FROM unnest($1::int[], "
			   "$2::bigint[]) AS k (lane, entry)"
			   " CROSS JOIN LATERAL (SELECT * FROM change x WHERE x.lane = k.lane AND "
			   "x.entry > k.entry"
			   " ORDER BY x.entry LIMIT 1000) c"
			   " LEFT JOIN LATERAL (SELECT grp, seq, NULL AS token FROM "
			   "unnest(c.groups, c.seqs) AS g (grp, seq)"
			   " UNION ALL SELECT NULL, NULL, t FROM unnest(c.tokens) t) u ON true "
			   "ORDER BY 1, 2, 4",
	[FOLLOW_LINEAGE] = LINEAGE_SQL,
	[FOLLOW_TELL] = "SELECT pg_notify('pocketbook', 'lanes')",
};

enum { COLUMN_LANE, COLUMN_ENTRY, COLUMN_GROUP, COLUMN_SEQ, COLUMN_TOKEN };

static const char *const setup[] = {
	"SELECT set_config('search_path', 'pocketbook, pg_temp', false), set_config('jit', 'off', "
	"false), set_config('enable_seqscan', 'off', false), set_config('plan_cache_mode', "
	"'force_generic_plan', false), set_config('statement_timeout', '10s', false)",
	"LISTEN pocketbook", NULL
};

struct follow {
	struct postgres *postgres;
	struct line_options options;
	struct line *line;
	on_store_news *on_news;
	void *arg;
	uint64_t epoch;
	uint64_t known[STORE_LANES_MAX]; /* the last entry that was reported */
	uint64_t seqs[STORE_LANES_MAX];  /* and the newest number in it or before */
	bool is_known;                   /* since the connection was made first */
	bool is_lost;                    /* and that has been reported */
	bool is_asked;                   /* a statement is under way */
	bool must_ask;
	bool is_telling;   /* a notification is under way */
	bool must_tell;    /* and another one is due */
	uint64_t asked_at; /* clock_ms, of the last statement */
	uint64_t next_poll;
	uint64_t whole_at; /* clock_ms, when all was read */
	uint64_t losses;
};

static void report(struct follow *follow, struct store_news news)
{
	if (news.kind != STORE_NEWS_CURRENT)
		follow->is_lost = news.kind == STORE_NEWS_LOST;
	follow->losses += news.kind == STORE_NEWS_LOST;
	if (follow->on_news)
		follow->on_news(follow->arg, &news);
}

static void report_loss(struct follow *follow)
{
	if (!follow->is_lost)
		report(follow, (struct store_news){ .kind = STORE_NEWS_LOST });
}

/* Everything may have changed: the rows between are gone, or mean something else. */
static void forget(struct follow *follow)
{
	follow->is_known = false;
	follow->must_ask = true;
}

/* ---- Heads ---- */

static void on_heads(void *arg, enum rc rc, const PGresult *result)
{
	struct follow *follow = arg;
	struct store_news news = { .kind = STORE_NEWS_HEAD, .as_of = follow->asked_at };

	follow->is_asked = false;
	if (rc != RC_OK)
		return;
	for (int row = 0; row < PQntuples(result); row++) {
		const int lane = result_int(result, row, COLUMN_LANE);

		if (lane < 0)
			follow->epoch = result_number(result, row, COLUMN_ENTRY);
		if (lane < 0 || lane >= STORE_LANES_MAX)
			continue;
		follow->known[lane] = result_number(result, row, COLUMN_ENTRY);
		follow->seqs[lane] = result_number(result, row, COLUMN_SEQ);
		news.head.seqs[lane] = follow->seqs[lane];
	}
	news.head.epoch = follow->epoch;
	news.head.lanes = follow->postgres->lanes;
	follow->is_known = true;
	report(follow, news);
}

/* ---- Changes ---- */

static uint64_t sum_known(const struct follow *follow)
{
	uint64_t sum = 0;

	for (int lane = 0; lane < follow->postgres->lanes; lane++)
		sum += follow->known[lane];
	return sum;
}

/* A purge names `*` with a number of before; the documents of the group `*` itself,
 * such as *:1, have a new one. A loaded database has a `*`, too, in another epoch. */
static struct store_change change_of(struct follow *follow, int lane, struct slice group,
				     uint64_t seq)
{
	if (seq <= follow->seqs[lane] && slice_is(group, "*"))
		return (struct store_change){ .lane = lane, .purged = true };
	if (seq > follow->seqs[lane])
		follow->seqs[lane] = seq;
	return (struct store_change){ .group = group, .lane = lane, .seq = seq };
}

/* The rows of one entry. False: it is not the next one. */
static bool take_entry(struct follow *follow, const PGresult *result, int row,
		       struct store_change *changes, size_t *count)
{
	const int lane = result_int(result, row, COLUMN_LANE);
	const uint64_t entry = result_number(result, row, COLUMN_ENTRY);

	if (lane < 0 || lane >= STORE_LANES_MAX)
		return false;
	if (entry != follow->known[lane] && entry != follow->known[lane] + 1)
		return false;
	follow->known[lane] = entry;
	if (!PQgetisnull(result, row, COLUMN_TOKEN))
		changes[(*count)++] =
			(struct store_change){ .token = result_text(result, row, COLUMN_TOKEN) };
	if (!PQgetisnull(result, row, COLUMN_GROUP))
		changes[(*count)++] =
			change_of(follow, lane, result_text(result, row, COLUMN_GROUP),
				  result_number(result, row, COLUMN_SEQ));
	return true;
}

static void on_changes(void *arg, enum rc rc, const PGresult *result)
{
	struct follow *follow = arg;
	const uint64_t before = sum_known(follow);
	struct store_change *changes;
	size_t count = 0;
	bool is_whole, has_more;

	follow->is_asked = false;
	if (rc != RC_OK)
		return;
	is_whole = PQntuples(result) > 0 && result_number(result, 0, COLUMN_ENTRY) == follow->epoch;
	changes = mem_array((size_t)PQntuples(result), sizeof(*changes));
	for (int row = 1; is_whole && row < PQntuples(result); row++)
		is_whole = take_entry(follow, result, row, changes, &count);
	if (count || (is_whole && follow->is_lost))
		report(follow, (struct store_news){ .kind = STORE_NEWS_CHANGES,
						    .changes = changes,
						    .count = count });
	has_more = sum_known(follow) - before >= ENTRIES_MAX;
	if (is_whole && !has_more)
		report(follow, (struct store_news){ .kind = STORE_NEWS_CURRENT,
						    .as_of = follow->asked_at });
	if (is_whole) {
		follow->whole_at = clock_ms();
		follow->must_ask = follow->must_ask || has_more;
	} else {
		forget(follow);
	}
	free(changes);
}

static void ask(struct follow *follow)
{
	struct params params = { .count = 0 };
	const size_t lanes = (size_t)follow->postgres->lanes;

	follow->must_ask = false;
	follow->is_asked = true;
	follow->asked_at = clock_ms();
	follow->next_poll = follow->asked_at + POLL_MS;
	if (!follow->is_known) {
		line_send(follow->line, FOLLOW_HEADS, &params, on_heads, follow);
		return;
	}
	params_array(&params, PARAMS_INT4, lanes);
	for (size_t i = 0; i < lanes; i++)
		element_int4(&params, (int32_t)i);
	params_array(&params, PARAMS_INT8, lanes);
	for (size_t i = 0; i < lanes; i++)
		element_int8(&params, (int64_t)follow->known[i]);
	line_send(follow->line, FOLLOW_CHANGES, &params, on_changes, follow);
	params_free(&params);
}

/* One at a time: all commits meanwhile are in the next one. */
static void on_told(void *arg, enum rc rc, const PGresult *result)
{
	struct follow *follow = arg;

	(void)rc; /* hosts that are not told poll */
	(void)result;
	follow->is_telling = false;
	if (follow->must_tell && line_is_ready(follow->line))
		follow_tell(follow);
}

void follow_tell(struct follow *follow)
{
	const struct params none = { .count = 0 };

	if (follow == NULL)
		return;
	follow->must_tell = follow->is_telling;
	if (follow->is_telling || !line_is_ready(follow->line))
		return;
	follow->is_telling = true;
	line_send(follow->line, FOLLOW_TELL, &none, on_told, follow);
}

static void on_notify(void *arg, const char *payload)
{
	struct follow *follow = arg;

	(void)payload;
	follow->must_ask = true;
}

/* ---- The interface ---- */

bool postgres_watch(struct store *store, on_store_news *on_news, void *arg)
{
	struct postgres *postgres = postgres_of(store);
	struct follow *follow = postgres->follow;

	if (follow == NULL) {
		follow = postgres->follow = mem_alloc(sizeof(*follow));
		follow->postgres = postgres;
		follow->options = (struct line_options){
			.conninfo = postgres->conninfo,
			.name = "follow",
			.setup = setup,
			.statements = statements,
			.statement_count = FOLLOW_COUNT,
			.answer_ms = 15000,
			.on_notify = on_notify,
			.arg = follow,
		};
		follow->line = line_new(&follow->options);
	}
	follow->on_news = on_news;
	follow->arg = arg;
	follow->is_known = false;
	return true;
}

void follow_ask_lineage(struct follow *follow, const struct params *params,
			on_line_result *on_result, void *arg)
{
	line_send(follow->line, FOLLOW_LINEAGE, params, on_result, arg);
}

struct line *follow_line(struct follow *follow)
{
	return follow->line;
}

static bool may_ask(const struct follow *follow)
{
	return line_is_ready(follow->line) && !follow->is_asked;
}

static bool is_overdue(const struct follow *follow)
{
	return follow->is_asked && clock_ms() >= follow->asked_at + LOST_MS;
}

void follow_run(struct follow *follow)
{
	line_run(follow->line);
	if (follow->is_known && (!line_is_ready(follow->line) || is_overdue(follow)))
		report_loss(follow);
	if (may_ask(follow) && (follow->must_ask || clock_ms() >= follow->next_poll))
		ask(follow);
}

static void sooner(uint64_t *deadline, uint64_t other)
{
	if (other < *deadline)
		*deadline = other;
}

void follow_poll(struct follow *follow, uint64_t *deadline)
{
	if (may_ask(follow))
		sooner(deadline, follow->must_ask ? 0 : follow->next_poll);
	else if (follow->is_asked && follow->is_known && !follow->is_lost)
		sooner(deadline, follow->asked_at + LOST_MS);
}

uint64_t follow_age(const struct follow *follow)
{
	return follow && follow->whole_at ? clock_ms() - follow->whole_at : 0;
}

uint64_t follow_losses(const struct follow *follow)
{
	return follow ? follow->losses : 0;
}

void follow_free(struct follow *follow)
{
	if (follow == NULL)
		return;
	line_cancel(follow->line);
	line_free(follow->line);
	free(follow);
}
