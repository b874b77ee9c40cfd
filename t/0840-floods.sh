#!/usr/bin/env bash
# Very many connections, more than may be, more than there are descriptors for, and very
# many requests on one: others are served all the while.
. "$(dirname "$0")/lib.sh"
. "$here/hostile.sh"
many=${HOSTILE_IDLE:-$([ $measured = yes ] && echo 15000 || echo 2000)}
files=$(ulimit -Hn)
[ "$files" = unlimited ] || [ "$files" -gt $((many + 1000)) ] || many=$((files - 1000))

open_now() { [ "$(number "$1")" -ge "$2" ]; }
ask='GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
# kept PATH: asks on the connection that file descriptor 6 is, and gives the answer,
# which comes in one piece
kept() {
	printf 'GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n' "$1" >&6
	timeout 60 dd bs=4096 count=1 <&6 2>/dev/null
}

# ---- Idle ones

serve_open --workers 2 --metrics-listen 127.0.0.1:0
metrics_url
peak_begin
hostile idle "$many" "$ask"
wait_for "$many connections are open, and silent after a request each" open_now connections "$many"
bounded "$(peak)" $((many * 8)) "$many of them take"
like "$(push '{"docs":[{"id":"g:1","value":1}]}')" '"status":"ok"' "a push is taken meanwhile"
like "$(pull group=g)" '"g:1"' "and a pull is answered"
hostile_end
is "$closed" 0 "none of them has been closed"
gone_now() { [ "$(number connections)" -le 1 ]; }
wait_for "when they leave, the server has let go of all" gone_now
# Before the others: what it inherits from this shell would keep t/hostile waiting.
stream mine 'group=g&docs=1'
peak_begin
hostile streams "$many" 'GET /events?group=g&docs=1 HTTP/1.1\r\nHost: localhost\r\n\r\n'
wait_for "$many streams are open" open_now streams "$many"
bounded "$(peak)" $((many * 8)) "$many of them take, with what it took to open them at once,"
push '{"docs":[{"id":"g:2","value":2}]}' >/dev/null
wait_for "one more gets its change like all of them" saw mine '"g:2"'
hostile_end
is "$closed" 0 "none of them has been closed"
kill "$stream"
stop

# ---- More than may be: idle ones go, or the others wait in the queue of the system

serve_open --workers 1 --max-connections 50 --idle-timeout 1h --header-timeout 1h --metrics-listen 127.0.0.1:0
metrics_url
address=${url#http://}
exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
like "$(kept /healthz)" '^HTTP/1.1 200' "a connection is open"
printf 'GET /readyz HTTP/1.1\r\n' >&6
hostile idle 200 "$ask"
wait_for "of 200 idle ones as many are let in as may be" open_now connections 49
[ "$(number connections)" -le 59 ]
ok $? "and no more, but for who asks for metrics"
like "$(curl -s --max-time 60 "$url/healthz")" ok "another comes in while they stay"
hostile_end
[ "$closed" -ge 100 ]
ok $? "as those that have been idle the longest go"
printf 'Host: localhost\r\n\r\n' >&6
like "$(timeout 60 dd bs=4096 count=1 <&6 2>/dev/null)" '^HTTP/1.1 200' "but not one whose request is coming in"
hostile busy 200 'GET /healthz HTTP/1.1\r\n'
wait_for "of 200 busy ones as many are let in" open_now connections 50
[ "$(number connections)" -le 59 ]
ok $? "and no more, but for who asks for metrics"
exec 6>&-
hostile_end
is "$closed" 0 "none of them goes"
like "$(curl -s --max-time 60 "$url/healthz")" ok "when they leave, others come in"
stop

# ---- More than there are descriptors for

printf '#!/bin/sh\nulimit -n 100\nexec "%s" "$@"\n' "$POCKETBOOK" >"$work/few-files"
chmod +x "$work/few-files"
program=$POCKETBOOK
POCKETBOOK=$work/few-files
serve_open --workers 1
POCKETBOOK=$program
address=${url#http://}
exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
like "$(kept /healthz)" '^HTTP/1.1 200' "a connection is open"
hostile too_many 300 "$ask"
wait_for "the worker runs out of descriptors" grep -q 'event=accept_paused' "$log"
like "$(kept /readyz)" '^HTTP/1.1 200' "those that are in are served"
# Should it try again and again, there would be thousands of these: the sweep does, each
# second.
again() { [ "$(grep -c 'event=accept_paused' "$log")" -ge 3 ]; }
wait_for "it tries again" again
[ "$(grep -c 'event=accept_paused' "$log")" -le 60 ]
ok $? "from time to time"
exec 6>&-
hostile_end
like "$(curl -s --max-time 60 "$url/healthz")" ok "when they leave, others come in"
like "$(push '{"docs":[{"id":"g:3","value":3}]}')" '"status":"ok"' "also to write"
ok "$(grep -q 'event=child_exit' "$log" && echo 1 || echo 0)" "no worker went down"
stop

# ---- Very many requests on one connection

serve_open --workers 1
address=${url#http://}
head -c 60000 /dev/zero | tr '\0' x >"$work/large"
push "{\"docs\":[{\"id\":\"big:1\",\"value\":\"$(cat "$work/large")\"}]}" >/dev/null
awk 'BEGIN { for (i = 0; i < 10000; i++) printf "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" }' >"$work/gets"
awk 'BEGIN { for (i = 0; i < 10000; i++) printf "GET /sync?group=big HTTP/1.1\r\nHost: localhost\r\n\r\n" }' >"$work/pulls"
awk 'BEGIN { for (i = 1; i <= 500; i++) {
	body = sprintf("{\"docs\":[{\"id\":\"pipe:%d\",\"value\":%d}]}", i, i)
	printf "POST /sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", length(body), body } }' >"$work/pushes"
# flood FILE COUNT: sends the file at once, and reads until so many answers have come
flood() {
	exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
	cat "$1" >&6 2>/dev/null &
	grep -am "$2" 'HTTP/1.1 ' <&6 >"$work/answers"
	grep -ac 'HTTP/1.1 200' "$work/answers"
	exec 6>&-
}
peak_begin
is "$(flood "$work/gets" 10000)" 10000 "10,000 requests in one piece get 10,000 answers"
is "$(flood "$work/pushes" 500)" 500 "500 pushes do, too"
is "$(pull 'group=pipe&limit=10000' | grep -o '"id":"pipe:[0-9]*"' | tr -dc '0-9\n' | md5sum)" "$(seq 500 | md5sum)" "and are written in their order"
bounded "$(peak)" 20000 "which takes"
# One who asks for 600 MB, and reads nothing.
peak_begin
exec 7<>"/dev/tcp/${address%:*}/${address#*:}"
cat "$work/pulls" >&7 2>/dev/null &
flooder=$!
answers() { [ "$(for _ in 1 2 3 4 5; do status_of "$url/sync?group=big"; done)" = 200200200200200 ]; }
for _ in 1 2 3 4; do answers || break; done
ok $? "others are answered while one asks for 10,000 large pages and reads none"
bounded "$(peak)" 20000 "which takes"
kill "$flooder" 2>/dev/null
exec 7>&-
stop
finish
