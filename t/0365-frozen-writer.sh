#!/usr/bin/env bash
# A writer that hangs: pushes are answered, /readyz says so, everything else goes on.
. "$(dirname "$0")/lib.sh"

# Heeded by builds for tests alone; others wait for as long as they always do.
export POCKETBOOK_REPLY_TIMEOUT_MS=1000
serve_open --workers 1
push '{"docs":[{"id":"a:1","value":1}]}' >/dev/null
ready() { [ "$(status_of "$url/readyz")" = 200 ]; }
wait_for "the server is ready" ready
kill -STOP "$(writer)"
docs='{"docs":[{"id":"a:2","value":2,"op":"x"}]}'
answer=$(curl -si --max-time 60 "$url/sync" -H 'Content-Type: application/json' -d "$docs")
like "$answer" '^HTTP/1.1 503 ' "a push does not wait for ever"
like "$answer" '^Retry-After: ' "and is told to come again"
like "$answer" '"code":"unavailable"' "as its outcome is not known"
not_ready() { [ "$(status_of "$url/readyz")" = 503 ]; }
wait_for "the server is not ready" not_ready
like "$(cat "$work/body")" 'the writer does not answer' "for this reason"
is "$(status_of "$url/healthz")" 200 "the worker lives"
like "$(pull group=a)" '"a:1"' "and answers pulls"
kill -CONT "$(writer)"
wait_for "the server is ready when the writer goes on" ready
like "$(push "$docs")" '"status":"ok","version":1' "the push is sent again and written once"
stop
finish
