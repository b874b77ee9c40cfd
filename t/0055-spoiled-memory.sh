#!/usr/bin/env bash
# A process that was taken over writes rubbish into the memory that all processes share:
# it is noticed, logged and repaired, and nobody spins or goes on with the rubbish.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || {
	skip "spoiled shared memory" "writes to the memory of another process, as root"
	finish
}
serve_open --workers 3 --metrics-listen 127.0.0.1:0
metrics=$(sed -n 's/.*metrics at \(http:[^ ]*\).*/\1/p' "$log")
push '{"docs":[{"id":"a:0","value":0}]}' >/dev/null
repairs() { grep -c 'event=shared_memory_repaired' "$log"; }
repaired() { [ "$(repairs)" -ge "$1" ]; }
written() { push "{\"docs\":[{\"id\":\"a:$1\",\"value\":\"$2\"}]}" | grep -q '"status":"ok"'; }
# Six new connections: the kernel gives them to all workers.
all_serve() { for _ in 1 2 3 4 5 6; do curl -sf --max-time 10 "$url/sync?group=a" | grep -q '"a:0"' || return 1; done; }
# seen NAME: opens a stream, unless there is one, and writes until it brings a new
# document
seen() {
	kill -0 "$stream" 2>/dev/null || { curl -sN "$url/events?group=a&docs=1" >"$work/live" 2>/dev/null & stream=$!; }
	tries=$((tries + 1))
	written "$1:$tries" live && sleep 0.1
	grep -q "\"a:$1:" "$work/live"
}
stream=
for byte in 255 0; do
	before=$(repairs)
	perl "$here/spoil.pl" "$(workers | head -1)" "$byte" 0 0
	ok $? "all of the memory is spoiled with bytes of $byte"
	wait_for "the writer repairs it" repaired $((before + 1))
	wait_for "all workers serve" all_serve
	wait_for "a write is taken" written "bytes-$byte" taken
	wait_for "a stream brings new documents" seen "live-$byte"
	curl -sf --max-time 10 "$metrics" | grep -q '^pocketbook_pulls_total'
	ok $? "metrics are answered"
	"$POCKETBOOK" stats --db "$db" >/dev/null
	ok $? "and so are statistics"
done
spoiled=$(grep -c 'event=ring_spoiled' "$log")
# Each worker beats once a second, and the writer looks once a second.
after=$(repairs)
quiet() { tries=$((tries + 1)) && [ "$tries" -gt 40 ]; }
wait_for "two more seconds pass" quiet
is "$(grep -c 'event=ring_spoiled' "$log")" "$spoiled" "no worker ends any more"
is "$(repairs)" "$after" "nothing is repaired any more"

# A writer that dies over it.
perl "$here/spoil.pl" "$(workers | head -1)" 127 0 0
kill -KILL "$(writer)"
wait_for "a new writer repairs it as well" repaired $((after + 1))
wait_for "all workers serve" all_serve
wait_for "a write is taken" written again taken
wait_for "a stream brings new documents" seen again
like "$(pull group=a)" '"a:bytes-255"' "no write is lost"
kill "$stream" 2>/dev/null
stop
is "$status" 0 "the server ends in order"
"$POCKETBOOK" check --db "$db" 2>/dev/null
ok $? "the database is whole"
finish
