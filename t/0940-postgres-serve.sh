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
use a
push '{"docs":[{"id":"t:2","base":0,"value":2},{"id":"t:n:1","base":0,"value":3}]}' >"$work/out"
wait_for "a stream of b hears of it" saw hints '"cursor"'
wait_for "one with documents, too" saw docs '"t:n:1"'
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
hosts_stop
finish
