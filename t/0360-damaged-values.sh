#!/usr/bin/env bash
# Values that cannot be read: whoever reads their group is told so, and gets all others.
. "$(dirname "$0")/lib.sh"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is not installed"

serve_open --workers 1
large=$(head -c 5000 /dev/zero | tr '\0' x)
stream live 'group=a&docs=1'
stream transit 'group=a&docs=1&encoding=transit'
stream hints 'group=a'
stream nested 'group=a:b&group=other&docs=1'
worker=$(workers)

# All of them in one commit, damaged before the worker reads any.
for id in a:1 a:bad a:b:1 a:b:lost a:b:2 a:2; do
	value=1
	[ $id = a:b:lost ] && value="\"$large\""
	printf '{"id":"%s","value":%s}\n' "$id" "$value"
done >"$work/docs"
damage() { sqlite3 -cmd '.timeout 60000' "$db" "$1" >"$work/damage" 2>&1; }
kill -STOP "$worker"
"$POCKETBOOK" import "$work/docs" --db "$db" >/dev/null 2>&1
ok $? "documents are written"
damage "UPDATE doc SET value = '[\"~#' WHERE id = 'a:bad'; DELETE FROM large"
ok $? "one value is no Transit then, another is missing"
kill -CONT "$worker"

bad='{"id":"a:bad","version":1,"damaged":true}'
lost='{"id":"a:b:lost","version":1,"damaged":true}'
# complete TEXT NAME: has it all six documents?
complete() {
	like "$1" "\"a:1\".*$bad.*\"a:b:1\".*$lost.*\"a:b:2\".*\"a:2\"" "$2"
}
wait_for "a live stream gets the last one" saw live '"a:2"'
complete "$(tr -d '\n' <"$work/live")" "and all others, with two entries for the damaged ones"
wait_for "so does one in Transit" saw transit '"a:2"'
like "$(cat "$work/transit")" '"~:id":"a:bad","~:version":1,"~:damaged":true' "in its own words"
like "$(curl -s "$url/readyz" | tr '\n' ' ')" '^ready warning: damaged documents were read' "and /readyz has a word about it"
"$POCKETBOOK" stats --json --db "$db" | grep -q '"damaged":[1-9]'
ok $? "as statistics have"
wait_for "so does one of a nested group" saw nested '"a:b:2"'
like "$(cat "$work/nested")" "$lost" "with an entry"
wait_for "one without documents is told of the change" saw hints 'event: change'
stream late 'group=a&docs=1&since=0'
wait_for "a stream that comes later gets the last one" saw late '"a:2"'
complete "$(tr -d '\n' <"$work/late")" "and all others"
is "$(status_of "$url/sync?group=a")" 200 "a pull is answered"
complete "$(cat "$work/body")" "with all of them"
since=0
pages=
for page in 1 2 3 4 5 6 7; do
	got=$(pull "group=a&limit=1&since=$since")
	pages=$pages$got
	since=$(printf '%s' "$got" | field cursor)
	like "$got" '"more":' "page $page"
done
complete "$pages" "no cursor is held up"
like "$got" '"docs":\[\].*"more":false' "and the end is reached"
push '{"docs":[{"id":"a:3","value":1}]}' >/dev/null
wait_for "what comes later comes" saw live '"a:3"'

for id in a:bad a:b:lost; do
	like "$(push "{\"docs\":[{\"id\":\"a:1\",\"value\":2},{\"id\":\"$id\",\"base\":0,\"value\":2}]}")" \
		"{\"id\":\"a:1\",\"status\":\"conflict\",\"version\":1,\"value\":1},{\"id\":\"$id\",\"status\":\"conflict\",\"version\":1,\"damaged\":true}" \
		"a conflict with $id tells its version, and of others the value"
done
for id in a:bad a:b:lost; do
	like "$(push "{\"docs\":[{\"id\":\"$id\",\"base\":1,\"value\":2}]}")" '"status":"ok","version":2' "a write of $id on its version mends it"
	like "$(pull group=a)" "{\"id\":\"$id\",\"version\":2,\"value\":2}" "for pulls"
	wait_for "and for streams" saw live "\"id\":\"$id\",\"version\":2,\"value\":2"
done
unlike "$(pull group=a)" damaged "nothing is damaged any more"
is "$(workers)" "$worker" "the worker stayed"
stop

# What every worker reads first.
sqlite3 "$db" 'UPDATE meta SET epoch = 0'
timeout 60 "$POCKETBOOK" serve --db "$db" --auth off --listen 127.0.0.1:0 >"$work/said" 2>&1
is $? 1 "no server starts without an epoch"
unlike "$(cat "$work/said")" 'Assertion|Sanitizer' "and none of its processes fails an assertion"
finish
