#!/usr/bin/env bash
# Several workers: a change reaches the streams of all; workers and the writer may be
# killed at any time.
. "$(dirname "$0")/lib.sh"

serve_open --workers 4

# Opens streams from known ports until each worker has one.
open_on_all() {
	local port=20000 held=
	for n in $(seq 200); do
		port=$((20000 + (RANDOM % 10000)))
		: >"$work/on.$n"
		curl -sN --local-port "$port" "$url/events?group=todos&docs=1" >"$work/on.$n" 2>/dev/null &
		for _ in $(seq 600); do
			grep -q connected "$work/on.$n" && break
			kill -0 $! 2>/dev/null || break
			sleep 0.05
		done
		grep -q connected "$work/on.$n" || continue
		pid=$(holder "$port")
		case " $held " in *" $pid "*) rm "$work/on.$n" ;; *) held="$held $pid" && mv "$work/on.$n" "$work/worker.$pid" ;; esac
		[ "$(echo "$held" | wc -w)" = 4 ] && break
	done
	is "$(echo "$held" | wc -w)" 4 "each of four workers holds a stream"
}
# test_count N PATTERN: there are N lines of it in the log
test_count() { [ "$(grep -c "$2" "$log")" -ge "$1" ]; }
all_saw() {
	local stream
	for stream in "$work"/worker.*; do grep -Eq -- "$1" "$stream" || return 1; done
}

open_on_all
push '{"docs":[{"id":"todos:1","value":"to all"}]}' >/dev/null
wait_for "a change that one worker took reaches the streams of every other" all_saw '"todos:1","version":1,"value":"to all"'
for i in $(seq 2 60); do push "{\"docs\":[{\"id\":\"todos:$i\",\"value\":$i}]}" >/dev/null; done
wait_for "so do many" all_saw '"todos:60"'
lost=0
for stream in "$work"/worker.*; do for i in $(seq 60); do grep -q "\"todos:$i\"" "$stream" || lost=$((lost + 1)); done; done
is "$lost" 0 "and none is left out"

# A worker that sleeps through a change, and then through more others than the ring has
# room for.
sleeper=$(basename "$(ls "$work"/worker.* | head -1)" | cut -d. -f2)
kill -STOP "$sleeper"
printf '{"docs":[{"id":"todos:asleep","value":1}]}' >"$work/lap.0"
for part in 1 2 3; do
	printf '{"docs":[{"id":"lap:%d","value":1}%s]}' $part "$(for i in $(seq 2000); do printf ',{"id":"lap:%d:%d:1","value":1}' $part "$i"; done)" >"$work/lap.$part"
done
for part in 0 1 2 3; do
	# The kernel may give the connection to the sleeper.
	until curl -sf --max-time 2 "$url/sync" -H 'Content-Type: application/json' --data-binary @"$work/lap.$part" | grep -q results; do :; done
done
kill -CONT "$sleeper"
wait_for "a worker that the ring has lapped finds out what it missed" all_saw '"todos:asleep"'

victim=$(workers | head -1)
kill -KILL "$victim"
wait_for "a killed worker is replaced" sh -c "grep -q 'event=child_exit.*child_pid=$victim' '$log' && grep -q 'event=child_start child=worker' '$log'"
mv "$work/worker.$victim" "$work/gone"
wait_for "connections are answered again" sh -c "for i in 1 2 3 4 5 6 7 8; do curl -sf --max-time 5 '$url/readyz' || exit 1; done"
push '{"docs":[{"id":"todos:1","base":1,"value":"after a worker"}]}' >/dev/null
wait_for "the streams of the others go on" all_saw '"after a worker"'

old=$(writer)
kill -KILL "$old"
wait_for "a killed writer is replaced" grep -q "event=child_start child=writer" "$log"
taken() { push '{"docs":[{"id":"todos:2","op":"after","base":1,"value":"after the writer"}]}' | grep -q '"status":"ok"'; }
wait_for "writes are taken again" taken
wait_for "and the streams hear of them" all_saw '"after the writer"'

# Writers that die while many write: what was acknowledged is there, as it was
# acknowledged; the rest can be tried again. pusher N: writes one document after the
# other until it is told to end, and notes what was acknowledged
pusher() {
	local i=0 got
	while [ ! -e "$work/enough" ]; do
		i=$((i + 1))
		while :; do
			got=$(curl -s -w ' %{http_code}' --max-time 20 "$url/sync" -H 'Content-Type: application/json' \
				-d "{\"docs\":[{\"id\":\"kept:$1.$i\",\"op\":\"$1.$i\",\"value\":$i}]}")
			case $got in
			*'"status":"ok","version":1}'*' 200') echo "kept:$1.$i" >>"$work/acknowledged.$1" && break ;;
			*'"code":"unavailable"'*' 503') sleep 0.02 ;;
			*) echo "$got" >>"$work/odd" && break ;;
			esac
		done
	done
}
stream kept 'group=kept&docs=1&since=0'
pushers=
for n in 1 2 3 4; do pusher $n & pushers="$pushers $!"; done
acknowledged() { [ "$(cat "$work"/acknowledged.* | wc -l)" -ge "$1" ]; }
for n in 1 2 3; do
	so_far=$(cat "$work"/acknowledged.* 2>/dev/null | wc -l)
	wait_for "writes go on" acknowledged $((so_far + 20))
	kill -KILL "$(writer)"
	wait_for "writer $((n + 2)) starts" test_count "$((n + 1))" 'event=child_start child=writer'
done
wait_for "and on" acknowledged $(($(cat "$work"/acknowledged.* | wc -l) + 20))
: >"$work/enough"
# shellcheck disable=SC2086
wait $pushers
ok "$([ -e "$work/odd" ] && echo 1 || echo 0)" "each was acknowledged, or told 503 to try again"
[ -e "$work/odd" ] && note "$(head -3 "$work/odd")"
sort "$work"/acknowledged.* >"$work/acknowledged"
# held: the ids of the group, page by page
held() {
	local page since=0
	while page=$(pull "group=kept&since=$since"); do
		printf '%s' "$page" | grep -o '"id":"[^"]*","version":[0-9]*'
		since=$(printf '%s' "$page" | field cursor)
		case $page in *'"more":true'*) ;; *) break ;; esac
	done
}
held | sort >"$work/held"
is "$(sed 's/"id":"\([^"]*\)".*/\1/' "$work/held" | comm -23 "$work/acknowledged" - | wc -l)" 0 "nothing that was acknowledged is lost"
is "$(grep -vc '"version":1$' "$work/held")" 0 "nothing is written twice"
streamed() { grep -o '"id":"kept:[^"]*"' "$work/kept" | cut -d'"' -f4 | sort -u | comm -23 "$work/acknowledged" - | grep -q . && return 1 || return 0; }
wait_for "the stream has all of it" streamed

cursor=$(pull group=kept | field cursor)
stop
is "$status" 0 "the server stops"
serve_open --workers 4
stream resumed 'group=kept&docs=1' -H "Last-Event-ID: $(last_id kept)"
push '{"docs":[{"id":"kept:last","value":1}]}' >/dev/null
wait_for "after a restart a stream goes on from its last id" saw resumed '"kept:last"'
held | sort | grep -v kept:last | diff - "$work/held" >/dev/null
ok $? "all is as it was"
like "$(pull "group=kept&since=$cursor")" '"more":(true|false),"reset":false' "old cursors go on"
like "$(pull group=todos)" '"id":"todos:2","version":2,"value":"after the writer"' "with the versions that were acknowledged"
stop
finish
