#!/usr/bin/env bash
# Pages that workers keep ready are told again only while nothing has changed: not after
# a push, a purge, the end of a writer.
. "$(dirname "$0")/lib.sh"

# Asks often enough to meet both workers and their kept pages, and prints what they say
# that is different.
pulls() {
	for n in $(seq 20); do
		pull "$1"
		echo
	done | sort -u
}

serve_open --workers 2
push '{"docs":[{"id":"todos:1","value":1},{"id":"other:1","value":1}]}' >/dev/null
is "$(pulls group=todos | wc -l)" 1 "nothing changes: all answers are the same"
cursor=$(pull group=todos | field cursor)
is "$(pulls "group=todos&since=$cursor" | grep -c '"docs":\[\]')" 1 "there is nothing new"

for n in 2 3 4 5 6 7 8 9; do
	push "{\"docs\":[{\"id\":\"todos:$n\",\"value\":$n}]}" >/dev/null
	like "$(pull "group=todos&since=$cursor")" "\"id\":\"todos:$n\"" "push $n is in the pull that follows it"
	is "$(pulls "group=todos&since=$cursor" | grep -vc "\"id\":\"todos:$n\"")" 0 "and in all that follow that"
done
like "$(curl -s -H 'Accept: application/transit+json' "$url/sync?group=todos")" '"~:docs"' "what was kept for a reader of JSON is not for one of Transit"
unlike "$(pull 'group=todos&limit=2')" '"todos:3"' "nor for one who wants less"
unlike "$(pull group=other)" '"todos:' "nor for one who asks for another group"

push '{"docs":[{"id":"todos:1","base":1,"deleted":true}]}' >/dev/null
like "$(pulls "group=todos&since=$cursor" | head -1)" '"id":"todos:1","version":2,"deleted":true' "a deletion is in the next pull"
"$POCKETBOOK" purge --older-than 0s --db "$db" >"$work/purged" 2>&1
is "$(pulls "group=todos&since=$cursor" | grep -vc '"reset":true')" 0 "after a purge all that lie before it reset"

kill -KILL "$(writer)"
wait_for "the writer was replaced" grep -q 'event=child_start child=writer' "$log"
last=$(pull group=todos | field cursor)
is "$(pulls "group=todos&since=$last" | grep -c '"docs":\[\]')" 1 "pulls go on without it"
wait_for "the next push is taken" sh -c "curl -s '$url/sync' -H 'Content-Type: application/json' -d '{\"docs\":[{\"id\":\"todos:10\",\"op\":\"x\",\"value\":10}]}' | grep -q '\"ok\"'"
is "$(pulls "group=todos&since=$last" | grep -vc '"id":"todos:10"')" 0 "and it is in all pulls that follow"
finish
