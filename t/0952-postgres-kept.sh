#!/usr/bin/env bash
# Kept pages with PostgreSQL: a page that was read before is sent again without reading
# it, but never one from before a push that another host has answered.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

host_workers=1
hosts_a_b 2

# put VERSION: writes the document with its version as the value
put() { push "{\"docs\":[{\"id\":\"a:1\",\"base\":$(($1 - 1)),\"value\":\"round $1\"}]}" >"$work/out"; }
# reads STATUS: whether a pull is answered so
reads() { [ "$(status_of "$url/sync?group=a")" = "$1" ]; }

use a
put 1
use b
like "$(pull group=a)" 'round 1' "a page is read"
# From now on no page can be read.
pg_sql one app "ALTER FUNCTION pocketbook.pull RENAME TO pull_away"
is "$(status_of "$url/sync?group=a")" 200 "and sent again without reading it"
like "$(cat "$work/body")" 'round 1' "as it was"
use a
push '{"docs":[{"id":"b:1","base":0,"value":0},{"id":"a0:1","base":0,"value":0}]}' >"$work/out"
use b
wait_for "also after a push to other groups" reads 200
use a
put 2
use b
unlike "$(status_of "$url/sync?group=a")" '^200$' "not after a push to this one"
pg_sql one app "ALTER FUNCTION pocketbook.pull_away RENAME TO pull"
wait_for "pages can be read again" reads 200
like "$(cat "$work/body")" 'round 2' "this one is new"

# ---- A page of a snapshot that takes long ----

use b
cursor=$(pull group=a | field cursor)
behind="$url/sync?group=a&since=$cursor"
# The last question of both main connections was for the heads.
apart() {
	status_of "$behind" && pull group=c >"$work/out"
	[ "$(pg_sql one app "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND query LIKE 'SELECT epoch_now(), l,%'")" = 2 ]
}
wait_for "pages of a snapshot have a connection of their own" apart
reader=$(pg_sql one app "SELECT pid FROM pg_stat_activity WHERE usename = 'app' AND query LIKE '%pull(%' ORDER BY query_start DESC LIMIT 1")
kill -STOP "$reader"
curl -s "$url/sync?group=a0" >"$work/long" &
long=$!
is "$(status_of "$behind")" 200 "what is short does not wait for one that is not answered"
kill -CONT "$reader"
wait "$long"
like "$(cat "$work/long")" '"a0:1"' "which comes in the end"

# A host that does not hear of the other one's pushes.
frozen=$(writer)
kill -STOP "$frozen"
for round in 3 4 5; do
	use a
	put "$round"
	use b
	like "$(pull group=a)" "round $round" "a pull shows push $round, which has not reached this host's ring"
done
kill -CONT "$frozen"
hosts_stop
finish
