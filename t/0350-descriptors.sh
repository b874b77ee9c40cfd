#!/usr/bin/env bash
# No descriptors left: a worker takes no further connections for a while, and serves
# those that it has. A link to the writer that found no descriptor at its end is made
# again.
. "$(dirname "$0")/lib.sh"
# The checker of leaks needs descriptors of its own when a process ends.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

serve_open --workers 1 --log-level debug
stream held 'group=todos&docs=1&since=0'
exec {keep}<>"/dev/tcp/127.0.0.1/${url##*:}"
printf 'GET /sync?group=todos HTTP/1.1\r\nHost: localhost\r\n\r\n' >&"$keep"
is "$(head -c 15 <&"$keep")" "HTTP/1.1 200 OK" "a connection stays open"
worker=$(workers)
most=$(sed -n 's/^Max open files *\([0-9]*\).*/\1/p' "/proc/$worker/limits")
prlimit --pid "$worker" --nofile="$(($(ls "/proc/$worker/fd" | wc -l) + 1)):"
for i in 1 2 3 4 5 6 7 8; do eval "exec {more$i}<>/dev/tcp/127.0.0.1/${url##*:}"; done
wait_for "it says that it takes no more" grep -q 'event=accept_paused' "$log"
like "$(grep 'event=accept_paused' "$log" | head -1)" 'process=worker\.0 .*error="Too many open files" connections=[1-9]$' "with the reason, and how many it has"
printf 'POST /sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 39\r\n\r\n{"docs":[{"id":"todos:1","value":"a"}]}' >&"$keep"
wait_for "a connection that it has is served" saw held '"todos:1"'
for i in 1 2 3 4 5 6 7 8; do eval "exec {more$i}>&-"; done
prlimit --pid "$worker" --nofile="$most:"
wait_for "when there are some again, it takes all who come" sh -c 'curl -sf --max-time 5 "$1/healthz"' - "$url"
is "$(workers)" "$worker" "by the same worker"
takes_pushes() { [ "$(status_of --max-time 2 "$url/sync" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:2","value":2}]}')" = 200 ]; }
for side in worker writer; do
	prlimit --pid "$worker" --nofile="3:"
	old=$(writer)
	kill -KILL "$old"
	other() { [ -n "$(newest writer)" ] && [ "$(newest writer)" != "$old" ] && ! gone "$(newest writer)"; }
	wait_for "another writer starts" other
	# It needs descriptors until it has opened the database.
	has_opened() { ls -l "/proc/$(writer)/fd" 2>/dev/null | grep -q -- "$db-shm"; }
	wait_for "which opens the database" has_opened
	if [ $side = writer ]; then
		prlimit --pid "$(writer)" --nofile="3:"
		prlimit --pid "$worker" --nofile="$most:"
	fi
	forgotten() { [ "$(grep -c 'event=link_wanted' "$log")" -ge 2 ]; }
	wait_for "the $side has no descriptor for the link between them" forgotten
	prlimit --pid "$worker" --nofile="$most:"
	prlimit --pid "$(writer)" --nofile="$most:"
	wait_for "and a push is taken when it has" takes_pushes
done
stop
is "$status" 0 "the server stops"
finish
