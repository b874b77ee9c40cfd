#!/usr/bin/env bash
# What the log tells, and what it must not.
. "$(dirname "$0")/lib.sh"

POCKETBOOK_LOG_LEVEL=loud "$POCKETBOOK" serve --db "$db" >/dev/null 2>"$work/level.txt"
is "$? $(cat "$work/level.txt")" '2 pocketbook: POCKETBOOK_LOG_LEVEL: "loud" is none of error, warn, info and debug' \
	"a level that is none is refused"
serve_open --workers 1 --log-level warn
unlike "$(cat "$log")" 'level=info' "below its level the log is silent"
kill -KILL "$(writer)"
wait_for "a warning passes" grep -q 'level=warn .*event=child_exit' "$log"
stop
serve_open --workers 1 --log-level debug
stream one group=g
kill "$stream"
wait_for "debug tells the most, of all processes" grep -q 'level=debug process=worker.0 .*event=stream_closed' "$log"
stop
finish
