#!/usr/bin/env bash
# The writer dies at its worst moments. Whoever had no answer asks again with the same
# op, and nothing is lost, doubled or left untold.
. "$(dirname "$0")/lib.sh"
[ "$FAULTS" = yes ] || skip_all "this build has no fault points (--enable-faults)"

# 503, or no answer at all, is followed by the same push again
retry() {
	local body=$1 got
	for _ in $(seq 600); do
		got=$(push "$body")
		case $got in *'"results"'*) printf '%s' "$got" && return ;; esac
		sleep 0.05
	done
}

for point in writer_before_commit writer_after_commit writer_after_answer ring_before_committed ring_in_entry ring_before_wake; do
	another_db "$point"
	faults="$point=kill@2"
	serve_open --workers 2
	faults=
	stream hints 'group=todos'
	stream docs 'group=todos&docs=1'
	stream other 'group=todos&docs=1'
	like "$(retry '{"docs":[{"id":"todos:1","op":"a","value":1}]}')" '"version":1' "$point: the first write"
	got=$(status_of -D "$work/head" "$url/sync" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:2","op":"b","value":"second"}]}')
	case $point in
	# Behind these the answer was on its way.
	writer_after_answer | ring_in_entry | ring_before_wake) is "$got" 200 "$point: the second write was answered" ;;
	*)
		is "$got $(field code <"$work/body")" "503 unavailable" "$point: the second write has no answer: 503"
		like "$(cat "$work/head")" '^Retry-After: [0-9]+' "$point: with a time to come back"
		;;
	esac
	got=$(retry '{"docs":[{"id":"todos:2","op":"b","value":"second"}]}')
	like "$got" '"status":"ok","version":1' "$point: the second is acknowledged, once the writer is back, with the version of one write"
	wait_for "$point: the writer was replaced" grep -q 'event=child_start child=writer' "$log"
	wait_for "$point: a stream hears of it" saw docs '"id":"todos:2","version":1,"value":"second"'
	wait_for "$point: so does one that may be elsewhere" saw other '"second"'
	cursor=$(pull group=todos | field cursor)
	wait_for "$point: and one of hints" saw hints "event: change"
	wait_for "$point: whose cursor covers it" saw hints "\"cursor\":\"$cursor\""
	is "$(pull group=todos | grep -o '"version":[0-9]*' | tr '\n' ' ')" '"version":1 "version":1 ' "$point: nothing was written twice"
	stop
	is "$status" 0 "$point: the server stops"
done
finish
