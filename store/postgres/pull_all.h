/* The statement for pulls of the group `*`, all groups, of a database with one lane.
 * The same as the function pull() of functions.sql, whose columns it has, but for the
 * choice of groups; and the columns of store_meta.
 *
 * $1 to $6: the cursor's epoch, seq, start and bound, the limit, the bytes. */
#ifndef STORE_POSTGRES_PULL_ALL_H
#define STORE_POSTGRES_PULL_ALL_H

/* clang-format off */
#define PULL_ALL_SQL \
	"WITH asked (epoch, seq, start, bound, most, bytes) AS (" \
	" SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::bigint)," \
	" now AS (SELECT c.seq AS head, c.horizon, epoch_now() AS epoch FROM change c WHERE c.lane = 0 ORDER BY c.entry DESC LIMIT 1)," \
	" known AS (SELECT now.*, a.epoch = now.epoch OR (a.epoch <> 0 AND epoch_follows(0, a.epoch, CASE WHEN a.bound = 0 THEN a.seq ELSE a.bound END)) AS follows" \
	" FROM now, asked a)," \
	" place AS (SELECT k.*, a.epoch <> 0 AND k.follows AND ((a.bound = 0 AND a.seq >= k.horizon AND a.seq <= k.head)" \
	" OR (a.bound <> 0 AND a.start > 0 AND a.start <= a.bound AND a.seq < a.bound AND a.bound <= k.head)) AS goes_on FROM known k, asked a)," \
	" origin AS MATERIALIZED (SELECT p.*, a.most, a.bytes, CASE WHEN p.goes_on THEN a.seq ELSE 0 END AS from_seq," \
	" CASE WHEN p.goes_on THEN a.start ELSE p.head END AS hide FROM place p, asked a)," \
	" run AS (SELECT g.gid, first.seq FROM origin o CROSS JOIN grp g" \
	" CROSS JOIN LATERAL (SELECT x.seq FROM doc x WHERE x.gid = g.gid AND x.seq > o.from_seq" \
	" AND (x.deleted_at IS NULL OR x.seq > o.hide) ORDER BY x.seq LIMIT 1) first" \
	" ORDER BY first.seq LIMIT (SELECT most + 1 FROM origin))," \
	" candidate AS (SELECT x.* FROM origin o CROSS JOIN run" \
	" CROSS JOIN LATERAL (SELECT y.* FROM doc y WHERE y.gid = run.gid AND y.seq >= run.seq" \
	" AND (y.deleted_at IS NULL OR y.seq > o.hide) ORDER BY y.seq LIMIT o.most + 1) x" \
	" ORDER BY x.seq LIMIT (SELECT most + 1 FROM origin))," \
	" measured AS (SELECT x.*, row_number() OVER w <= o.most AND coalesce(sum(octet_length(x.value)) OVER" \
	" (ORDER BY x.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) <= o.bytes AS fits" \
	" FROM candidate x, origin o WINDOW w AS (ORDER BY x.seq))," \
	" shown AS (SELECT m.*, lag(m.fits, 1, true) OVER (ORDER BY m.seq) AS is_shown FROM measured m)" \
	" SELECT a, b, c, d, flag, plain, id, value, written_at, written_by FROM (" \
	" SELECT 0 AS n, o.head AS a, o.epoch AS b, o.horizon AS c, o.from_seq AS d, o.follows AS flag, NULL::boolean AS plain, NULL::text AS id, NULL::text AS value, NULL::bigint AS written_at, NULL::text AS written_by" \
	" FROM origin o" \
	" UNION ALL SELECT 1, s.seq, s.version, CASE WHEN s.fits THEN 0 ELSE 1 END::bigint, 0::bigint, s.deleted_at IS NOT NULL, s.plain," \
	" s.id, CASE WHEN s.fits THEN s.value END, s.written_at, s.written_by FROM shown s WHERE s.is_shown) rows ORDER BY n, a"
/* clang-format on */

#endif
