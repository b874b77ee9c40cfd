#!/usr/bin/env bash
# The end: SIGTERM drains, and a master that is killed leaves nobody behind.
. "$(dirname "$0")/lib.sh"

all_gone() { for pid in "$@"; do [ ! -e "/proc/$pid" ] || grep -q '^State:.*[ZX]' "/proc/$pid/status" || return 1; done; }

serve_open --workers 2
stream open 'group=todos&docs=1'
reader=$stream
push '{"docs":[{"id":"todos:1","value":1}]}' >/dev/null
family=$(children)
address=${url#http://}
exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
printf 'POST /sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 44\r\n\r\n{"docs":[{"id":"todos:2","val' >&6
wait_for "half a request has come in" sh -c "curl -sf '$url/healthz'"
kill -TERM "$server"
wait_for "streams end" gone "$reader"
printf 'ue":"late"}]}  ' >&6
like "$(timeout 20 cat <&6)" '^HTTP/1.1 200 OK' "a request that was in flight is answered"
exec 6>&-
wait "$server"
is $? 0 "exit status 0"
server=
# shellcheck disable=SC2086
wait_for "no process is left" all_gone $family
ok "$([ -e "$(control_socket)" ] && echo 1 || echo 0)" "no control socket is left"
unlike "$(cat "$log")" 'child_kill|drain_cut_short' "nobody had to be killed"

serve_open
like "$(pull group=todos)" '"todos:2".*"late"' "what was answered while stopping is there"
kill -INT "$server"
wait "$server"
is $? 0 "SIGINT ends it as well"
server=

# Who does not finish a request may keep the server from leaving, for a while; whoever
# asks twice does not wait.
serve_open --workers 2
family=$(children)
address=${url#http://}
exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
printf 'POST /sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 44\r\n\r\n{' >&6
wait_for "half a request has come in" sh -c "curl -sf '$url/healthz'"
kill -TERM "$server"
wait_for "it drains" grep -q 'event=drain ' "$log"
kill -TERM "$server"
wait "$server"
is $? 0 "SIGTERM twice ends it with status 0 as well"
server=
exec 6>&-
# shellcheck disable=SC2086
wait_for "with nobody left behind" all_gone $family

serve_open --workers 2
address=${url#http://}
exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n' >&6
read -r first <&6
like "$first" '200 OK' "a connection is open, and idle"
stop
is "$status" 0 "it does not keep the server"
unlike "$(cat "$log")" 'child_kill|drain_cut_short' "which nobody had to force"
exec 6>&-

# A push whose writer stands still is refused at the very end; the sanitizer sees
# whether anything of it is left.
serve_open --workers 1 --metrics-listen 127.0.0.1:0
frozen=$(writer)
kill -STOP "$frozen"
push '{"docs":[{"id":"todos:4","value":1}]}' >"$work/refused" &
pushing=$!
is_queued() { curl -s "$(sed -n 's/.*metrics at \(http:[^ ]*\)$/\1/p' "$log")" | grep -q '^pocketbook_queued_pushes 1$'; }
wait_for "a push waits for a writer that stands still" is_queued
kill -TERM "$server"
wait_for "the worker does not wait for ever" grep -q 'event=drain_cut_short.*pushes=1' "$log"
wait "$pushing"
like "$(cat "$work/refused")" '"status":503' "and tells the client"
kill -CONT "$frozen" 2>/dev/null
wait "$server"
server=
unlike "$(cat "$log")" 'Sanitizer' "nothing is left of it"

serve_open --workers 2
push '{"docs":[{"id":"todos:3","value":"kept"}]}' >/dev/null
family=$(children)
port=${url##*:}
kill -KILL "$server"
wait "$server" 2>/dev/null
# shellcheck disable=SC2086
wait_for "after kill -9 of the master everyone goes home" all_gone $family
log=$work/again.log
"$POCKETBOOK" serve --db "$db" --listen "127.0.0.1:$port" "${serve_with[@]}" --auth off >"$log.out" 2>"$log" &
server=$!
wait_for "the same database and port serve again" grep -q 'serving http' "$log"
url=http://127.0.0.1:$port
like "$(pull group=todos)" '"todos:3".*"kept"' "with what was acknowledged"
stop
is "$status" 0 "and stop"
finish
