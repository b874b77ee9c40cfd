#!/usr/bin/env bash
# Two hosts on one PostgreSQL database with four lanes: pulls, pushes and streams over
# several of them, ids that cover all, revocations, commits that nobody was notified of,
# and a new epoch. The groups a to d are in the lanes 0 to 3.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

hosts_a_b 4

# docs ID...: a push of new documents
docs() {
	local out=
	for id in "$@"; do out="$out,{\"id\":\"$id\",\"base\":0,\"value\":\"of $id\"}"; done
	echo "{\"docs\":[${out#,}]$atomic}"
}
atomic=
# resume NAME QUERY ID: the stream that goes on behind an id
resume() { stream "$1" "$2" -H "Last-Event-ID: $3"; }

# ---- Pushes and pulls ----

use a
push "$(docs a:1 b:1 c:1 d:1)" >"$work/out"
is "$(grep -o '"status":"ok"' "$work/out" | wc -l)" 4 "a push into four lanes"
like "$(field cursor <"$work/out")" '^[0-9a-f]{16}\.1~1~1~1$' "its cursor has a number of each"
all=$(field cursor <"$work/out")
like "$(push "$(docs b:2 b:3)" | field cursor)" '^[0-9a-f]{16}\.3$' "that of a push into one has one"
use b
for group in a b c d; do
	pull "group=$group" >"$work/out.$group"
	like "$(cat "$work/out.$group")" "of $group:1" "the other host shows group $group"
done
cursor=$(field cursor <"$work/out.b")
like "$(pull "group=b&since=$cursor")" '"docs":\[\].*"reset":false' "nothing is new behind a cursor"
like "$(pull "group=b&since=$all")" '"docs":\[\{"id":"b:2".*b:3.*"reset":false' "a pull goes on behind a push into several lanes"
like "$(pull "group=a&since=$all")" '"docs":\[\].*"reset":false' "in each lane from its own number"
atomic=,\"atomic\":true
like "$(push "$(docs a:2 b:1 d:2)")" '"a:2","status":"skipped".*"b:1","status":"conflict".*"d:2","status":"skipped"' "an atomic push over lanes is not done by half"
like "$(push "$(docs a:2 c:2 d:2)")" '"status":"ok".*"status":"ok".*"status":"ok"' "or it is done"
atomic=
for bad in "${all}~" "$all~1~1~1~1~1~1~1~1~1~1~1~1~1" "${all/\~1/~01}" "$all.2.3" "$cursor~"; do
	is "$(status_of "$url/sync?group=a&since=$bad")" 400 "since=$bad is no cursor"
done

# ---- Streams ----

use b
stream hints 'group=c&group=d'
stream many 'group=a&group=b&group=d&docs=1'
use a
push "$(docs a:3)" >"$work/out"
push "$(docs d:3)" >"$work/out"
wait_for "the other host's stream has the documents of one lane" saw many '"a:3"'
wait_for "and of another" saw many '"d:3"'
wait_for "hints come, too" saw hints '"group":"d"'
like "$(last_id many)" '^[0-9a-f]{16}\.3~3~2~3$' "the id has a number of each lane"
id=$(last_id many)
kill "$stream"
push "$(docs a:4 b:4 c:4)" >"$work/out"
push "$(docs d:4 d:5)" >"$work/out"
resume again 'group=a&group=b&group=d&docs=1' "$id"
for doc in a:4 b:4 d:4 d:5; do wait_for "a stream that goes on has $doc" saw again "\"$doc\""; done
unlike "$(cat "$work/again")" '"(a|b|d):[123]"' "and nothing of before"
unlike "$(cat "$work/again")" '"c:' "nor of a group that it does not follow"
use b
resume moved 'group=a&group=b&group=d&docs=1' "$(last_id again)"
push "$(docs b:5)" >"$work/out"
wait_for "it moves to the other host" saw moved '"b:5"'
is "$(grep -o '"[a-d]:[0-9]*"' "$work/moved" | tr '\n' ' ')" '"b:5" ' "and gets nothing twice there"
# What a cursor of one lane says of the others is not known.
resume plain 'group=a&group=b&docs=1' "$cursor"
for doc in a:1 a:4 b:1 b:5; do wait_for "behind a cursor of one lane comes all: $doc" saw plain "\"$doc\""; done
resume nested 'group=b&group=b:x' "$cursor"
push "$(docs b:x:1)" >"$work/out"
wait_for "nested groups are in one lane" saw nested '"b:x"'
like "$(last_id nested)" '^[0-9a-f]{16}\.[0-9]+$' "so the id has one number"
for i in 1 2 3 4; do
	use a
	push "{\"docs\":[{\"id\":\"c:9\",\"base\":$((i - 1)),\"value\":\"round $i\"}]}" >"$work/out"
	use b
	pull group=c >>"$work/rounds"
