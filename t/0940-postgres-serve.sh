#!/usr/bin/env bash
# Two hosts on one PostgreSQL database: what is written on one is read on the other, and
# its streams hear of it; revocations; a database that goes away and comes back.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

pg_make one
pg_start one
pg_app one
pg=$(pg_url one)

host a "$pg" --auth off
host b "$pg" --auth off

# ---- Pulls and streams ----

use a
like "$(push '{"docs":[{"id":"t:1","base":0,"value":{"n":1}}]}')" '"status":"ok"' "a push on a"
use b
like "$(pull group=t)" '"n":1' "which a pull on b shows"
stream hints group=t
stream docs 'group=t&docs=1'
stream all 'group=*&docs=1'
"$POCKETBOOK" tail --db "$pg" --group t >"$work/tail" 2>"$work/tail.err" &
tailing=$!
tails() {
	beats=$((${beats:-0} + 1))
	push "{\"docs\":[{\"id\":\"t:beat:$beats\",\"value\":0}]}" >/dev/null
	grep -q beat "$work/tail"
}
wait_for "tail follows, too" tails
use a
push '{"docs":[{"id":"t:2","base":0,"value":2},{"id":"t:n:1","base":0,"value":3}]}' >"$work/out"
wait_for "a stream of b hears of it" saw hints '"cursor"'
wait_for "one with documents, too" saw docs '"t:n:1"'
wait_for "and one of all groups" saw all '"group":"\*","docs":.*"t:n:1"'
wait_for "and tail" grep -q '{"id":"t:n:1","version":1,"value":3' "$work/tail"
kill "$tailing"
is "$("$POCKETBOOK" tail --db "$pg" --since 0 --once | grep -v beat | jq -c '[.id, .version]' | tr '\n' ' ')" '["t:1",1] ["t:2",1] ["t:n:1",1] ' "which reads all from the beginning"
is "$(pull 'group=*&limit=1' | jq -c '[(.docs | length), .more]')" '[1,true]' "pages of all groups end at their limit"
cursor=$(pull group=t | field cursor)
use b
like "$(pull "group=t&since=$cursor")" '"docs":\[\].*"more":false,"reset":false' "a cursor of a is good on b"
for i in 1 2 3 4 5; do
	use a
	push "{\"docs\":[{\"id\":\"t:9\",\"base\":$((i - 1)),\"value\":\"round $i\"}]}" >"$work/out"
	use b
	pull group=t >>"$work/rounds"
done
is "$(grep -o 'round [0-9]' "$work/rounds" | tr '\n' ' ')" "round 1 round 2 round 3 round 4 round 5 " "each pull on b shows the push before it"
like "$(push '{"docs":[{"id":"t:1","base":0,"value":4}]}')" '"status":"conflict".*"n":1' "a conflict has the other host's value"

# ---- An epoch by an administrator ----

# While it waits for the lane another commit ends, which is before the epoch.
lane_locks() { pg_sql one app "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7216171 AND objid = 100 AND $1"; }
# locked CONDITION NUMBER
locked() { [ "$(lane_locks "$1")" = "$2" ]; }
"$pg_bin/psql" -X -q -h "$work/pg/one.s" -U pb -d app -c "BEGIN; SELECT pg_advisory_xact_lock(7216171, 100); SELECT pg_sleep(600)" >"$work/out" 2>&1 &
holder=$!
wait_for "the lane is held" locked granted 1
push '{"docs":[{"id":"t:10","base":0,"value":10}]}' >"$work/pushed" &
pushing=$!
wait_for "a push waits for it" locked 'NOT granted' 1
"$POCKETBOOK" epoch --new --db "$pg" 2>"$work/said" &
beginning=$!
wait_for "a new epoch, too" locked 'NOT granted' 2
pg_sql one app "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7216171 AND objid = 100 AND granted" >"$work/out"
wait "$holder"
wait "$pushing"
wait "$beginning"
is "$? $(grep -c '"status":"ok"' "$work/pushed")" "0 1" "both are done"
is "$(pg_sql one app "SELECT starts[1] - (SELECT max(seq) FROM pocketbook.change) FROM pocketbook.epoch ORDER BY n DESC LIMIT 1")" 0 "the epoch begins behind the push"
hosts_stop

# ---- The standby is away ----

# A commit would wait for it without an end; a start with other rules of --history does
# not.
pg_sql one postgres "ALTER SYSTEM SET synchronous_standby_names = 'away'" "SELECT pg_reload_conf()" >"$work/out"
waits() { [ "$(pg_sql one postgres 'SHOW synchronous_standby_names')" = away ]; }
wait_for "commits wait for a standby" waits
host a "$pg" --auth off --history 7
is "$(status_of "$url/sync?group=t")" 200 "a server that keeps other rules starts, and is read"
is "$(pg_sql one app 'SELECT history FROM pocketbook.meta')" '*=7' "which the database has"
use a
stop
finish
