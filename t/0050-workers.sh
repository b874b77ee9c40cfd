#!/usr/bin/env bash
# Several workers: a change reaches the streams of all; workers and the writer may be killed at any time.
. "$(dirname "$0")/lib.sh"

serve_open --workers 4

# Opens streams from known ports until each worker has one.
open_on_all() {
	local port=20000 held=
	for n in $(seq 200); do
		port=$((20000 + (RANDOM % 10000)))
		: >"$work/on.$n"
		curl -sN --local-port "$port" "$url/events?group=todos&docs=1" >"$work/on.$n" 2>/dev/null &
		for try in $(seq 600); do
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
is "$(pull 'group=todos&limit=10000' | grep -o '"id":' | wc -l)" 60 "nothing that was acknowledged is lost"
like "$(pull 'group=todos')" '"id":"todos:2","version":2,"value":"after the writer"' "nor written twice"
stop
is "$status" 0 "the server stops"
is "$(grep -c 'Sanitizer' "$log")" 0 "no sanitizer had anything to say"
finish
