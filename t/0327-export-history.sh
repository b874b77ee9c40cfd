#!/usr/bin/env bash
# Former versions leave by export --history and come back by import, with their
# numbers, users and times; bad lines are refused, and an import that was broken off
# goes on.
. "$(dirname "$0")/lib.sh"

token() { "$POCKETBOOK" token add --db "$db" --user "$1" --group notes --group lists 2>/dev/null; }
push_as() { curl -s -H "Authorization: Bearer $1" "$url/sync" -H 'Content-Type: application/json' -d "{\"docs\":[$2]}" >/dev/null; }
export_() { "$POCKETBOOK" export --history --db "$db" "$@" 2>"$work/said"; }
import() { "$POCKETBOOK" import --db "$db" "$@" >"$work/out" 2>"$work/said"; }
log() { "$POCKETBOOK" doc log "$1" --json --db "$db"; }
long=$(head -c 5000 /dev/zero | tr '\0' x)

# ---- Out ----
ann=$(token ann)
bob=$(token bob)
serve --history 3
push_as "$ann" '{"id":"notes:1","value":1},{"id":"lists:1","value":"alone"},{"id":"notes:gone","value":1}'
for i in 1 2 3 4; do push_as "$bob" "{\"id\":\"notes:1\",\"base\":$i,\"value\":{\"n\":$((i + 1))}}"; done
push_as "$ann" "{\"id\":\"notes:long\",\"value\":\"$long\"}"
push_as "$bob" '{"id":"notes:long","base":1,"deleted":true}'
push_as "$ann" '{"id":"notes:long","base":2,"value":"back"},{"id":"notes:gone","base":1,"deleted":true}'
export_ >"$work/lines"
is "$?" 0 "documents are exported with their history"
is "$(sed -E 's/,"at":"20[^"]*Z"//; s/xx+/x/' "$work/lines")" '{"id":"lists:1","version":1,"value":"alone","by":"ann","formers":0}
{"former":"notes:1","version":2,"value":{"n":2},"by":"bob"}
{"former":"notes:1","version":3,"value":{"n":3},"by":"bob"}
{"former":"notes:1","version":4,"value":{"n":4},"by":"bob"}
{"id":"notes:1","version":5,"value":{"n":5},"by":"bob","formers":3}
{"former":"notes:long","version":1,"value":"x","by":"ann"}
{"former":"notes:long","version":2,"deleted":true,"by":"bob"}
{"id":"notes:long","version":3,"value":"back","by":"ann","formers":2}
{"former":"notes:gone","version":1,"value":1,"by":"ann"}
{"id":"notes:gone","version":2,"deleted":true,"by":"ann","formers":1}' "former versions, the oldest first, and then the document"
is "$(export_ --group lists | jq -c '[.id, .formers]')" '["lists:1",0]' "of one group"
unlike "$("$POCKETBOOK" export --db "$db")" 'former' "without --history there are none"
for id in notes:1 notes:long notes:gone lists:1; do log "$id"; done >"$work/versions"
export_ --encoding transit >"$work/transit"
stop

# ---- Back ----
another_db back
import "$work/lines"
is "$? $(cat "$work/out"; sed 's/: .* is made$/: it is made/' "$work/said")" "0 4 imported, with 6 former versions
pocketbook: it is made" "an import brings them back"
export_ >"$work/again"
is "$(sort "$work/again")" "$(sort "$work/lines")" "with the same numbers, users and times"
for id in notes:1 notes:long notes:gone lists:1; do log "$id"; done >"$work/versions.again"
ok "$(cmp -s "$work/versions" "$work/versions.again"; echo $?)" "as doc log shows them"
"$POCKETBOOK" check --db "$db" 2>"$work/said"
is "$?" 0 "the database is whole"
import "$work/lines" --existing skip
is "$? $(cat "$work/out")" "0 0 imported, 4 as they were already" "once more: nothing changes"
"$POCKETBOOK" doc restore notes:1 2 --db "$db" >"$work/out" 2>&1
is "$(cat "$work/out")" "notes:1 written, version 6" "a version that has come back is restored"

another_db exact
import --json <"$work/transit"
is "$? $(cat "$work/out")" '0 {"imported":4,"same":0,"skipped":0,"bad":0,"damaged":0,"versions":6}' "Transit does as well, from a pipe"
is "$(export_ --encoding transit | sort)" "$(sort "$work/transit")" "with everything"

# ---- While a server runs, which keeps fewer ----
another_db served
serve_open --history 1
curl -sN "$url/events?group=notes&docs=1" >"$work/live" 2>/dev/null &
wait_for "a stream is open" saw live 'event: connected'
import "$work/lines"
is "$? $(cat "$work/out")" "0 4 imported, with 6 former versions" "through a server"
wait_for "clients get the documents" saw live '"id":"notes:long","version":3'
is "$(log notes:1 | jq -c .version | paste -sd' ')" "5 4 3 2" "all of them, though it keeps one"
push '{"docs":[{"id":"notes:1","base":5,"value":6}]}' >/dev/null
is "$(log notes:1 | jq -c .version | paste -sd' ')" "6 5" "until the next write"
stop

# ---- A database that has something already ----
another_db other
printf '{"id":"notes:1","value":"mine"}\n' | import
import "$work/lines"
is "$?" 1 "a document that is there: refused"
like "$(cat "$work/said")" ':2: notes:1 already exists.*; nothing was imported' "with its line"
is "$("$POCKETBOOK" export --db "$db" | wc -l)" 1 "and nothing is"
import "$work/lines" --existing skip
is "$? $(cat "$work/out")" "0 3 imported, with 3 former versions, 1 left as they are" "others come, with their history"
import "$work/lines" --existing replace
is "$? $(cat "$work/out")" "0 1 imported, 3 as they were already" "it is replaced by the present version alone"
is "$(log notes:1 | jq -c '[.version, .value]' | head -1)" '[2,{"n":5}]' "as its next version"

# ---- Bad lines ----
another_db bad
# bad NAME PATTERN LINE...
bad() {
	printf '%s\n' "${@:3}" >"$work/bad"
	import "$work/bad"
	is "$?" 1 "refused: $1"
	like "$(cat "$work/said")" "$2.*; nothing was imported" "with its line: $1"
}
old='{"former":"notes:1","version":2,"value":1}'
bad "a former version alone" 'bad:2: former: the line of the document must follow.*line 1' "$old" '{"id":"notes:2","version":1,"value":1}'
bad "one at the end" 'bad:1: former: the line of the document' "$old"
bad "a number that does not rise" 'bad:2: version: must be higher than that in line 1' "$old" '{"former":"notes:1","version":2,"value":2}'
bad "a document that is older" 'bad:2: version: must be higher' "$old" '{"id":"notes:1","version":1,"value":2,"formers":1}'
bad "a line that is missing" 'bad:2: formers: must be the number .* which is 1' "$old" '{"id":"notes:1","version":5,"value":2,"formers":2}'
bad "no number of lines" 'bad:2: formers: must be' "$old" '{"id":"notes:1","version":5,"value":2}'
bad "no version" 'bad:1: version: missing' '{"former":"notes:1","value":1}'
bad "two ids" 'bad:1: former: a line with it has no id' '{"former":"notes:1","id":"notes:1","version":1,"value":1}'
bad "no id" 'bad:1: former: must be GROUP:REST' '{"former":"notes","version":1,"value":1}'
bad "a document twice" 'bad:3: id: the same as in line 1' "$old" '{"id":"notes:1","version":3,"value":2,"formers":1}' '{"former":"notes:1","version":4,"value":1}'
[ ! -e "$db" ] || is "$("$POCKETBOOK" export --db "$db" 2>/dev/null | wc -l)" 0 "nothing is there"
printf '%s\n' "$old" '{"former":"notes:1","version":3,"value":' '{"id":"notes:1","version":4,"value":4,"formers":2}' >"$work/bad"
import "$work/bad" --skip-bad
is "$? $(cat "$work/out")" "0 1 imported, with 1 former version, 1 bad line skipped" "a bad one can be skipped"
is "$(log notes:1 | jq -c .version | paste -sd' ')" "4 2" "and the others keep their numbers"
printf '%s\n' "$old" '{"id":"notes:2","version":1,"value":1}' >"$work/bad"
import "$work/bad" --skip-bad
is "$?" 1 "but not the document of former versions"

# ---- One that is broken off ----
if [ "${FAULTS:-no}" = yes ]; then
	another_db killed
	for i in $(seq 1 300); do
		printf '{"former":"many:%d","version":7,"value":1}\n{"former":"many:%d","version":8,"value":2}\n{"id":"many:%d","version":9,"value":3,"formers":2}\n' "$i" "$i" "$i"
	done >"$work/many"
	POCKETBOOK_FAULTS=import_batch=kill@1 "$POCKETBOOK" import --db "$db" "$work/many" >"$work/out" 2>&1
	import "$work/many" --existing skip
	is "$?" 0 "an import that was killed goes on"
	is "$(export_ | sed 's/,"by":null,"at":"[^"]*"//' | sort)" "$(sort "$work/many")" "and everything is there once"
fi
finish
