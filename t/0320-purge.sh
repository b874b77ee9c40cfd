#!/usr/bin/env bash
# Purges: by command with and without a server, by the server itself; what clients and
# streams see of them.
. "$(dirname "$0")/lib.sh"

purge() { "$POCKETBOOK" purge --db "$db" "$@"; }
# many VERB FROM TO: pushes of at most 500 documents, written or deleted
many() {
	local verb=$1 from=$2 to=$3 n end
	for n in $(seq "$from" 500 "$to"); do
		end=$((n + 499 < to ? n + 499 : to))
		case $verb in
		write) printf '{"docs":[{"id":"many:0","base":0,"deleted":true}%s]}' "$(for i in $(seq "$n" "$end"); do printf ',{"id":"many:%d","value":1}' "$i"; done)" ;;
		delete) printf '{"docs":[{"id":"many:0","base":0,"deleted":true}%s]}' "$(for i in $(seq "$n" "$end"); do printf ',{"id":"many:%d","base":1,"deleted":true}' "$i"; done)" ;;
		esac >"$work/push"
		push "@$work/push" >/dev/null
	done
}

serve_open --workers 2
push '{"docs":[{"id":"todos:1","value":1},{"id":"todos:2","value":2},{"id":"quiet:1","value":1}]}' >/dev/null
old=$(pull group=todos | field cursor)
stream quiet 'group=quiet&docs=1'
stream hints 'group=quiet'
stream todos 'group=todos&docs=1'
push '{"docs":[{"id":"todos:1","base":1,"deleted":true}]}' >/dev/null
wait_for "a deletion reaches a stream" saw todos '"deleted":true'
is "$(purge --older-than 1h)" "0 purged" "what was deleted a moment ago stays"
like "$(pull "group=todos&since=$old")" '"deleted":true' "as a tombstone"
new=$(pull group=todos | field cursor)
is "$(purge --older-than 0s)" "1 purged" "unless all is asked for"
is "$(purge --older-than 0s --json)" '{"purged":0,"versions":0,"complete":true}' "programs get JSON"
like "$(pull "group=todos&since=$old")" '"todos:2".*"reset":true' "who has not seen the deletion starts anew"
like "$(pull "group=todos&since=$new")" '"docs":\[\].*"reset":false' "who has, does not"
like "$(push '{"docs":[{"id":"todos:1","base":2,"value":3}]}')" '"status":"conflict","version":0,"deleted":true' "an edit of what was purged is a conflict"
like "$(push '{"docs":[{"id":"todos:1","value":3}]}')" '"version":1' "the id begins anew"

many write 1 2500
many delete 1 2500
( while [ ! -e "$work/enough" ]; do push '{"docs":[{"id":"busy:1","op":"'"$RANDOM$RANDOM"'","value":1}]}' || echo failed; done >"$work/busy" ) &
busy=$!
is "$(purge --older-than 0s)" "2500 purged" "many go too, while others write"
touch "$work/enough"
wait "$busy"
is "$(grep -vc '"status"' "$work/busy")" 0 "who all get their answers"
push '{"docs":[{"id":"quiet:2","value":2}]}' >/dev/null
wait_for "a stream of a quiet group hears of the next change" saw quiet '"quiet:2"'
unlike "$(cat "$work/quiet")" '"reset":true' "and is not reset: it has missed nothing"
wait_for "one of hints too" saw hints 'event: change'
curl -sN "$url/events?group=many&since=$old" >"$work/late" 2>/dev/null &
wait_for "a stream that resumes from before is told that the group has changed" saw late 'event: change'
stop

# Without a server.
is "$(purge --older-than 0s)" "0 purged" "without a server it is done as well"
serve_open
push '{"docs":[{"id":"todos:1","base":1,"deleted":true}]}' >/dev/null
stop
is "$(purge --older-than 36500d)" "0 purged" "by age"
is "$(purge --older-than 0s)" "1 purged" "or all"
"$POCKETBOOK" purge --db "$db" >/dev/null 2>"$work/err"
is "$?" 2 "an age must be told"
like "$(cat "$work/err")" '^pocketbook: purge: needs --older-than' "says which"
"$POCKETBOOK" purge --older-than many --db "$db" >/dev/null 2>"$work/err"
is "$?" 2 "in words that are one"
"$POCKETBOOK" purge --older-than 1d --db "$work/none.db" >/dev/null 2>"$work/err"
is "$?" 1 "of a database that is there"
is "$(ls "$work/none.db" 2>/dev/null)" "" "none is made"

# By the server itself.
serve_open --retention 1s
push '{"docs":[{"id":"todos:7","value":1}]}' >/dev/null
push '{"docs":[{"id":"todos:7","base":1,"deleted":true}]}' >/dev/null
many write 3001 4200
many delete 3001 4200
purged() { [ "$(sed -n 's/.*event=purged tombstones=\([0-9]*\).*/\1/p' "$work"/server.*.log | awk '{ n += $1 } END { print n }')" = "$1" ]; }
wait_for "a server told to keep for a second purges by itself, all of it" purged 1201
like "$(pull group=todos)" '"todos:2"' "and nothing else"
stop
serve_open --retention off
stop
is "$status" 0 "off is never"
serve_open --retention 0s
stop
is "$status" 0 "and so is 0s"
"$POCKETBOOK" serve --auth off --db "$db" --retention 0x >/dev/null 2>"$work/err"
is "$?" 2 "what is no time is refused"
like "$(cat "$work/err")" 'retention' "by name"
finish
