#!/usr/bin/env bash
# Several writers push the same documents to one PostgreSQL database: one of them wins
# each push, whole, without gaps and deadlocks; with one lane and with several.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"
[ -x "${BUILD:-}/t/postgres_load" ] || skip_all "t/postgres_load is not built"

pg_make one
pg_start one
pg_app one
url=$(pg_url one)
value() { pg_sql one app "SET search_path = pocketbook" "$1"; }
pushes=200

for lanes in 1 4; do
	pg_sql one app "SET client_min_messages = error" "DROP SCHEMA IF EXISTS pocketbook CASCADE"
	"$POCKETBOOK" init --lanes "$lanes" --db "$url" >"$work/init.log"
	loads=()
	for name in x y z; do
		"$BUILD/t/postgres_load" "$url" "$name" "$pushes" >"$work/won.$name" 2>"$work/load.$name.log" </dev/null &
		loads+=($!)
	done
	for load in "${loads[@]}"; do
		wait "$load"
		is $? 0 "lanes $lanes: the writer $load ends in order"
	done
	is "$(cat "$work"/won.? | sort -n | uniq -d | wc -l)" 0 "lanes $lanes: no push was won twice"
	is "$(cat "$work"/won.? | sort -n | uniq | wc -l)" "$pushes" "lanes $lanes: each push was won"
	is "$(value "SELECT count(*) FROM doc WHERE version = 1")" $((2 * pushes)) "lanes $lanes: every document was written once"
	is "$(value "SELECT count(*) FROM doc a JOIN doc b ON split_part(a.id, ':', 2) = split_part(b.id, ':', 2) WHERE a.op <> b.op")" 0 \
		"lanes $lanes: both documents of a push are of one writer"
	is "$(value "SELECT sum(seq) FROM state(), (SELECT DISTINCT ON (lane) seq FROM change ORDER BY lane, entry DESC) x")" \
		$((2 * pushes)) "lanes $lanes: the sequences have no gaps"
	"$POCKETBOOK" check --db "$url" >"$work/check.log" 2>&1
	is $? 0 "lanes $lanes: the database is whole"
	unlike "$(cat "$work"/load.?.log)" 'event=' "lanes $lanes: no writer had anything to report"
	unlike "$(cat "$work/pg.one.out")" 'deadlock' "lanes $lanes: there was no deadlock"
done
pg_end one INT
finish
