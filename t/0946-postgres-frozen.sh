#!/usr/bin/env bash
# A PostgreSQL that stands still, and neither answers nor refuses: pulls and pushes get
# 503 within one bound. What waits on a connection fails with it, all at once; and each
# request has a time of its own.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"
[ "$FAULTS" = yes ] || skip_all "this build waits for as long as it always does"

pg_make one
pg_start one
pg_app one
pg=$(pg_url one)
"$POCKETBOOK" init --db "$pg" >"$work/out"
host_workers=1
POCKETBOOK_ANSWER_TIMEOUT_MS=3000 host a "$pg" --auth off
POCKETBOOK_REQUEST_TIMEOUT_MS=3000 POCKETBOOK_ANSWER_TIMEOUT_MS=600000 host b "$pg" --auth off

# all SIGNAL: to all processes of PostgreSQL
all() {
	kill "-$1" "${pg_pids[one]}"
	pgrep -P "${pg_pids[one]}" | xargs -r kill "-$1" 2>/dev/null
}
# ask NAME ARGUMENT...: a request in the background; its status and whether it says when
# to come again
ask() {
	curl -si --max-time 120 "${@:2}" -o "$work/answer.$1" &
	asked+=("$!")
}
answers() { awk 1 "$work"/answer.* | tr -d '\r' | sed -n 's/^HTTP[^ ]* \([0-9]*\).*/\1/p; s/^[Rr]etry-[Aa]fter: [0-9]*$/later/p' | sort | uniq -c | tr -s ' \n' ' '; }
# ask_all: pulls of pages that are kept and that are not, and pushes; waits for them
ask_all() {
	asked=()
	rm -f "$work"/answer.*
	for i in 1 2 3 4; do
		ask "kept.$i" "$url/sync?group=kept"
		ask "read.$i" "$url/sync?group=read$i"
		ask "push.$i" "$url/sync" -H 'Content-Type: application/json' -d "{\"docs\":[{\"id\":\"t:$i\",\"op\":\"op$i\",\"base\":0,\"value\":$i}]}"
	done
	wait "${asked[@]}"
}
reads() { [ "$(status_of "$url/sync?group=kept")" = 200 ]; }
writes() { [ "$(status_of "$url/sync" -H 'Content-Type: application/json' -d '{"docs":[{"id":"u:1","value":1}]}')" = 200 ]; }
losses() { grep -c 'event=database_lost connection=main' "$log"; }

for name in a b; do
	use "$name"
	wait_for "$name has a page" reads
	wait_for "$name writes" writes
done
all STOP

use a
ask_all
is "$(answers)" " 12 503 12 later " "all requests to a are refused for now"
is "$(losses)" 2 "together, as one connection of each process was given up"

use b
ask_all
is "$(answers)" " 12 503 12 later " "all requests to b are refused for now"
is "$(losses)" 0 "while their connections still wait"
ask_all
is "$(answers)" " 12 503 12 later " "also those behind them"

all CONT
for name in a b; do
	use "$name"
	wait_for "$name reads again" reads
	wait_for "$name writes again" writes
done
is "$(losses)" 0 "b has the connections that it had"
hosts_stop
finish