done
is "$(grep -o 'round [0-9]' "$work/rounds" | tr '\n' ' ')" "round 1 round 2 round 3 round 4 " "each pull on b shows the push before it"

# ---- Nobody was notified ----

before=$(grep -c '"group":"c"' "$work/hints")
# A commit whose notification is lost.
pg_sql one app "SET search_path = pocketbook" "BEGIN" "SELECT take('{2}')" "UPDATE doc SET seq = seq + 100, version = version + 1 WHERE id = 'c:9'" \
	"INSERT INTO change (lane, entry, seq, documents, tombstones, horizon, groups, seqs) SELECT 2, entry + 1, seq + 100, documents, tombstones, horizon, '{c}', ARRAY[seq + 100] FROM change WHERE lane = 2 ORDER BY entry DESC LIMIT 1" \
	"COMMIT" >"$work/out"
more() { [ "$(grep -c '"group":"c"' "$work/hints")" -gt "$1" ]; }
wait_for "a stream hears of it all the same" more "$before"

# ---- A new epoch ----

use a
id=$(last_id moved)
pg_end one QUIT
pg_start one
wrote() { push "$(docs "$1")" | grep -q '"status":"ok"'; }
wait_for "a writes after a crash" wrote a:7
wait_for "in another lane, too" wrote d:7
wait_for "an open stream goes on" saw moved '"d:7"'
renewed() { push "$(docs "b:$RANDOM$RANDOM")" >"$work/out" && ! last_id moved | grep -q "^${id%%.*}"; }
wait_for "in a new epoch" renewed
resume lineage 'group=a&group=b&group=d&docs=1' "$id"
wait_for "an id of the epoch before is good" saw lineage '"d:7"'
is "$(grep -o '"[ad]:[0-9]*"' "$work/lineage" | sort -u | tr '\n' ' ')" '"a:7" "d:7" ' "and leads to what came after it"
unlike "$(cat "$work/lineage")" '"reset":true' "without a reset"
hosts_stop

"$POCKETBOOK" check --db "$pg" >"$work/out" 2>&1
is $? 0 "the database is whole" || cat "$work/out"

# ---- Tokens ----

ann=$("$POCKETBOOK" token add --user ann --group a --group c --db "$pg" 2>/dev/null)
host a "$pg"
host b "$pg"
stream ann 'group=a&group=c' -H "Authorization: Bearer $ann"
anns=$stream
# Without a notification.
pg_sql one app "SET search_path = pocketbook" "BEGIN" "SELECT take('{0}')" "DELETE FROM token" "DELETE FROM token_grant" \
	"INSERT INTO change (lane, entry, seq, documents, tombstones, horizon, groups, seqs, tokens) SELECT 0, entry + 1, seq, documents, tombstones, horizon, '{}', '{}', ARRAY(SELECT '0123456789abcdef') FROM change WHERE lane = 0 ORDER BY entry DESC LIMIT 1" \
	"COMMIT" >"$work/out"
wait_for "a revocation that nobody was notified of ends a stream" gone "$anns"
like "$(cat "$work/ann")" unauthorized "as the token is gone"
hosts_stop
finish
