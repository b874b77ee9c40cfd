/* Pulls of the group `*`, all groups: their statement, and its result. Called by
 * pull.c, for databases with one lane and with several. */
#ifndef STORE_POSTGRES_PULL_ALL_H
#define STORE_POSTGRES_PULL_ALL_H

#include "store/postgres/params.h"
#include "store/postgres/result.h"
#include "store/store.h"

/* Columns of pull() in functions.sql, of PG_PULL_META and of PG_PULL_ALL. */
enum {
	COLUMN_A,
	COLUMN_B,
	COLUMN_C,
	COLUMN_D,
	COLUMN_FLAG,
	COLUMN_PLAIN,
	COLUMN_ID,
	COLUMN_VALUE,
	COLUMN_AT, /* not of pull() */
	COLUMN_BY,
	COLUMN_LANE /* of PG_PULL_ALL only */
};

/* pull.c: the document of a row. */
void pull_read_doc(const PGresult *result, int row, struct store_doc *out);

/* How the cursor has a lane. */
enum pull_all_role { PULL_ALL_PLAIN, PULL_ALL_DONE, PULL_ALL_SNAPSHOT, PULL_ALL_NOT_BEGUN };

/* The same as the function pull() of functions.sql, but for the choice of groups; with
 * the columns of store_meta, and the lane of each row. A row for each lane comes first;
 * then documents, lane after lane. rules_all_begin() of store/rules.c decides where a
 * page begins; pull_all_read compares.
 *
 * $1: the cursor's epoch; $2 to $6: the lanes in the order in which they are read if
 * the cursor can be followed, with seq, start, bound and role; $7, $8: limit and
 * bytes. */
/* clang-format off */
#define PULL_ALL_SQL \
	"WITH now AS (" \
	" SELECT a.*, c.head, c.horizon, epoch_now() AS epoch" \
	" FROM unnest($2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[]) WITH ORDINALITY AS a (lane, seq, start, bound, role, n)" \
	" CROSS JOIN LATERAL (SELECT x.seq AS head, x.horizon FROM change x WHERE x.lane = a.lane ORDER BY x.entry DESC LIMIT 1) c)," \
	" known AS (" \
	" SELECT now.*, bool_and($1::bigint = epoch OR ($1 <> 0 AND epoch_follows(lane, $1, CASE WHEN bound = 0 THEN seq ELSE bound END))) OVER () AS follows," \
	" bool_and(CASE role WHEN 0 THEN seq >= horizon AND seq <= head WHEN 1 THEN seq <= head" \
	" WHEN 2 THEN start > 0 AND start <= bound AND seq < bound AND bound <= head ELSE true END) OVER () AS is_possible" \
	" FROM now)," \
	" place AS (SELECT k.*, $1 <> 0 AND k.follows AND k.is_possible AS goes_on FROM known k)," \
	" origin AS MATERIALIZED (" \
	" SELECT p.lane, p.head, p.epoch, p.horizon, p.follows, NOT p.goes_on OR p.role <> 1 AS is_read," \
	" CASE WHEN p.goes_on THEN p.seq ELSE 0 END AS from_seq," \
	" CASE WHEN p.goes_on AND p.role <> 3 THEN p.start ELSE p.head END AS hide," \
	" CASE WHEN p.goes_on THEN p.n ELSE p.lane END AS turn FROM place p)," \
	" run AS (" \
	" SELECT o.turn, o.lane, o.hide, g.gid, first.seq FROM grp g JOIN origin o ON o.lane = g.lane AND o.is_read" \
	" CROSS JOIN LATERAL (SELECT x.seq FROM doc x WHERE x.gid = g.gid AND x.seq > o.from_seq" \
	" AND (x.deleted_at IS NULL OR x.seq > o.hide) ORDER BY x.seq LIMIT 1) first" \
	" ORDER BY o.turn, first.seq LIMIT $7::bigint + 1)," \
	" candidate AS (" \
	" SELECT x.*, r.turn, r.lane FROM run r" \
	" CROSS JOIN LATERAL (SELECT y.* FROM doc y WHERE y.gid = r.gid AND y.seq >= r.seq" \
	" AND (y.deleted_at IS NULL OR y.seq > r.hide) ORDER BY y.seq LIMIT $7 + 1) x" \
	" ORDER BY r.turn, x.seq LIMIT $7 + 1)," \
	" measured AS (" \
	" SELECT x.*, row_number() OVER (ORDER BY x.turn, x.seq) <= $7 AND coalesce(sum(octet_length(x.value)) OVER" \
	" (ORDER BY x.turn, x.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) <= $8::bigint AS fits FROM candidate x)," \
	" shown AS (SELECT m.*, lag(m.fits, 1, true) OVER (ORDER BY m.turn, m.seq) AS is_shown FROM measured m)" \
	" SELECT a, b, c, d, flag, plain, id, value, written_at, written_by, lane FROM (" \
	" SELECT 0 AS n, o.lane::bigint AS turn, o.head AS a, o.epoch AS b, o.horizon AS c, o.from_seq AS d, o.follows AS flag," \
	" NULL::boolean AS plain, NULL::text AS id, NULL::text AS value, NULL::bigint AS written_at, NULL::text AS written_by, o.lane AS lane" \
	" FROM origin o" \
	" UNION ALL SELECT 1, s.turn, s.seq, s.version, CASE WHEN s.fits THEN 0 ELSE 1 END::bigint, 0::bigint, s.deleted_at IS NOT NULL, s.plain," \
	" s.id, CASE WHEN s.fits THEN s.value END, s.written_at, s.written_by, s.lane FROM shown s WHERE s.is_shown) rows ORDER BY n, turn, a"
/* clang-format on */

void pull_all_params(struct params *params, const struct store_query *query,
		     const struct store_cursors *since);

/* What the page of a pull of several lanes points to. */
struct pull_all {
	struct store_cursors next;
	struct store_places heads;
};

/* `docs` has room for all rows. */
MUST_USE enum rc pull_all_read(const PGresult *result, const struct store_cursors *since,
			       struct store_doc *docs, struct store_page *page,
			       struct pull_all *all);

#endif
